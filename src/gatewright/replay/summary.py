"""Rows -> counts, and the counts as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, NamedTuple, TypeVar

from .compare import Agreement, Change, Decision
from .evaluate import Answer, Engine, Row
from .logs import Reading
from .outcome import Outcome
from .reasons import Reason

TALLY_LIMIT = 20_000
"""Distinct things counted one by one in a tally; a log may hold any number of invented names."""
TOP = 10
LISTED = 200
"""Entries of a list in the JSON form and the report; the counts beside it are complete."""

Key = TypeVar("Key", bound=Hashable)


class Tally(Generic[Key]):
    """Counts of things of which there may be very many; what comes after the limit is counted as a whole."""

    def __init__(self) -> None:
        self.counts: Counter[Key] = Counter()
        self.others: int = 0

    def add(self, key: Key) -> None:
        """Count one."""
        if key in self.counts or len(self.counts) < TALLY_LIMIT:
            self.counts[key] += 1
        else:
            self.others += 1

    def top(self, count: int) -> list[tuple[Key, int]]:
        """Return the most frequent, by count and then by name."""
        return sorted(self.counts.items(), key=lambda item: (-item[1], str(item[0])))[:count]


class Disagreement(NamedTuple):
    """A kind of disagreement with the log: the same principal, action and statement."""

    kind: str
    principal: str
    action: str
    decided_by: str


class Changed(NamedTuple):
    """A kind of change: the same principal, action and statements on both sides."""

    change: Change
    principal: str
    action: str
    now: str
    proposed: str


@dataclass(slots=True)
class Summary:
    """Everything that a replay counts."""

    has_proposed: bool
    events: int = 0
    evaluated: int = 0
    requests: int = 0
    decisions: Counter[Decision] = field(default_factory=Counter)
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    agreements: Counter[Agreement] = field(default_factory=Counter)
    reasons: Counter[Reason] = field(default_factory=Counter)
    changes: Counter[Change] = field(default_factory=Counter)
    denied_principals: Tally[str] = field(default_factory=Tally)
    denied_actions: Tally[str] = field(default_factory=Tally)
    disagreements: Tally[Disagreement] = field(default_factory=Tally)
    unknown_keys: Tally[str] = field(default_factory=Tally)
    missing_principals: Tally[str] = field(default_factory=Tally)
    unmapped_events: Tally[tuple[str, str]] = field(default_factory=Tally)
    changed: Tally[Changed] = field(default_factory=Tally)
    used: set[int] = field(default_factory=set)

    def add(self, row: Row, now: Engine, proposed: Engine | None) -> None:
        """Count one row."""
        self.events += 1
        mapped = row.mapped
        if row.now is None or not mapped.requests:
            reason = row.reason or Reason.NO_ACTION
            self.reasons[reason] += 1
            if reason is Reason.NOT_IN_STORE:
                self.missing_principals.add(mapped.principal or "")
            name = f"{(row.event.event_source or '?').removesuffix('.amazonaws.com')}:{row.event.event_name or '?'}"
            self.unmapped_events.add((reason.value, name))
            return
        self.evaluated += 1
        self.requests += len(mapped.requests)
        self.decisions[row.now.decision] += 1
        self.outcomes[mapped.recorded.outcome] += 1
        principal, action = mapped.principal or "", mapped.requests[row.now.request].action
        if row.agreement is not None:
            self.agreements[row.agreement] += 1
            if row.agreement in (Agreement.ALLOWED_BUT_DENIED, Agreement.DENIED_BUT_ALLOWED, Agreement.OTHER_POLICY):
                name = statement_name(row.now, now)
                self.disagreements.add(Disagreement(row.agreement.value, principal, action, name))
        if row.now.statement >= 0:
            self.used.add(row.now.statement)
        if row.now.decision in (Decision.EXPLICIT_DENY, Decision.IMPLICIT_DENY):
            self.denied_principals.add(principal)
            self.denied_actions.add(action)
        for key in row.now.unknown_keys:
            self.unknown_keys.add(key)
        if row.change is not None and proposed is not None and row.proposed is not None:
            self.changes[row.change] += 1
            if row.change is not Change.UNCHANGED:
                shown = mapped.requests[row.request].action
                names = (statement_name(row.now, now), statement_name(row.proposed, proposed))
                self.changed.add(Changed(row.change, principal, shown, *names))


def statement_name(answer: Answer, engine: Engine) -> str:
    """Say what decided, for a person."""
    if answer.statement >= 0:
        return _label(engine.statement(answer.statement))
    if answer.missing is not None:
        return answer.missing.value
    if answer.decision is Decision.UNKNOWN:
        keys = answer.unknown_keys
        return f"it depends on {some(keys, 3)}" if keys else "a pattern with variables takes too long to match"
    return "no statement allows it" if answer.decision is Decision.IMPLICIT_DENY else "no statement is needed"


def _label(info: Any) -> str:
    """Name a statement by its policy and its sid, or its number there, from 1, where it has none."""
    return f"{info.policy} [{info.sid or f'statement {info.position + 1}'}]"


def some(names: Sequence[str], limit: int) -> str:
    """Write the first few names and how many others there are."""
    more = f" and {len(names) - limit:,} more" if len(names) > limit else ""
    return ", ".join(names[:limit]) + more


def never_used(summary: Summary, engine: Engine) -> tuple[list[str], int]:
    """Name the statements that determined no decision; and tell how many statements there are."""
    statements = engine.statements
    unused = [_label(info) for index, info in enumerate(statements) if index not in summary.used]
    return unused, len(statements)


URGENCY = {Change.REVOKED: 0, Change.GAINED: 1, Change.MAYBE_REVOKED: 2, Change.MAYBE_GAINED: 3, Change.UNKNOWN: 4}
"""Order of the changes in a list."""


def _first_revoked(changed: Tally[Changed], top: int) -> list[tuple[Changed, int]]:
    ordered = changed.top(len(changed.counts))
    return sorted(ordered, key=lambda item: URGENCY[item[0].change])[:top]


def as_json(summary: Summary, reading: Reading, engine: Engine, exit_code: int) -> dict[str, Any]:
    """Return the summary for programs (docs/replay.md)."""
    unused, statement_count = never_used(summary, engine)
    value: dict[str, Any] = {
        "exit_code": exit_code,
        "logs": {
            "files": reading.files,
            "digest_files": reading.digests,
            "other_files": reading.other_files,
            "events": reading.events,
            "duplicates": reading.duplicates,
            "problems": reading.problem_count,
            "problem_list": [
                {"file": problem.file, "position": problem.position, "reason": problem.reason}
                for problem in reading.problems[:LISTED]
            ],
        },
        "events": summary.events,
        "evaluated": summary.evaluated,
        "requests": summary.requests,
        "decisions": {kind.value: summary.decisions[kind] for kind in Decision},
        "outcomes": {kind.value: summary.outcomes[kind] for kind in Outcome},
        "agreement": {kind.value: summary.agreements[kind] for kind in Agreement},
        "disagreements": _listed(summary.disagreements, ("kind", "principal", "action", "decided_by")),
        "not_evaluated": {kind.value: summary.reasons[kind] for kind in Reason if summary.reasons[kind]},
        "not_evaluated_events": _listed(summary.unmapped_events, ("reason", "event")),
        "principals_not_in_store": _listed(summary.missing_principals, ("principal",)),
        "denied_principals": _listed(summary.denied_principals, ("principal",)),
        "denied_actions": _listed(summary.denied_actions, ("action",)),
        "unknown_keys": _listed(summary.unknown_keys, ("key",)),
        "statements": statement_count,
        "statements_never_used": {"count": len(unused), "list": unused[:LISTED]},
    }
    if summary.has_proposed:
        value["changes"] = {kind.value: summary.changes[kind] for kind in Change}
        rows = _first_revoked(summary.changed, LISTED)
        value["changed"] = [{**key._asdict(), "events": count} for key, count in rows]
    return value


def _listed(tally: Tally[Any], names: tuple[str, ...]) -> list[dict[str, Any]]:
    return [
        {**dict(zip(names, (key,) if isinstance(key, str) else key, strict=True)), "events": count}
        for key, count in tally.top(LISTED)
    ]
