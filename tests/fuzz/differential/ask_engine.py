"""Ask the engine the requests of a world on every path: one by one, explained, as calls, in batches of all forms."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from reference import Others
from sharing import into_groups, sharing_rows
from strategies import lower as lower_slowly

import gatewright as gw
from gatewright.runtime import Authorization

from .world import Question, World

Got = tuple[str, int, frozenset[str]]
"""A decision's name, the number of the determining statement or -1, the keys that would settle it."""

lower = lru_cache(1 << 12)(lower_slowly)
NAMES = [gw.Decision(code).name.lower() for code in range(4)]


class Told(NamedTuple):
    """What a path told of a question or a call; `layer` is "" where the path does not tell."""

    path: str
    number: int
    got: Got
    layer: str | None = ""
    deciding: int = -1


class Engine:
    """A world compiled, and a second time with rows that principals share, from the bytes of its table, for batches."""

    def __init__(self, world: World) -> None:
        table = gw.compile(world.policy_set())
        self.world = world
        self.single = gw.Authorizer(table)
        with sharing_rows(len(world.documents) % 2 << 20):
            shared = gw.compile(into_groups(world.policy_set()))
        self.batch = gw.Authorizer(gw.Table(bytes(shared)))

    def tell(self) -> Iterator[Told]:
        """Answer everything on every path."""
        questions = self.world.questions
        for number, question in enumerate(questions):
            yield self.tell_single(number, question)
            yield self.tell_explained(number, question)
            yield self.tell_by_handles(number, question)
        for number, call in enumerate(self.world.calls):
            yield self.tell_call(number, [questions[index] for index in call])
        yield from self.tell_batches()

    # --- one by one ---------------------------------------------------------------------------------------------------

    def tell_single(self, number: int, question: Question) -> Told:
        """Ask one request."""
        answer = self.single.authorize(
            question.principal,
            question.action,
            question.resource,
            {key: typed(value) for key, value in question.context.items()},
            unknown=unknown_of(question),
            **target_of(question),
        )
        layer = answer.statements[0].kind if answer.statements else ""
        return Told("authorize", number, got_of(answer), layer)

    def tell_explained(self, number: int, question: Question) -> Told:
        """Ask one request with its explanation."""
        explanation = self.single.explain(
            question.principal,
            question.action,
            question.resource,
            question.context,
            unknown=unknown_of(question),
            **target_of(question),
        )
        statements = explanation.answer.statements
        layer = statements[0].kind if statements else explanation.missing
        return Told("explain", number, got_of(explanation.answer), layer)

    def tell_by_handles(self, number: int, question: Question) -> Told:
        """Ask one request whose parts are handles, all of them or some."""
        asked = self.single
        answer = asked.authorize(
            asked.principal(question.principal) if number % 3 else question.principal,
            asked.action(question.action) if number % 5 else question.action,
            asked.resource(question.resource) if number % 7 else question.resource,
            asked.context(question.context, unknown=unknown_of(question)),
            **target_of(question),
        )
        return Told("handles", number, got_of(answer), answer.statements[0].kind if answer.statements else "")

    def tell_call(self, number: int, questions: Sequence[Question]) -> Told:
        """Ask a call."""
        first = questions[0]
        authorizations = [
            Authorization(question.resource, question.context if i else {}, question.action if i else None)
            for i, question in enumerate(questions)
        ]
        answer = self.single.authorize_call(
            first.principal, first.action, authorizations, first.context, unknown=unknown_of(first), **target_of(first)
        )
        statements = answer.answers[answer.deciding].statements
        statement = statements[0].index if statements else -1
        got = (answer.decision.name.lower(), statement, frozenset(answer.unknown_keys))
        return Told("call", number, got, "", answer.deciding)

    # --- in batches ---------------------------------------------------------------------------------------------------

    def tell_batches(self) -> Iterator[Told]:
        """Ask the requests in batches: those that a form cannot say are left out of it."""
        numbered = list(enumerate(self.world.questions))
        dicts = [pair for pair in numbered if is_for_batches(pair[1])]
        tuples = [pair for pair in numbered if pair[1].target is None]
        columns = [pair for pair in dicts if can_be_column(pair[1])]
        yield from self.tell_batch("dicts", dicts, [as_dict(question) for _, question in dicts])
        yield from self.tell_batch("tuples", tuples, [as_tuple(question) for _, question in tuples])
        for others in (False, True):
            rows = [pair for pair in columns if isinstance(pair[1].unknown, Others) == others]
            if not rows:
                continue
            options: dict[str, Any] = {"unknown": gw.OTHERS} if others else {}
            lists = column_lists([question for _, question in rows], others=others)
            yield from self.tell_batch("columns", rows, as_arrays(lists), **options)
            yield from self.tell_batch("codes", rows, self.as_codes(lists), **options)
            rows = [pair for pair in rows if is_of_forms(pair[1], lists)]
            lists = column_lists([question for _, question in rows], others=others)
            table = pa.table({name: pa.array(values, arrow_type(values)) for name, values in lists.items()})
            yield from self.tell_batch("arrow", rows, table, **options)
            yield from self.tell_batch("arrow dictionaries", rows, encode(table), **options)
            cut = len(rows) // 3
            chunks = pa.concat_tables(
                [encode(table.slice(0, cut)), encode(table.slice(cut, 0)), encode(table.slice(cut))]
            )
            yield from self.tell_batch("arrow chunks", rows, chunks, threads=1 + (len(rows) % 8 == 0), **options)

    def as_codes(self, lists: dict[str, list[Any]]) -> dict[str, Any]:
        """Return columns as codes of values that were read before: of texts, in Arrow's layout every second time."""
        columns: dict[str, Any] = {}
        for place, (name, rows) in enumerate(lists.items()):
            if name == "unknown":
                columns[name] = rows
                continue
            given = [tuple(row) if isinstance(row, list) else row for row in rows]
            values = [value for value in dict.fromkeys(given) if value is not None]
            numbers = {value: number for number, value in enumerate(values)}
            is_arrow = place % 2 and all(isinstance(value, str) for value in values)
            handle = self.batch.column(name, pa.array(values, pa.string()) if is_arrow else values)
            columns[name] = handle.take(np.array([numbers.get(value, -1) for value in given], dtype=np.int32))
        return columns

    def tell_batch(self, path: str, rows: Sequence[tuple[int, Question]], form: Any, **options: Any) -> Iterator[Told]:
        """Ask one batch."""
        result = self.batch.authorize_batch(form, **options)
        decisions, statements = result.decision.tolist(), result.statement.tolist()
        if len(decisions) != len(rows):
            raise AssertionError(f"{len(rows)} requests, {len(decisions)} answers")
        for i, (number, _) in enumerate(rows):
            keys = frozenset(result.unknown_keys(i))
            yield Told(path, number, (NAMES[decisions[i]], statements[i], keys))


def got_of(answer: gw.Answer) -> Got:
    """Return an answer as it is compared."""
    number = answer.statements[0].index if answer.statements else -1
    return answer.decision.name.lower(), number, frozenset(answer.unknown_keys)


def typed(value: Any) -> Any:
    """Return a context value as callers may also give it: booleans and integers as such (R25)."""
    if value in ("true", "false"):
        return value == "true"
    return int(value) if isinstance(value, str) and value in ("0", "9", "10", "11", "100") else value


def unknown_of(question: Question) -> Any:
    """Return the unknown keys as the engine takes them."""
    return gw.OTHERS if isinstance(question.unknown, Others) else sorted(question.unknown)


def target_of(question: Question) -> dict[str, Any]:
    """Return the keyword for what the ARN does not tell, if there is any."""
    return {} if question.target is None else {"target": question.target}


def is_for_batches(question: Question) -> bool:
    """Tell whether a row can say what the target says: an account, and one endpoint."""
    target = question.target
    return target is None or (target.policy is None and (target.endpoints is None or len(target.endpoints) == 1))


def as_dict(question: Question) -> dict[str, Any]:
    """Return a request as a dict."""
    row = {
        "principal": question.principal,
        "action": question.action,
        "resource": question.resource,
        "context": question.context,
        "unknown": unknown_of(question),
    }
    if question.target is not None:
        row["resource_account"] = question.target.account
        row["endpoint"] = None if question.target.endpoints is None else question.target.endpoints[0]
    return row


def as_tuple(question: Question) -> tuple[Any, ...]:
    """Return a request as a tuple."""
    return question.principal, question.action, question.resource, question.context, unknown_of(question)


def can_be_column(question: Question) -> bool:
    """Tell whether columns can say a context: a missing value in one is an unknown key where all others are."""
    return not isinstance(question.unknown, Others) or None not in question.context.values()


def column_lists(questions: Sequence[Question], *, others: bool) -> dict[str, list[Any]]:
    """Return requests as columns; those of the context have their names in lower case."""
    count = len(questions)
    lists: dict[str, list[Any]] = {
        "principal": [question.principal for question in questions],
        "action": [question.action for question in questions],
        "resource": [question.resource for question in questions],
    }
    if not others:
        lists["unknown"] = [sorted(question.unknown) for question in questions]  # type: ignore[arg-type]
    for i, question in enumerate(questions):
        for key, value in question.context.items():
            name = lower(key)
            if name not in lists:
                lists[name] = [None] * count
            lists[name][i] = value
        target = question.target
        if target is not None:
            for name, text in (("resource_account", target.account), ("endpoint", (target.endpoints or (None,))[0])):
                if text is not None:
                    lists.setdefault(name, [None] * count)[i] = text
    return lists


def as_arrays(lists: dict[str, list[Any]]) -> dict[str, Any]:
    """Return columns as numpy's: of texts where all are, else of objects."""
    return {
        name: np.array(values)
        if name in ("principal", "action")
        else values
        if name == "unknown"
        else np.fromiter(values, dtype=object, count=len(values))
        for name, values in lists.items()
    }


def is_of_forms(question: Question, lists: dict[str, list[Any]]) -> bool:
    """Tell whether each value of a context has the form that its Arrow column has: that of the column's first value."""
    for key, value in question.context.items():
        if value is not None:
            first = next(other for other in lists[lower(key)] if other is not None)
            if isinstance(first, list) != isinstance(value, list):
                return False
    return True


def arrow_type(values: Sequence[Any]) -> pa.DataType | None:
    """Return the type of a column; None where it holds no value."""
    first = next((value for value in values if value is not None), None)
    return None if first is None else pa.list_(pa.string()) if isinstance(first, list) else pa.string()


def encode(table: pa.Table) -> pa.Table:
    """Return a table with its texts as dictionaries."""
    columns = [column.dictionary_encode() if column.type == pa.string() else column for column in table.columns]
    return pa.table(columns, names=table.column_names)
