"""A summary -> titled tables for people, which the terminal and the report show alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from .compare import Agreement, Change, Decision
from .evaluate import Engine
from .logs import Reading
from .reasons import Reason
from .summary import TOP, URGENCY, Summary, Tally, never_used, some


class Section(NamedTuple):
    """A titled table; figures may be drawn as bars, and long rows take several lines on a terminal."""

    title: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    note: str = ""
    has_bars: bool = False
    is_tall: bool = False


def sections_of(summary: Summary, reading: Reading, engine: Engine, top: int = TOP) -> list[Section]:
    """Lay the counts out, most important first; empty sections are left out."""
    unused, statement_count = never_used(summary, engine)
    sections = [
        Section("Changes under the proposed store", _COUNT, _counts(summary.changes, Change), has_bars=True),
        _changes(summary, top),
        Section("Decisions", _COUNT, _counts(summary.decisions, Decision), has_bars=True),
        Section("Agreement with the log", _COUNT, _counts(summary.agreements, Agreement), has_bars=True),
        _disagreements(summary, top),
        Section("Not evaluated", _COUNT, _counts(summary.reasons, Reason), has_bars=True),
        _top("Not evaluated, by event", ("events", "reason", "event"), summary.unmapped_events, top),
        _top("Principals not in the store", ("events", "principal"), summary.missing_principals, top),
        _top("Denied most, by principal", ("events", "principal"), summary.denied_principals, top),
        _top("Denied most, by action", ("events", "action"), summary.denied_actions, top),
        _top("Keys that would settle unknown decisions", ("events", "key"), summary.unknown_keys, top),
        Section(
            "Statements that decided no event",
            ("statement",),
            [(_short(name),) for name in unused[:top]],
            f"{len(unused):,} of {statement_count:,} statements" if unused else "",
        ),
        Section(
            "Could not be read",
            ("where", "why"),
            [
                (problem.file if problem.position is None else f"{problem.file}:{problem.position}", problem.reason)
                for problem in reading.problems[:top]
            ],
            f"{reading.problem_count:,} files, lines or records" if reading.problem_count else "",
        ),
    ]
    return [section for section in sections if section.rows]


_COUNT = ("events", "")
_VERDICTS: dict[str, str] = {
    Change.REVOKED: "bad",
    Change.GAINED: "good",
    Change.MAYBE_REVOKED: "open",
    Change.MAYBE_GAINED: "open",
    Agreement.ALLOWED_BUT_DENIED: "bad",
    Agreement.DENIED_BUT_ALLOWED: "bad",
}


def verdict_of(section: Section, column: int, text: str) -> str:
    """Tell whether a cell says something ``good``, ``bad`` or ``open``; an empty text if none of them."""
    # A name from a log may read like a kind, so the column counts too.
    is_kind = column == 1 and section.columns[1] in ("", "change", "kind")
    return _VERDICTS.get(text, "") if is_kind else ""


def _counts(counts: Counter[Any], order: Any) -> list[tuple[str, ...]]:
    return [(f"{counts[kind]:,}", kind.value) for kind in order if counts[kind]]


def _top(title: str, names: tuple[str, ...], tally: Tally[Any], top: int) -> Section:
    entries = [((key,) if isinstance(key, str) else key, count) for key, count in tally.top(top)]
    rows = [(f"{count:,}", *map(_short, key)) for key, count in entries]
    return Section(title, names, rows, _more(len(tally.counts), tally.others, top))


def _changes(summary: Summary, top: int) -> Section:
    changed = [((key.change, key.now, key.proposed), key, count) for key, count in summary.changed.counts.items()]
    groups = sorted(_grouped(changed), key=lambda group: URGENCY[group.key[0]])
    rows = [
        (f"{group.count:,}", group.key[0].value, *group.who_and_what(top), _short(group.key[1]), _short(group.key[2]))
        for group in groups[:top]
    ]
    columns = ("events", "change", "principals", "actions", "now", "proposed")
    note = _more(len(groups), summary.changed.others, top)
    return Section("What changes", columns, rows, note, is_tall=True)


def _disagreements(summary: Summary, top: int) -> Section:
    found = [((key.kind, key.decided_by), key, count) for key, count in summary.disagreements.counts.items()]
    groups = _grouped(found)
    rows = [
        (f"{group.count:,}", group.key[0], *group.who_and_what(top), _short(group.key[1])) for group in groups[:top]
    ]
    columns = ("events", "kind", "principals", "actions", "decided by")
    return Section("Disagreements", columns, rows, _more(len(groups), summary.disagreements.others, top), is_tall=True)


class _Group:
    """Events of which a person would say the same, with whom and what they are about."""

    def __init__(self, key: Any) -> None:
        self.key = key
        self.count = 0
        self.principals: Counter[str] = Counter()
        self.actions: Counter[str] = Counter()

    def who_and_what(self, top: int) -> tuple[str, str]:
        """Name the principals and the actions, most frequent first."""
        return some(_names(self.principals), top // 2), some(_names(self.actions), top // 2)


def _grouped(entries: list[tuple[Any, Any, int]]) -> list[_Group]:
    """Put the entries of one key together; the largest group comes first, equal ones in the order of their names."""
    groups: dict[Any, _Group] = {}
    for key, entry, count in entries:
        group = groups.setdefault(key, _Group(key))
        group.count += count
        group.principals[_short(entry.principal)] += count
        group.actions[entry.action] += count
    return sorted(groups.values(), key=lambda group: (-group.count, str(group.key)))


def _names(counts: Counter[str]) -> list[str]:
    return sorted(counts, key=lambda name: (-counts[name], name))


def _more(count: int, others: int, top: int) -> str:
    parts = [f"{count - top:,} more" if count > top else ""]
    parts.append(f"{others:,} events of others, not told apart" if others else "")
    return "; ".join(part for part in parts if part)


def _short(name: str) -> str:
    """Leave out of an IAM ARN what is the same in each; outputs for programs have it whole."""
    return name.removeprefix("arn:aws:iam::")


def headline(summary: Summary, reading: Reading) -> str:
    """Say in one line what was read and decided."""
    repeated = f", {reading.duplicates:,} delivered twice" if reading.duplicates else ""
    skipped = f", digest files skipped: {reading.digests:,}" if reading.digests else ""
    skipped += f", other files left out: {reading.other_files:,}" if reading.other_files else ""
    return (
        f"{summary.events:,} events in {reading.files:,} files{repeated}{skipped}; "
        f"{summary.evaluated:,} evaluated as {summary.requests:,} requests"
    )
