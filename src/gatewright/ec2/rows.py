"""Rows of action tables -> cells: which parameters name the resources that an action is judged on.

A row holds cells and, indented below them, the actions that they are for:

    instance volume?=SourceVolumeId|DestinationVolumeId
        OneAction AnotherAction

| cell | the call is judged on |
|---|---|
| ``volume`` | the volumes that the type's own parameter names; it is required |
| ``volume?`` | the volumes named, if any |
| ``volume=A|B.C`` | the volumes that these parameters name; numbers of lists are left out of their names |
| ``volume=A.(B|C)`` | the same as ``volume=A.B|A.C`` |
| ``volume=~A`` | volumes that only an inventory can find from the parameter; unknown without one |
| ``volume+`` | a volume that the call creates: ``volume/*`` |
| ``volume+?`` | the same, only if it is tagged at creation |
| ``key-pair+=A`` | a key pair that the call creates, under the name that the parameter holds |
| ``any=A`` | resources of the types that the prefixes of their ids tell |

A row without cells is judged on ``*``; ``?`` as the only cell stands for what is not known.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from . import actions_compute, actions_network
from .actions import GONE, UNLISTED, WITHOUT_RESOURCES
from .resources import TYPES

_CELL = re.compile(
    r"(?P<kind>[a-z0-9-]+)(?P<mark>\+\??|\??)"
    r"(?:=(?:(?P<names>[\w.~|]+)|(?P<prefix>[\w.]+\.)\((?P<inner>[\w.~|]+)\)))?"
)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter that names resources; with ``is_indirect`` it names something else, by which they can be found."""

    path: str
    is_indirect: bool


@dataclass(frozen=True, slots=True)
class Cell:
    """Resources of one type; see the module."""

    kind: str
    parameters: tuple[Parameter, ...]
    is_required: bool
    is_created: bool


@dataclass(frozen=True, slots=True)
class Row:
    """How an action is judged."""

    cells: tuple[Cell, ...]
    is_known: bool = True


def read_cell(text: str) -> Cell:
    """Read one cell.

    Raises
    ------
    ValueError
        It is not of the notation, or its type has no parameter of its own.
    """
    match = _CELL.fullmatch(text)
    if match is None or (match["kind"] != "any" and match["kind"] not in TYPES):
        raise ValueError(f"`{text}` is no cell of an action table")
    created = match["mark"].startswith("+")
    own = "" if created or match["kind"] == "any" else TYPES[match["kind"]].parameter
    names = match["names"] or match["inner"] or own
    if not created and not names:
        raise ValueError(f"`{text}` names its resource by no parameter")
    parameters = tuple(
        Parameter(f"{match['prefix'] or ''}{name.removeprefix('~')}", name.startswith("~"))
        for name in (names.split("|") if names else ())
    )
    return Cell(match["kind"], parameters, "?" not in match["mark"], created)


def read_rows(text: str) -> dict[str, Row]:
    """Read a table of actions.

    Raises
    ------
    ValueError
        A cell is not of the notation, or an action is there twice.
    """
    rows: dict[str, Row] = {}
    cells: list[str] = []
    is_open = False
    for line in text.splitlines():
        if not line.startswith(" "):
            cells = cells + line.split() if is_open else line.split()
            is_open = True
            continue
        row = Row((), False) if cells == ["?"] else Row(tuple(read_cell(cell) for cell in cells))
        for name in line.split():
            if name in rows:
                raise ValueError(f"`{name}` is there twice")
            rows[name] = row
        is_open = False
    return rows


@cache
def known_rows() -> Mapping[str, Row]:
    """Return the rows of every action of the API, by name."""
    rows = read_rows(actions_compute.ROWS) | read_rows(actions_network.ROWS)
    rows |= dict.fromkeys(f"{WITHOUT_RESOURCES} {GONE}".split(), Row(()))
    rows |= dict.fromkeys(UNLISTED.split(), Row((), False))
    return rows
