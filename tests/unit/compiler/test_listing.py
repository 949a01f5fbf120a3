"""A listing says what the bytes of a table say, and never fails on a table that opened."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
import pytest
from engine import policy_set, single_world
from tables import TEXTS, assemble, damage, document, read_header, small_tables, statement

import gatewright as gw
from gatewright.cli import main
from gatewright.compiler.listing import LIMIT, list_table
from gatewright.runtime import Table, TableError
from gatewright.runtime.layout import HEADER, SECTIONS

TABLES = {name: bytes(table) for name, table in small_tables().items()}


@pytest.mark.parametrize("name", TABLES)
def test_a_listing_is_stable(name: str) -> None:
    """The same bytes list the same, wherever they lie; lines are not blank at their ends."""
    text = list_table(Table(TABLES[name]))
    assert text == list_table(Table(bytearray(TABLES[name])))
    assert text.endswith("\n") and all(line == line.rstrip() for line in text.split("\n"))
    assert text.isascii() or all(c.isprintable() or c == "\n" for c in text)


def test_compiling_twice_lists_the_same() -> None:
    """A table depends on the policies alone."""
    assert list_table(gw.compile(policy_set(TEXTS))) == list_table(gw.compile(policy_set(TEXTS)))


@pytest.mark.parametrize("name", TABLES)
def test_a_limit_bounds_every_list(name: str) -> None:
    """No list is longer than the limit, and what is left out is counted."""
    table = Table(TABLES[name])
    short, long = list_table(table, limit=1), list_table(table, limit=10**6)
    assert len(short) < len(long) and " more" in short and " more" not in long
    assert short.count("\nstatement ") == 1 and long.count("\nstatement ") == table.statement_count
    assert list_table(table, limit=0) == short


def with_bytes(data: bytes, changes: dict[int, int]) -> bytes:
    """Return a table with some of its bytes changed, sealed."""
    changed = bytearray(data)
    for place, value in changes.items():
        changed[place] = value
    return assemble(read_header(bytes(changed)), bytes(changed[HEADER.itemsize :]))


def section_places(data: bytes, section: str) -> range:
    """Return the places of a section's bytes."""
    extent = read_header(data)["sections"][list(SECTIONS).index(section)]
    first = int(extent["offset"])
    return range(first, first + int(extent["count"]) * np.dtype(SECTIONS[section]).itemsize)


@pytest.mark.parametrize(
    "notes",
    [
        b"", b"{", b"\xff\xfe", b"[" * 400, {}, [], None, 7, {"tests": 1, "statements": {}, "documents": "x"},
        {"tests": [[]] * 9, "statements": [[]] * 9}, {"tests": [["a", 1, [2, None]]] * 9, "documents": [[None, None]]},
        {"statements": [[0, "x", 5, []], [-1, 0, None, []], [True, 0, "s", []]], "documents": [["n", "k", "s"]]},
        {"statements": [[0, 0, "\ud800", []]], "documents": [["\x1b[31m\u2028", "identity", "s"]]},
    ],
    ids=str,
)  # fmt: skip
def test_notes_may_be_anything(notes: object) -> None:
    """What the notes do not tell is printed by number; control characters are escaped."""
    data = TABLES["texts"]
    places = section_places(data, "notes")
    spelled = notes if isinstance(notes, bytes) else json.dumps(notes).encode()
    assert len(spelled) <= len(places)
    text = list_table(Table(with_bytes(data, dict(zip(places, spelled.ljust(len(places)), strict=True)))))
    assert "statement 0: Allow" in text and "\x1b" not in text and "\u2028" not in text
    text.encode("utf-8")


def test_damaged_tables_list() -> None:
    """A table whose bytes were changed at random, and that opens all the same, lists without an error."""
    chance = random.Random(20261126)
    opened = 0
    for data in TABLES.values():
        places = [place for section in SECTIONS if section != "notes" for place in section_places(data, section)]
        for _ in range(300):
            changes = {
                chance.choice(places): chance.choice((0, 1, 0x7F, 0x80, 0xFF)) for _ in range(chance.randrange(1, 4))
            }
            try:
                table = Table(with_bytes(data, changes))
            except TableError:
                continue
            opened += 1
            list_table(table, limit=chance.choice((1, LIMIT))).encode("utf-8")
    assert opened > 100


def test_the_command_prints_the_listing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``gatewright listing`` prints what `list_table` returns, within a limit."""
    path = str(tmp_path / "table.gwt")
    table = gw.compile(policy_set(TEXTS))
    table.save(path)
    assert main(["listing", path]) == 0
    assert capsys.readouterr().out == list_table(table, limit=LIMIT)
    assert main(["listing", "--limit", "3", path]) == 0
    assert capsys.readouterr().out == list_table(table, limit=3)
    for wrong in ("0", "-1", "x", "1e3", "9" * 10):
        assert main(["listing", "--limit", wrong, path]) == 2
        assert f"`{wrong}` is no count" in capsys.readouterr().err


def test_long_names_are_cut() -> None:
    """A name of a megabyte is a line of a listing like others."""
    world = single_world(document(statement("Allow", "s3:*", "arn:aws:s3:::" + "x" * 10**6)))
    assert max(map(len, list_table(gw.compile(policy_set(world))).splitlines())) < 500


def test_what_stands_beside_principals_is_listed() -> None:
    """Resources, accounts, endpoints and their rows of cells have lines; principal parts keep the policy's words."""
    text = list_table(Table(TABLES["sides"]))
    for line in (
        "resource 0: arn:aws:s3:::pears: other of 123456789012, policy cells 5",
        "resource 2: arn:aws:kms:eu-west-1:123456789012:key/1: key, policy cells 7, under no RCPs",
        "resource 3: image/ami-1: other, attributes cells 8",
        "account 123456789012: RCPs cells 9",
        "endpoint 1: vpce-2: cells 12",
        "cells 5: of policies of resources 0",
        "cells 11: of endpoints 0",
        "cells 13: of unknown resources",
        "  special <- actions 4 8",
    ):
        assert f"\n{line}\n" in text, line
    assert (
        'Deny Action ["s3:*"] <0.5> & NotPrincipal ["arn:aws:iam::210987654321:user/staff/otis"] <spares 3.2>' in text
    )


def test_principal_parts_without_notes_are_listed_by_number() -> None:
    """Where the notes do not tell the entries, the form and the column are told."""
    data = TABLES["sides"]
    places = section_places(data, "notes")
    text = list_table(Table(with_bytes(data, dict.fromkeys(places, ord(" ")))))
    assert "statement 2: Deny <0.5> & <spares 3.2>\n" in text
    assert "statement 3: Allow <0.5> & <leaves out 3.3>\n" in text
    assert "statement 9: Allow <0.8> & <means, at a gateway, 3.5>\n" in text


def test_a_name_of_two_things_is_listed_with_both() -> None:
    """A map that leads from one name to another thing, as no compiler writes it, is shown as it is."""
    changed = damage(TABLES["sides"], [("symbols", 12, "value", 1)])
    assert "endpoint 1: vpce-2 (also vpce-1): cells 12\n" in list_table(Table(changed))
