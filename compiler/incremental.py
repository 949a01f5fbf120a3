"""Compile one version of a policy set after the other: what has not changed is neither read nor built again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from ..runtime import Table
from ..runtime.requests import SOURCE_ENDPOINT
from .automaton import KnownGroups
from .check import check_document
from .diagnostics import raise_severity
from .errors import Finding, Path, PolicyError
from .flatten import flatten_policies
from .lower import lower_statements
from .normalize import KnownPolicies, normalize_policies
from .policyset import PolicySet
from .source import Source
from .syntax import Document, Policy, PolicyKind
from .write import write_table

Progress = Callable[[str, int, int], None]
"""Called with the name of a pass, how much of it is done, and how much there is."""
PROGRESS_STEP = 64
"""Documents from one report of progress to the next."""


class _Content(NamedTuple):
    """All that the check of a document can see."""

    name: str
    kind: PolicyKind
    source_name: str
    text: int  # number of the source's text
    path: Path


class Compiler:
    """Compiles policy sets that follow one another.

    A table is the same, byte for byte, whatever was compiled before it.  Documents are compared by their contents:
    sources may be read anew each time.  What the last compilation did not use is forgotten.  Not thread-safe.
    """

    def __init__(self) -> None:
        self._texts: dict[tuple[str, str], int] = {}
        self._text_count = 0
        self._checked: dict[_Content, tuple[Policy | None, tuple[Finding, ...]]] = {}
        self._normal: KnownPolicies = {}
        self._groups: KnownGroups = {}

    def compile(
        self,
        policy_set: PolicySet,
        *,
        policies: Mapping[Document, Policy] | None = None,
        report: Callable[[Finding], None] | None = None,
        progress: Progress | None = None,
    ) -> Table:
        """Compile a policy set; parameters and errors are those of `compile_policies`."""
        for what, names in (("resources", policy_set.resources), ("endpoints", policy_set.endpoints)):
            if len({entry.name for entry in names}) < len(names):
                raise ValueError(f"two {what} of the policy set have one name")
        tell = progress or _tell_nobody
        readable, findings = self._check(policy_set.documents, policies or {}, tell)
        if len(readable) < len(policy_set.documents):
            raise PolicyError(raise_severity(findings))
        gateways = {endpoint.policy for endpoint in policy_set.endpoints if endpoint.is_gateway}
        tell("normalize", 0, 1)
        known = self._normal
        self._normal = {}
        statements, unsupported = normalize_policies(readable, gateways, known=known, used=self._normal)
        if unsupported:
            raise PolicyError([*findings, *unsupported])
        tell("lower", 0, 1)
        groups = self._groups
        self._groups = {}
        keys = [SOURCE_ENDPOINT] if policy_set.endpoints else []
        lowered = lower_statements(statements, keys, known=groups, used=self._groups)
        firsts = [0]
        for policy in readable:
            firsts.append(firsts[-1] + len(policy.statements))
        flat = flatten_policies(statements, lowered, policy_set, firsts, progress=lambda *done: tell("flatten", *done))
        for finding in findings:
            if report is not None:
                report(finding)
        tell("write", 0, 1)
        data = write_table(policy_set, statements, lowered, flat)
        tell("write", 1, 1)
        return Table(data)

    def _check(
        self, documents: tuple[Document, ...], policies: Mapping[Document, Policy], tell: Progress
    ) -> tuple[list[Policy], list[Finding]]:
        """Read the documents; those that cannot be read are missing from the result."""
        known = self._checked
        self._checked = {}
        texts = self._texts
        self._texts = {}
        sources: dict[int, int] = {}
        findings: list[Finding] = []
        readable: list[Policy] = []
        for number, document in enumerate(documents):
            if number % PROGRESS_STEP == 0:
                tell("check", number, len(documents))
            policy = policies.get(document) if policies else None
            if policy is None:
                text = sources.get(id(document.source))
                if text is None:
                    text = sources[id(document.source)] = self._number_text(document.source, texts)
                content = _Content(document.name, document.kind, document.source.name, text, document.path)
                checked = known.get(content) or self._checked.get(content) or check_document(document)
                self._checked[content] = checked
                policy = checked[0]
                findings += checked[1]
            if policy is not None:
                readable.append(policy)
        return readable, findings

    def _number_text(self, source: Source, known: Mapping[tuple[str, str], int]) -> int:
        """Number a text, by its contents: comparing it once for each source spares comparing it for each document."""
        key = (source.name, source.text)
        number = known.get(key)
        if number is None:
            number = self._texts.get(key)
        if number is None:
            number = self._text_count
            self._text_count += 1
        self._texts[key] = number
        return number


def _tell_nobody(name: str, done: int, total: int) -> None:
    pass
