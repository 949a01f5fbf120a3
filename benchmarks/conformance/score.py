"""Answers -> the score of a rival: agreements, disagreements by rule, and what cannot be compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ..process import FaultError
from .mapping import Call, Inexpressible, Vector
from .process import RivalProcess
from .vectors import Case, rule_number

EXAMPLES = 5
"""Ids that are kept of each rule, reason or fault."""

DENIALS = ("explicit_deny", "implicit_deny", "deny")


class Tally:
    """Counts under names, each with the first few ids."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._examples: dict[str, list[Any]] = {}

    def add(self, name: str, example: Any) -> None:
        """Count one, and keep it if few are kept so far."""
        self._counts[name] += 1
        kept = self._examples.setdefault(name, [])
        if len(kept) < EXAMPLES:
            kept.append(example)

    def to_json(self, key: Callable[[str], Any] | None = None) -> dict[str, Any]:
        """Return count and examples of each name; the most frequent first unless a key sorts them."""
        names = sorted(self._counts, key=key or (lambda name: (-self._counts[name], name)))
        return {name: {"count": self._counts[name], "examples": self._examples[name]} for name in names}


def combine(decisions: Sequence[str]) -> str:
    """Combine the decisions of a call: allowed only if each is; the first denial of the stronger kind counts (R161)."""
    for denial in DENIALS:
        if denial in decisions:
            return denial
    return "unknown" if "unknown" in decisions else "allow"


def compare(expect: str, got: str, tells_kinds: bool) -> str:
    """Return `agree`, `kind` (denied, but the other kind of denial), `wide`, `narrow` or `other`."""
    if got not in ("allow", "unknown", *DENIALS):
        return "other"
    if got == expect or (not tells_kinds and got in DENIALS and expect in DENIALS):
        return "agree"
    if got in DENIALS and expect in DENIALS:
        return "kind"
    if got == "allow" and expect in DENIALS:
        return "wide"
    return "narrow" if expect == "allow" and got in DENIALS else "other"


def score_decisions(
    cases: Iterable[Case], map_vector: Callable[[Vector], list[Call]], process: RivalProcess, tells_kinds: bool
) -> dict[str, Any]:
    """Ask a rival all decisions and count.

    Returns
    -------
    dict
        ``expressible`` vectors are ``certain`` or ``uncertain``, and each of them agrees, disagrees, is refused or
        ends in a fault; ``disagreements`` by rule holds the certain ones only.
    """
    sums = {name: Counter[str]() for name in ("certain", "uncertain")}
    inexpressible, refused, faults, rules, unsure = Tally(), Tally(), Tally(), Tally(), Tally()
    ways: Counter[str] = Counter()
    total = 0
    for number, case in enumerate(cases):
        total += 1
        own = sums["certain" if case.is_certain else "uncertain"]
        answer = _ask(case, number, map_vector, process)
        if "inexpressible" in answer:
            inexpressible.add(answer["inexpressible"], case.id)
        elif "decisions" not in answer:
            name, tally = ("refused", refused) if "refused" in answer else ("faults", faults)
            own[name] += 1
            _count_reason(tally, answer, case)
        else:
            got = combine(answer["decisions"])
            way = compare(case.expect, got, tells_kinds)
            own["agree" if way == "agree" else "disagree"] += 1
            if way != "agree":
                (rules if case.is_certain else unsure).add(
                    case.rule, {"id": case.id, "expect": case.expect, "got": got}
                )
                ways[way] += case.is_certain
    expressible = sum(count.total() for count in sums.values())
    return {
        "vectors": total,
        "expressible": expressible,
        "inexpressible": inexpressible.to_json(),
        **{name: _sorted(counts) for name, counts in sums.items()},
        "ways": _sorted(ways),
        "disagreements": rules.to_json(rule_number),
        "uncertain_disagreements": unsure.to_json(rule_number),
        "refused": refused.to_json(),
        "faults": faults.to_json(),
    }


def score_documents(
    cases: Iterable[Case], map_vector: Callable[[Vector], list[Call]], process: RivalProcess
) -> dict[str, Any]:
    """Show a rival all documents and count by phase where it finds something.

    Any finding counts where a document is to be refused or warned about, since scales of severity differ; for a sound
    document one of a malformed document does, which drivers mark by `malformed:`.
    """
    phases: dict[str, Counter[str]] = {}
    inexpressible, faults, missed, alarms = Tally(), Tally(), Tally(), Tally()
    total = 0
    for number, case in enumerate(cases):
        total += 1
        answer = _ask(case, number, map_vector, process)
        if "inexpressible" in answer:
            inexpressible.add(answer["inexpressible"], case.id)
            continue
        own = phases.setdefault(case.expect, Counter())
        own["documents"] += 1
        if "found" not in answer:
            own["faults"] += 1
            _count_reason(faults, answer, case)
            continue
        is_sound = case.expect == "sound"
        is_found = any(not is_sound or text.startswith("malformed:") for text in answer["found"])
        own["found"] += is_found
        if not case.is_certain:
            own["uncertain"] += 1
        if is_found == is_sound:
            (alarms if is_sound else missed).add(case.rule, case.id)
    return {
        "documents": total,
        "inexpressible": inexpressible.to_json(),
        "phases": {name: dict(phases[name]) for name in ("parse", "save", "lint", "sound") if name in phases},
        "missed": missed.to_json(rule_number),
        "false_alarms": alarms.to_json(rule_number),
        "faults": faults.to_json(),
    }


def _ask(
    case: Case, number: int, map_vector: Callable[[Vector], list[Call]], process: RivalProcess
) -> Mapping[str, Any]:
    """Return the answer; ids are numbers of ours, since those of vectors need not be unique across files."""
    try:
        calls = map_vector(case.vector)
    except Inexpressible as error:
        return {"inexpressible": str(error)}
    try:
        return process.ask(str(number), calls)
    except FaultError as error:
        return {"fault": str(error), "kind": error.kind}


def _count_reason(tally: Tally, answer: Mapping[str, Any], case: Case) -> None:
    """Count why there is no decision: the kind of a fault or exception; what it said stays with the example."""
    if "kind" in answer:
        tally.add(answer["kind"], {"id": case.id, "said": answer["fault"]})
    elif "error" in answer:
        tally.add(str(answer["error"]).partition(":")[0][:80], {"id": case.id, "said": answer["error"]})
    elif "refused" in answer:
        tally.add(str(answer["refused"])[:80], {"id": case.id})
    else:
        tally.add("answer to another question", {"id": case.id})


def _sorted(counts: Counter[str]) -> dict[str, int]:
    return {name: counts[name] for name in sorted(counts) if counts[name]}
