"""The authorizer: ask a table one request, a batch, or why."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._asker import Asker
from ._batch import Batch
from ._columns import ColumnHandle
from ._explain import is_deny, tests_of, trace
from ._handles import ActionHandle, ContextHandle, PrincipalHandle, ResourceHandle
from ._rows import Rows
from ._table import Table
from .columns import read_batch, read_column
from .errors import RequestError, TableFormatError
from .layout import Decision, LayerKind, Truth
from .requests import Others, Target, key_names, merge_contexts

Context = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class StatementInfo:
    """Where a statement comes from.

    Attributes
    ----------
    index : int
        Its number in the table.
    position : int
        Its number in its policy.
    policy : str
        The policy's name, or its ARN.
    kind : str
        Kind of the policy: ``identity``, ``boundary``, ``session`` or ``scp``.
    effect : str
        ``Allow`` or ``Deny``.
    sid : str or None
    source : str
        Name of the text that holds it.
    path : str
        Place in that text, as ``$.Statement[0]``.
    """

    index: int
    policy: str
    position: int
    kind: str
    effect: str
    sid: str | None
    source: str
    path: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one request.

    Attributes
    ----------
    decision : Decision
    statements : tuple of StatementInfo
        The determining statement: the applying Deny with the lowest number, or the identity policies' Allow where it
        counts, else that of the resource's policy; nothing for an implicit deny and for what needs no statement.
    unknown_keys : tuple of str
        With `Decision.UNKNOWN` the keys that would settle it (R193), sorted; ``resource`` is the resource.
    """

    decision: Decision
    statements: tuple[StatementInfo, ...]
    unknown_keys: tuple[str, ...]

    @property
    def allowed(self) -> bool:
        """Tell whether the request may pass; an unknown decision may not (R195)."""
        return self.decision is Decision.ALLOW


@dataclass(frozen=True, slots=True)
class Authorization:
    """One of the decisions that a call needs: a resource with the context keys that it has of its own.

    ``action`` is that of the call where it is None; `context` is laid over the call's, key by key, and of two spellings
    of a key its own counts.
    """

    resource: str | ResourceHandle | None
    context: Context = field(default_factory=dict)
    action: str | ActionHandle | None = None


@dataclass(frozen=True, slots=True)
class CallAnswer:
    """The answer to a call that needs several authorizations, such as ``ec2:RunInstances`` (R164).

    Attributes
    ----------
    decision : Decision
        Allowed only if every authorization is; explicitly denied if one is, else implicitly denied if one is.
    deciding : int
        The first authorization that gives the call its decision.
    answers : tuple of Answer
        One for each authorization.
    unknown_keys : tuple of str
        With `Decision.UNKNOWN` the keys that would settle it, sorted.
    """

    decision: Decision
    deciding: int
    answers: tuple[Answer, ...]
    unknown_keys: tuple[str, ...]

    @property
    def allowed(self) -> bool:
        """Tell whether the call may pass."""
        return self.decision is Decision.ALLOW


@dataclass(frozen=True, slots=True)
class TestTrace:
    """One test of a statement: what it asks and whether it holds.

    ``name`` is ``Action``, ``NotResource`` and so on, or a condition operator with ``key``.
    """

    __test__ = False  # not a test of the test suite

    name: str
    key: str
    values: tuple[str, ...]
    truth: Truth


@dataclass(frozen=True, slots=True)
class StatementTrace:
    """One statement considered for a request; it applies when all its tests hold."""

    statement: StatementInfo
    truth: Truth
    tests: tuple[TestTrace, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """An answer with every statement that was considered.

    ``missing`` is the kind of policy that allows nothing where the answer is an implicit deny (R150): ``identity``,
    ``boundary``, ``session``, ``scp``, ``resource``, ``trust``, ``vpc-endpoint`` or ``ec2-attribute``; or
    ``authentication``, where no policy is asked; None for every other answer.
    """

    answer: Answer
    is_known_principal: bool
    missing: str | None
    statements: tuple[StatementTrace, ...]


class BatchResult:
    """The answers to a batch.

    Attributes
    ----------
    decision : ndarray of shape (n,), dtype uint8
        `Decision` values.
    statement : ndarray of shape (n,), dtype int32
        Number of the determining statement, or -1; see `Authorizer.statement`.
    """

    __slots__ = ("_batch", "decision", "statement")

    def __init__(self, batch: Batch | Rows, decision: NDArray[np.uint8], statement: NDArray[np.int32]) -> None:
        self._batch = batch
        self.decision: NDArray[np.uint8] = decision
        self.statement: NDArray[np.int32] = statement

    def __len__(self) -> int:
        return len(self.decision)

    def unknown_keys(self, index: int) -> tuple[str, ...]:
        """Return the keys that would settle request `index`; () unless its decision is `Decision.UNKNOWN`."""
        return self._batch.unknown_keys(index)

    def to_arrow(self) -> Any:
        """Return the answers as a record batch of pyarrow, which the package `pyarrow` is needed for.

        Returns
        -------
        pyarrow.RecordBatch
            `decision`, a dictionary of the names of `Decision`, and `statement`, an int32, null where there is none.
            The decisions are not copied.
        """
        import pyarrow as pa

        names = pa.array([decision.name for decision in sorted(Decision)])
        decisions = pa.DictionaryArray.from_arrays(pa.array(self.decision), names)
        return pa.record_batch({"decision": decisions, "statement": pa.array(self.statement, mask=self.statement < 0)})

    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[object, object]:
        """Hand the answers to any library that reads Arrow data; see `to_arrow`."""
        capsules: tuple[object, object] = self.to_arrow().__arrow_c_array__(requested_schema)
        return capsules


class Authorizer(Asker):
    """Ask a table.

    Parameters
    ----------
    table : Table

    Notes
    -----
    Batches are decided without the GIL; one authorizer may serve any number of threads.
    Source of the semantics: docs/language.md.
    """

    def __init__(self, table: Table) -> None:
        self.table = table
        self._statements: dict[int, StatementInfo] = {}

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Authorizer:
        """Open a table file, memory-mapped; errors as `Table.open`."""
        return cls(Table.open(path))

    def __reduce__(self) -> tuple[type[Authorizer], tuple[Table]]:
        return type(self), (self.table,)

    def principal(self, principal: str) -> PrincipalHandle:
        """Return a handle of a caller, to ask with again and again: it is looked up once.

        A handle stands wherever its text does.  It belongs to this authorizer's table: after a reload, ask again.
        The other three kinds are `action`, `resource` and `context`.
        """
        return self._engine.read_principal(principal)

    def action(self, action: str) -> ActionHandle:
        """Return a handle of an action; see `principal`."""
        return self._engine.read_action(action)

    def resource(self, resource: str | None) -> ResourceHandle:
        """Return a handle of a resource, or of an unknown one; see `principal`."""
        return self._engine.read_resource(resource)

    def context(self, context: Context | None = None, *, unknown: Iterable[str] | Others = ()) -> ContextHandle:
        """Return a handle of a context with what is unknown of it, such as a connection's; see `principal`.

        Raises
        ------
        RequestError
            A key or a value has a type that is not understood, or a key is named twice.
        """
        return self._engine.read_context(context, unknown)

    def column(self, name: str, values: object) -> ColumnHandle:
        """Return a handle of a column's values, for batches that share them: they are read once.

        ``handle.take(codes)`` is then a column of a batch: request i has the value ``values[codes[i]]``, or none where
        the code is -1.

        Parameters
        ----------
        name : str
            ``principal``, ``action``, ``resource``, ``resource_account``, ``endpoint``, or a context key.
        values : array or Arrow array of text
            Copied.  For a context key also what `context` takes as a value.

        Raises
        ------
        RequestError
            The values are no array, or one of them is missing or has a type that is not understood.
        """
        return read_column(self._engine, name, values)

    def authorize_batch(self, requests: object, *, unknown: Others | tuple[()] = (), threads: int = 1) -> BatchResult:
        """Decide a batch.

        Parameters
        ----------
        requests : list, dict or Arrow data
            A list of dicts with ``principal``, ``action``, ``resource``, ``context`` and ``unknown``, or of tuples in
            that order (the last three may be left out); or columns, as a dict of arrays or as anything with the Arrow C
            stream or array interface: ``principal``, ``action``, ``resource``, one column per context key, named by the
            key, and ``unknown`` with a list of keys per request.  A missing value is an absent key, and an unknown one
            with ``unknown=OTHERS``.  Dicts and columns may also tell ``resource_account``, the owner of the resource,
            and ``endpoint``, the VPC endpoint that the request passes (see `Target`).  A column of a dict can be codes
            of values that were read before (see `column`).  Arrow data is read where it lies, and must not change
            meanwhile.
        unknown : OTHERS, optional
            Every key that a request does not name is unknown.
        threads : int
            Threads that share the decisions, at least 1.

        Raises
        ------
        RequestError
            Nothing was decided; the message names the request and the column.
        """
        batch = read_batch(self._engine, requests, unknown)
        decision, statement = batch.decide(threads)
        return BatchResult(batch, decision, statement)

    def authorize_call(
        self,
        principal: str | PrincipalHandle,
        action: str | ActionHandle,
        authorizations: Sequence[Authorization],
        context: Context | ContextHandle | None = None,
        *,
        unknown: Iterable[str] | Others = (),
        target: Target | None = None,
    ) -> CallAnswer:
        """Decide a call that needs several authorizations; parameters as `authorize`.

        Raises
        ------
        RequestError
            There is no authorization, or a part has a type that is not understood; nothing was decided.
        """
        if not authorizations:
            raise RequestError("a call needs at least one authorization")
        if isinstance(context, ContextHandle):
            if unknown != ():
                raise RequestError("a prepared context says itself what is unknown; give `unknown` when it is prepared")
            unknown = context.unknown
            context = context.context
        names = unknown if isinstance(unknown, Others) else tuple(key_names(unknown))
        answers = tuple(
            self.authorize(
                principal,
                action if item.action is None else item.action,
                item.resource,
                merge_contexts(context, item.context),
                unknown=names,
                target=target,
            )
            for item in authorizations
        )
        for decision in (Decision.EXPLICIT_DENY, Decision.IMPLICIT_DENY, Decision.UNKNOWN, Decision.ALLOW):
            for number, answer in enumerate(answers):
                if answer.decision is decision:
                    keys = {key for each in answers for key in each.unknown_keys}
                    return CallAnswer(
                        decision, number, answers, tuple(sorted(keys)) if decision is Decision.UNKNOWN else ()
                    )
        raise AssertionError("every decision was looked for")

    def explain(
        self,
        principal: str | PrincipalHandle,
        action: str | ActionHandle,
        resource: str | ResourceHandle | None = "*",
        context: Context | ContextHandle | None = None,
        *,
        unknown: Iterable[str] | Others = (),
        target: Target | None = None,
    ) -> Explanation:
        """Decide one request and tell how every statement that may apply fared; parameters as `authorize`."""
        decision, number, keys, missing, traces = trace(
            self._engine, principal, action, resource, context, unknown, target
        )
        notes = self.table.notes
        statements = []
        for statement, truths in traces:
            try:
                test_traces = tuple(
                    _test_trace(notes["tests"][test], truth)
                    for test, truth in zip(tests_of(self.table, statement), truths, strict=True)
                )
            except (KeyError, IndexError, TypeError, ValueError):
                raise _damaged_notes() from None
            whole = Truth(min(truths))
            statements.append(StatementTrace(self.statement(statement), whole, test_traces))
        kind = None if missing is None else LayerKind(missing).name.lower().replace("_", "-")
        return Explanation(self._answer(decision, number, keys), self.knows(principal), kind, tuple(statements))

    def knows(self, principal: str | PrincipalHandle) -> bool:
        """Tell whether a caller can be judged: a principal of the table or its session, or one without an account."""
        return self._engine.knows(principal)

    def statement(self, index: int) -> StatementInfo:
        """Return where a statement comes from."""
        info = self._statements.get(index)
        if info is None:
            effect = "Deny" if is_deny(self.table, index) else "Allow"
            notes = self.table.notes
            try:
                document, position, sid, path = notes["statements"][index]
                name, kind, source = notes["documents"][document]
                place = _spell_path(path)
            except (KeyError, IndexError, TypeError, ValueError):
                raise _damaged_notes() from None
            info = self._statements[index] = StatementInfo(index, name, position, kind, effect, sid, source, place)
        return info

    @property
    def statements(self) -> tuple[StatementInfo, ...]:
        """All statements of the table."""
        return tuple(self.statement(index) for index in range(self.table.statement_count))

    def _answer(self, decision: int, statement: int, keys: tuple[str, ...]) -> Answer:
        return Answer(Decision(decision), (self.statement(statement),) if statement >= 0 else (), keys)


def _test_trace(note: Any, truth: int) -> TestTrace:
    name, key, values = note
    return TestTrace(name, key, tuple(values), Truth(truth))


def _damaged_notes() -> TableFormatError:
    return TableFormatError("the table is damaged in section `notes`")


def _spell_path(path: Iterable[str | int]) -> str:
    return "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
