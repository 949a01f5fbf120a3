"""What reading a store comes to: documents, whom and what they apply to, and everything to say about it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import NamedTuple

from gatewright.compiler import policyset
from gatewright.compiler.check import Profile, check_document
from gatewright.compiler.errors import Finding, Severity
from gatewright.compiler.errors import Path as Place
from gatewright.compiler.policyset import Endpoint, Principal, Resource
from gatewright.compiler.source import Shift, Source
from gatewright.compiler.syntax import Document, Policy, PolicyKind
from gatewright.details import Account


class CheckedDocument(NamedTuple):
    """A document as it was checked, and what came of it; ``said`` is a hash of what it says, where it was asked for."""

    document: Document
    how: tuple[Profile, int | None]
    policy: Policy | None
    findings: tuple[Finding, ...]
    said: bytes = b""


def key_of(document: Document) -> tuple[str, Place, PolicyKind, str]:
    """Return what tells a document from the others of a store."""
    return document.source.name, document.path, document.kind, document.name


class KnownDocuments:
    """What is known of documents from the last reading of a store."""

    def __init__(self, checked: Iterable[CheckedDocument]) -> None:
        self._checked = {key_of(one.document): one for one in checked}
        self._shifts: dict[int, Shift] = {}

    def check(self, document: Document, profile: Profile, quota: int | None) -> CheckedDocument:
        """Check a document, unless it is known and says the same."""
        known = self._checked.get(key_of(document))
        if known is not None and known.how == (profile, quota):
            if known.document is document:
                return known
            moved = self._move(known, document)
            if moved is not None:
                return moved
        return CheckedDocument(document, (profile, quota), *check_document(document, profile=profile, quota=quota))

    def _move(self, known: CheckedDocument, document: Document) -> CheckedDocument | None:
        """Return what is known of a document that says the same in another text; None where it does not.

        Findings are told with their places.  These have moved by as much as the text has become longer, if they stand
        behind all that has changed in it.
        """
        if known.policy is None:
            return None
        said = _digest(document)
        if said != (known.said or _digest(known.document)):
            return None
        findings = known.findings
        if findings:
            source = document.source
            shift = self._shifts.get(id(source))
            if shift is None:
                shift = self._shifts[id(source)] = Shift(known.document.source, source)
            spans = [finding.span and shift.move(finding.span) for finding in findings]
            if None in spans:
                return None
            findings = tuple(replace(finding, span=span) for finding, span in zip(findings, spans, strict=True))
        return CheckedDocument(document, known.how, replace(known.policy, document=document), findings, said)


def _digest(document: Document) -> bytes:
    """Return a hash of what a document says: of its values, their order, and which of them are numbers."""
    return hashlib.blake2b(repr(document.value).encode("utf-8", "surrogatepass")).digest()


@dataclass(slots=True)
class StoreReading:
    """What was read, sound or not: the store, everything to say about it, and the texts to show with it."""

    documents: list[Document] = field(default_factory=list)
    beside: list[Document] = field(default_factory=list)  # checked, but no part of decisions
    principals: list[Principal] = field(default_factory=list)
    resources: list[Resource] = field(default_factory=list)
    owners: list[policyset.Account] = field(default_factory=list)
    endpoints: list[Endpoint] = field(default_factory=list)
    accounts: list[str] = field(default_factory=list)
    tags: dict[str, Mapping[str, str]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    sources: dict[str, Source] = field(default_factory=dict)
    policies: list[Policy] = field(default_factory=list)  # the documents that were checked and hold
    quotas: dict[Document, int] = field(default_factory=dict)
    is_refused: bool = False  # cannot be compiled
    # What the next reading of the store may take from this one, and this one from the last.
    read: dict[str, Account] = field(default_factory=dict)  # details, by the name of their source
    checked: list[CheckedDocument] = field(default_factory=list)
    previous: StoreReading | None = None

    def recall_source(self, source: Source) -> Source:
        """Return the source that the last reading had of the same text."""
        known = self.previous.sources.get(source.name) if self.previous is not None else None
        return known if known is not None and known.text == source.text else source

    def recall_details(self, source: Source) -> Account | None:
        """Return the details that were read of the same source."""
        known = self.previous.read.get(source.name) if self.previous is not None else None
        return known if known is not None and known.source is source else None

    def forget_previous(self) -> None:
        """Let principals that have not changed be those of the last reading, and let go of it."""
        previous, self.previous = self.previous, None
        if previous is not None:
            known = {principal.arn: principal for principal in previous.principals}
            for number, principal in enumerate(self.principals):
                was = known.get(principal.arn)
                if was is not None and was == principal:
                    self.principals[number] = was

    def report(
        self, code: str, message: str, hint: str, source: str, path: Place = (), severity: Severity = Severity.ERROR
    ) -> None:
        """Add a finding about the store; its place is looked up in the source of that name."""
        self.is_refused = self.is_refused or severity is Severity.ERROR
        text = self.sources.get(source)
        self.findings.append(Finding(code, severity, message, hint, source, path, text.locate(path) if text else None))


@dataclass(frozen=True, slots=True)
class StoreFiles:
    """The texts of a store, and the reading that goes on with them; of a single file there are at most one."""

    reading: StoreReading
    accounts: list[Source]
    organization: list[Source] = field(default_factory=list)
    policies: list[Source] = field(default_factory=list)
    folders: dict[str, list[Source]] = field(default_factory=dict)

    @property
    def texts(self) -> list[tuple[str, str]]:
        """Names and texts of all files, and what was found about others, in the order of their names."""
        sources = [*self.accounts, *self.organization, *self.policies, *chain.from_iterable(self.folders.values())]
        return [(s.name, s.text) for s in sources] + [(f.source, f.code) for f in self.reading.findings]
