"""Batches of mapped events -> decisions of one store, or of two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NamedTuple, Protocol

from .cloudtrail import Event
from .compare import DECISIONS, IN_EVERY_STORE, Agreement, Change, Decision, agreement_of, change_of, combine
from .events import Mapped, Request
from .known import Known
from .reasons import Reason
from .tags import UserTags

Tuple = tuple[str, str, str | None, dict[str, Any]]


class Engine(Protocol):
    """What a replay asks of an authorizer; `gatewright.Authorizer` answers."""

    @property
    def table(self) -> Any: ...
    @property
    def statements(self) -> Sequence[Any]: ...
    def statement(self, index: int) -> Any: ...
    def knows(self, principal: str) -> bool: ...
    def authorize_batch(self, requests: Any, *, unknown: Any = ()) -> Any: ...


class Answer(NamedTuple):
    """The decision of one store on an event: that of the authorization which decides the call.

    ``request`` is its index among the event's requests; ``statement`` the index of the determining statement, -1
    where none.  Where it depends on a policy that is in no store, it is unknown and ``missing`` says which.
    """

    decision: Decision
    request: int = 0
    statement: int = -1
    unknown_keys: tuple[str, ...] = ()
    missing: Reason | None = None


@dataclass(slots=True)
class Row:
    """One event with everything that a replay says of it; the answers are None where it is not evaluated."""

    file: str
    position: int
    event: Event
    mapped: Mapped
    now: Answer | None = None
    proposed: Answer | None = None
    agreement: Agreement | None = None
    change: Change | None = None
    missing: Reason | None = None

    @property
    def reason(self) -> Reason | None:
        """Why the event is not evaluated."""
        return self.mapped.reason or self.missing

    @property
    def request(self) -> int:
        """The index of the request to show: the one that decides, of the proposed store where access changes."""
        if self.proposed is not None and self.change not in (None, Change.UNCHANGED):
            return self.proposed.request
        return self.now.request if self.now is not None else 0


@dataclass(slots=True)
class Side:
    """One store: its engine, the tags of its users if at hand, which principals it knows, its kinds of policy."""

    engine: Engine
    unknown: Any
    tags: UserTags | None = None
    known: dict[str, bool] = field(default_factory=dict)
    kinds: frozenset[str] = field(init=False)
    own: Known = field(init=False)

    def __post_init__(self) -> None:
        self.own = Known(self.knows, [self.engine.table])
        self.kinds = IN_EVERY_STORE.union(statement.kind for statement in self.engine.statements)

    def knows(self, principal: str) -> bool:
        """Tell whether the store has the principal; the answer is kept, for logs repeat them."""
        answer = self.known.get(principal)
        if answer is None:
            answer = self.engine.knows(principal)
            if len(self.known) < 100_000:
                self.known[principal] = answer
        return answer

    def answer(self, rows: Sequence[Row]) -> list[Answer | None]:
        """Decide the requests of each row; one whose principal the store lacks is denied, for nothing allows it."""
        answers: list[Answer | None] = []
        requests: list[Tuple | dict[str, Any]] = []
        starts: list[int] = []
        for row in rows:
            principal = row.mapped.principal
            starts.append(len(requests))
            if not row.mapped.requests or principal is None:
                answers.append(None)
            elif not self.knows(principal):
                answers.append(Answer(Decision.IMPLICIT_DENY))
            else:
                answers.append(None)
                own = self.tags.context_of(principal) if self.tags is not None else {}
                asked, endpoint = row.mapped.asked, row.mapped.endpoint if self.own.endpoint_count else None
                for one in row.mapped.requests:
                    context = {**one.context, **own} if own else one.context
                    if endpoint is None and one.account is None:
                        requests.append((asked, one.action, one.resource, context))
                    else:
                        requests.append(_with_sides(asked, one, context, endpoint))
        starts.append(len(requests))
        if not requests:
            return answers
        result = self.engine.authorize_batch(requests, unknown=self.unknown)
        decisions = [DECISIONS[number] for number in result.decision.tolist()]
        statements = result.statement.tolist()
        for index, (start, stop) in enumerate(pairwise(starts)):
            if start < stop:
                if rows[index].mapped.is_open:
                    self._keep_what_is_sure(rows[index].mapped.requests, start, decisions, statements)
                decided = combine(decisions[start:stop])
                where = start + decided
                decision = decisions[where]
                if decision is Decision.UNKNOWN:
                    missing = rows[index].mapped.requests[decided].missing
                    keys = () if missing is not None else tuple(result.unknown_keys(where))
                    answers[index] = Answer(decision, decided, -1, keys, missing)
                else:
                    answers[index] = Answer(decision, decided, statements[where])
        return answers

    def _keep_what_is_sure(
        self, requests: Sequence[Request], start: int, decisions: list[Decision], statements: list[int]
    ) -> None:
        """Correct decisions that rest on a policy which is not in this store.

        One that no store has could grant, or could allow nothing, but never lift a Deny.
        """
        for index, request in enumerate(requests, start):
            if decisions[index] is Decision.EXPLICIT_DENY:
                continue
            if request.missing is not None:
                decisions[index], statements[index] = Decision.UNKNOWN, -1


def _with_sides(asked: str, request: Request, context: Any, endpoint: str | None) -> dict[str, Any]:
    """Write a request with the owner of its resource and the endpoint that it passes."""
    row = {"principal": asked, "action": request.action, "resource": request.resource, "context": context}
    if request.account is not None:
        row["resource_account"] = request.account
    if endpoint is not None:
        row["endpoint"] = endpoint
    return row


def evaluate(rows: Sequence[Row], now: Side, proposed: Side | None) -> None:
    """Fill in the answers of a batch, the agreement with the log and the change."""
    for row, answer in zip(rows, now.answer(rows), strict=True):
        if answer is not None and answer.missing is not None:
            row.missing = answer.missing
            continue
        row.now = answer
        if answer is not None:
            row.agreement = agreement_of(answer.decision, row.mapped.recorded, now.kinds)
    if proposed is None:
        return
    for row, answer in zip(rows, proposed.answer(rows), strict=True):
        if row.missing is not None:
            continue
        row.proposed = answer
        if answer is not None and row.now is not None:
            row.change = change_of(row.now.decision, answer.decision)
