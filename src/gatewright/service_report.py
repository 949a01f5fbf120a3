"""The report of what one policy says of AWS's services: findings, and how much may be looked up for them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from gatewright.compiler.check_report import MAX_FINDINGS
from gatewright.compiler.diagnostics import CATALOGUE
from gatewright.compiler.errors import Finding, Path
from gatewright.compiler.messages import MAX_QUOTED
from gatewright.compiler.syntax import Document, Statement
from gatewright.diagnostics_services import SERVICE_DIAGNOSTICS
from gatewright.service_data import Action, ResourceType, Service

MAX_COMPARISONS = 100_000
"""Comparisons with names and types per document, long patterns counting more.

AWS's managed policies need 11,000 at most; a hostile document is done with in about a second (measured).
"""
MAX_HINTS = 50
"""Words for which the nearest name is looked for, per document; one costs up to ten milliseconds."""

_ENTRIES = {entry.code: entry for entry in SERVICE_DIAGNOSTICS}


class TooMuchError(Exception):
    """The document asks for more comparisons, or has more findings, than are made."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """The actions that an entry of ``Action`` names, by their names in lower case."""

    service: Service
    names: tuple[str, ...]
    types: frozenset[ResourceType]
    is_glob: bool

    def actions(self) -> Iterator[Action]:
        """Yield the actions."""
        return map(self.service.action, self.names)


@dataclass(frozen=True, slots=True)
class Named:
    """What the action part of a statement names.

    Attributes
    ----------
    entries : list
        Place, text and meaning of each entry that names actions of one service.
    is_known : bool
        Every entry of ``Action`` is among them; else it cannot be told what goes with the actions.
    """

    entries: list[tuple[Path, str, Meaning]]
    is_known: bool


class ServiceReport:
    """Collects the findings on one document."""

    def __init__(self, document: Document, has_variables: bool) -> None:
        self.document = document
        self.has_variables = has_variables
        self.findings: list[Finding] = []
        self._value = document.value
        self._comparisons = 0
        self._hints = 0

    def add(self, code: str, path: Path, message: str, hint: str = "", *, is_key: bool = False) -> None:
        """Add a finding; without a hint the catalogue's is taken.

        Raises
        ------
        TooMuchError
            There are too many findings.
        """
        if len(self.findings) >= MAX_FINDINGS:
            raise TooMuchError
        entry = _ENTRIES[code]
        self.findings.append(
            Finding(
                code,
                entry.severity,
                message,
                hint or entry.hint,
                self.document.source.name,
                path,
                self.document.source.locate(path, "key" if is_key else "value"),
                entry.aws_check,
            )
        )

    def add_note(self) -> None:
        """Say that the rest of the document was not looked at."""
        note = CATALOGUE["GW109"]
        source, path = self.document.source, self.document.path
        message = "the rest of the document is not held against AWS's services"
        self.findings.append(
            Finding(note.code, note.severity, message, note.hint, source.name, path, source.locate(path))
        )

    def count(self, comparisons: int) -> None:
        """Count comparisons that are about to be made.

        Raises
        ------
        TooMuchError
            The document asks for too many.
        """
        self._comparisons += comparisons
        if self._comparisons > MAX_COMPARISONS:
            raise TooMuchError

    def suggest(self, word: str, known: Iterable[str]) -> str:
        """Return the known word nearest to ``word``, or an empty text."""
        self._hints += 1
        if self._hints > MAX_HINTS or len(word) > MAX_QUOTED:
            return ""
        spellings = {name.lower(): name for name in known}
        near = get_close_matches(word.lower(), spellings, n=1, cutoff=0.75)
        return spellings[near[0]] if near else ""

    def is_list(self, path: Path) -> bool:
        """Tell whether the value at a path is a list."""
        value = self._value
        for step in path[len(self.document.path) :]:
            value = value[step]  # type: ignore[index]
        return isinstance(value, list)

    def read_entries(self, statement: Statement, member: str) -> Iterator[tuple[Path, str]]:
        """Yield the texts of a member with their places, which the statement has not kept."""
        value = self._value
        for step in (*statement.path[len(self.document.path) :], member):
            value = value[step]  # type: ignore[index]
        path = (*statement.path, member)
        if isinstance(value, str):
            yield path, value
        elif isinstance(value, list):
            yield from (((*path, i), text) for i, text in enumerate(value) if isinstance(text, str))
