"""Compares the answers of an implementation with the suite: `python -m conformance.compare ANSWERS.jsonl` in `tests/`.

An answer is a JSON object on a line: `id` and `got`; and `layer`, `statement`, `unknown` if they are told.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TextIO

from .suite import read_vectors

DECISIONS: Final = ("allow", "explicit_deny", "implicit_deny", "unknown", "refused")
MOST_SHOWN: Final = 20
"""Disagreements that are printed for one rule."""


class AnswerError(Exception):
    """A line that is no answer, with the reason."""


@dataclass
class Report:
    """Agreements, disagreements and missing answers, by rule; those of uncertain vectors apart."""

    agreed: Counter[str] = field(default_factory=Counter)
    missing: Counter[str] = field(default_factory=Counter)
    disagreed: dict[str, list[str]] = field(default_factory=dict)
    uncertain_agreed: int = 0
    uncertain_disagreed: list[str] = field(default_factory=list)

    @property
    def is_conformant(self) -> bool:
        """Tell whether every vector was answered and no certain one otherwise than expected."""
        return not self.disagreed and not self.missing


def read_answers(lines: Iterable[str], known: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Read the answers by id.

    Raises
    ------
    AnswerError
        A line is no answer, or its id is unknown or answered twice.
    """
    answers: dict[str, Mapping[str, Any]] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            answer = json.loads(line)
        except (ValueError, RecursionError):
            raise AnswerError(f"line {number} is not JSON; one answer stands on a line") from None
        if not isinstance(answer, dict) or not isinstance(answer.get("id"), str):
            raise AnswerError(f"line {number} has no `id`; an answer is an object with `id` and `got`")
        name = answer["id"]
        if name not in known:
            raise AnswerError(f"line {number}: no vector has the id `{name}`")
        if name in answers:
            raise AnswerError(f"line {number}: `{name}` is answered twice")
        if answer.get("got") not in DECISIONS:
            raise AnswerError(f"line {number}: `got` of `{name}` is none of {', '.join(DECISIONS)}")
        answers[name] = answer
    return answers


def difference(vector: Mapping[str, Any], answer: Mapping[str, Any]) -> str | None:
    """Return how an answer differs from what a vector expects; what the answer does not tell is not compared."""
    got = answer["got"]
    if got == "refused" and "refusable" in vector:
        return None
    if got != vector["expect"]:
        return f"expected {vector['expect']}, got {got}"
    reason = vector.get("expect_reason", {})
    for member in ("layer", "statement"):
        if member in reason and answer.get(member) is not None and answer[member] != reason[member]:
            return f"expected {member} {reason[member]}, got {answer[member]}"
    told = answer.get("unknown")
    if told is not None and got == "unknown":
        if not isinstance(told, list) or sorted(str(key).lower() for key in told) != vector["expect_unknown"]:
            return f"expected unknown keys {vector['expect_unknown']}, got {told}"
    return None


def compare(vectors: Sequence[Mapping[str, Any]], lines: Iterable[str]) -> Report:
    """Compare answers with vectors; see `read_answers` for what it raises."""
    answers = read_answers(lines, {vector["id"]: vector for vector in vectors})
    report = Report()
    for vector in vectors:
        rule, is_certain = vector["rule"], vector.get("certain") is not False
        answer = answers.get(vector["id"])
        if answer is None:
            report.missing[rule] += 1
            continue
        found = difference(vector, answer)
        if found is None and is_certain:
            report.agreed[rule] += 1
        elif found is None:
            report.uncertain_agreed += 1
        elif is_certain:
            report.disagreed.setdefault(rule, []).append(f"{vector['id']}: {found} ({vector['why']})")
        else:
            report.uncertain_disagreed.append(f"{vector['id']}: {found} ({vector['uncertain_reason']})")
    return report


def print_report(report: Report, out: TextIO) -> None:
    """Print a report: a line per rule, and the first disagreements of each."""
    rules = sorted({*report.agreed, *report.disagreed, *report.missing}, key=lambda rule: int(rule[1:]))
    for rule in rules:
        listed = report.disagreed.get(rule, [])
        missing = f", {report.missing[rule]} without an answer" if report.missing[rule] else ""
        print(f"{rule}: {report.agreed[rule]} agree, {len(listed)} disagree{missing}", file=out)
        for text in listed[:MOST_SHOWN]:
            print(f"  {text}", file=out)
        if len(listed) > MOST_SHOWN:
            print(f"  and {len(listed) - MOST_SHOWN} more", file=out)
    if report.uncertain_disagreed:
        print("uncertain, answered otherwise:", file=out)
        for text in report.uncertain_disagreed:
            print(f"  {text}", file=out)
    disagreed = sum(map(len, report.disagreed.values()))
    uncertain = f"uncertain: {report.uncertain_agreed} agree, {len(report.uncertain_disagreed)} do not"
    print(
        f"{report.agreed.total()} agree, {disagreed} disagree, {report.missing.total()} without an answer; {uncertain}",
        file=out,
    )


def main(arguments: Sequence[str], out: TextIO, err: TextIO) -> int:
    """Compare a file of answers, `-` for standard input, with the suite.

    Returns
    -------
    int
        0 if every vector is answered and no certain one otherwise than expected, 1 if not, 2 if the file is unreadable.
    """
    if len(arguments) != 1:
        print("usage: python -m conformance.compare ANSWERS.jsonl", file=err)
        return 2
    try:
        if arguments[0] == "-":
            report = compare(read_vectors(), sys.stdin)
        else:
            with open(arguments[0], encoding="utf-8") as lines:
                report = compare(read_vectors(), lines)
    except (AnswerError, OSError, UnicodeDecodeError) as error:
        reason = "not a text in UTF-8" if isinstance(error, UnicodeDecodeError) else error
        reason = (error.strerror or "unreadable").lower() if isinstance(error, OSError) else reason
        print(f"{arguments[0]}: error: {reason}", file=err)
        return 2
    print_report(report, out)
    return 0 if report.is_conformant else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], sys.stdout, sys.stderr))
