"""What reading a store comes to: documents, whom and what they apply to, and everything to say about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gatewright.compiler import policyset
from gatewright.compiler.errors import Finding, Severity
from gatewright.compiler.errors import Path as Place
from gatewright.compiler.policyset import Endpoint, Principal, Resource
from gatewright.compiler.source import Source
from gatewright.compiler.syntax import Document, Policy


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

    def report(
        self, code: str, message: str, hint: str, source: str, path: Place = (), severity: Severity = Severity.ERROR
    ) -> None:
        """Add a finding about the store; its place is looked up in the source of that name."""
        self.is_refused = self.is_refused or severity is Severity.ERROR
        text = self.sources.get(source)
        self.findings.append(Finding(code, severity, message, hint, source, path, text.locate(path) if text else None))
