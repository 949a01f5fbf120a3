"""Compile one version of a policy set after the other: what has not changed is neither read nor built again."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

from ..runtime import Table
from ..runtime._table import open_sealed
from ..runtime.requests import SOURCE_ENDPOINT
from .check import check_document
from .diagnostics import raise_severity
from .errors import Finding, Path, PolicyError
from .fit import write_fitting_table
from .flatten import KnownCells
from .lower import KnownRows, lower_statements
from .normalize import Interned, KnownPolicies, normalize_policies
from .policyset import PolicySet
from .syntax import Document, Policy, PolicyKind
from .write import KnownPieces

Progress = Callable[[str, int, int], None]
"""Called with the name of a pass, how much of it is done, and how much there is."""
PROGRESS_STEP = 64
"""Documents from one report of progress to the next."""
SPARE_DOCUMENTS = 1 << 10
"""Documents, beside two for each of the last compilation, of which is kept what they say."""
SPARE_RUNS = 1 << 14
"""Runs of tests, beside four for each statement of the last compilation, before all that is known is forgotten."""


@contextmanager
def without_collections() -> Iterator[None]:
    """Put off the collection of cyclic garbage.

    Compiling makes objects by the hundred thousand and no cycles; to look for some took a third of the time.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


class _Content(NamedTuple):
    """All that the check of a document can see."""

    name: str
    kind: PolicyKind
    source_name: str
    text: int  # number of the source's text
    path: Path


class _ReadDocument(NamedTuple):
    """What a document says; it is kept so that its id stays its own."""

    document: Document
    policy: Policy | None
    findings: tuple[Finding, ...]
    content: _Content | None
    is_given: bool


class Compiler:
    """Compiles policy sets that follow one another.

    A table is the same, byte for byte, whatever was compiled before it.  Documents are compared by their contents:
    sources may be read anew each time.  What is not used is forgotten before it is more than a few times what is.
    Not thread-safe.
    """

    def __init__(self) -> None:
        self._forget()

    def _forget(self) -> None:
        self._texts: dict[tuple[str, str], int] = {}
        self._text_count = 0
        self._read: dict[int, _ReadDocument] = {}
        self._checked: dict[_Content, tuple[Policy | None, tuple[Finding, ...]]] = {}
        self._normal = KnownPolicies()
        self._rows = KnownRows()
        self._interned = Interned()
        self._cells = KnownCells()
        self._pieces = KnownPieces()

    def compile(
        self,
        policy_set: PolicySet,
        *,
        policies: Mapping[Document, Policy] | None = None,
        report: Callable[[Finding], None] | None = None,
        progress: Progress | None = None,
        max_table_bytes: int | None = None,
    ) -> Table:
        """Compile a policy set; parameters and errors are those of `compile_policies`."""
        with without_collections():
            table = self._compile(policy_set, policies or {}, report, progress or _tell_nobody, max_table_bytes)
        if self._interned.numbers.run_count > 4 * table.statement_count + SPARE_RUNS:
            self._forget()
        return table

    def _compile(
        self,
        policy_set: PolicySet,
        policies: Mapping[Document, Policy],
        report: Callable[[Finding], None] | None,
        tell: Progress,
        max_table_bytes: int | None,
    ) -> Table:
        for what, names in (("resources", policy_set.resources), ("endpoints", policy_set.endpoints)):
            if len({entry.name for entry in names}) < len(names):
                raise ValueError(f"two {what} of the policy set have one name")
        readable, findings = self._check(policy_set.documents, policies, tell)
        if len(readable) < len(policy_set.documents):
            raise PolicyError(raise_severity(findings))
        gateways = {endpoint.policy for endpoint in policy_set.endpoints if endpoint.is_gateway}
        tell("normalize", 0, 1)
        statements, unsupported = normalize_policies(readable, gateways, known=self._normal, interned=self._interned)
        if unsupported:
            raise PolicyError([*findings, *unsupported])
        tell("lower", 0, 1)
        keys = [SOURCE_ENDPOINT] if policy_set.endpoints else []
        lowered = lower_statements(
            statements, keys, known=self._rows, interned=self._interned, has_rcps=policy_set.has_rcps
        )
        firsts = [0]
        for policy in readable:
            firsts.append(firsts[-1] + len(policy.statements))
        data = write_fitting_table(
            policy_set, statements, lowered, firsts, keys, max_table_bytes, lambda *done: tell("flatten", *done),
            self._cells, self._pieces,
        )  # fmt: skip
        for finding in findings:
            if report is not None:
                report(finding)
        tell("write", 1, 1)
        return open_sealed(data)

    def _check(
        self, documents: tuple[Document, ...], policies: Mapping[Document, Policy], tell: Progress
    ) -> tuple[list[Policy], list[Finding]]:
        """Read the documents; those that cannot be read are missing from the result."""
        before, self._read = self._read, {}
        texts: dict[int, int] = {}
        findings: list[Finding] = []
        readable: list[Policy] = []
        for number, document in enumerate(documents):
            if number % PROGRESS_STEP == 0:
                tell("check", number, len(documents))
            read = before.get(id(document))
            if read is None or read.is_given is not bool(policies):
                read = self._read_document(document, policies, texts)
            self._read[id(document)] = read
            if read.policy is not None:
                readable.append(read.policy)
            if read.findings:
                findings += read.findings
        if len(self._checked) > 2 * len(documents) + SPARE_DOCUMENTS:
            contents = {read.content for read in self._read.values()}
            self._checked = {content: checked for content, checked in self._checked.items() if content in contents}
            numbers = {content.text for content in self._checked}
            self._texts = {key: number for key, number in self._texts.items() if number in numbers}
        return readable, findings

    def _read_document(
        self, document: Document, policies: Mapping[Document, Policy], texts: dict[int, int]
    ) -> _ReadDocument:
        policy = policies.get(document) if policies else None
        if policy is not None:
            return _ReadDocument(document, policy, (), None, is_given=True)
        text = texts.get(id(document.source))
        if text is None:
            key = (document.source.name, document.source.text)
            text = texts[id(document.source)] = self._texts.setdefault(key, self._text_count)
            self._text_count += 1
        content = _Content(document.name, document.kind, document.source.name, text, document.path)
        checked = self._checked.get(content)
        if checked is None:
            checked = self._checked[content] = check_document(document)
        return _ReadDocument(document, *checked, content, is_given=False)


def _tell_nobody(name: str, done: int, total: int) -> None:
    pass
