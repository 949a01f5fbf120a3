"""Comparing an implementation's answers with the suite."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from conformance.compare import AnswerError, compare, difference, main, read_answers
from conformance.suite import read_vectors

ALL = read_vectors()


def answer_to(vector: dict[str, Any]) -> dict[str, Any]:
    """Return the expected answer."""
    answer = {"id": vector["id"], "got": vector["expect"], **vector.get("expect_reason", {})}
    return {**answer, "unknown": vector["expect_unknown"]} if "expect_unknown" in vector else answer


def run(answers: list[dict[str, Any]], folder: Path) -> tuple[int, str, str]:
    """Compare a file of answers; return the exit status and what was printed."""
    file = folder / "answers.jsonl"
    file.write_text("".join(json.dumps(answer) + "\n" for answer in answers), encoding="utf-8")
    out, err = io.StringIO(), io.StringIO()
    return main([str(file)], out, err), out.getvalue(), err.getvalue()


def test_expected_answers_agree(tmp_path: Path) -> None:
    """An implementation that answers as expected conforms."""
    status, out, err = run([answer_to(vector) for vector in ALL], tmp_path)
    certain = sum(vector.get("certain") is not False for vector in ALL)
    assert (status, err) == (0, "")
    summary = f"{certain} agree, 0 disagree, 0 without an answer; uncertain: {len(ALL) - certain} agree, 0 do not"
    assert out.splitlines()[-1] == summary


def test_disagreements_are_told_by_rule(tmp_path: Path) -> None:
    """A wrong answer is told with its rule, the expected decision and what was tried; uncertain ones do not count."""
    wrong = next(vector for vector in ALL if vector["expect"] == "allow" and "certain" not in vector)
    doubtful = next(vector for vector in ALL if vector["expect"] == "allow" and "certain" in vector)
    answers = {vector["id"]: answer_to(vector) for vector in ALL}
    answers[doubtful["id"]]["got"] = "implicit_deny"
    assert run(list(answers.values()), tmp_path)[0] == 0
    answers[wrong["id"]]["got"] = "implicit_deny"
    status, out, _ = run(list(answers.values()), tmp_path)
    assert status == 1
    assert f"  {wrong['id']}: expected allow, got implicit_deny ({wrong['why']})" in out
    assert f"  {doubtful['id']}: expected allow, got implicit_deny ({doubtful['uncertain_reason']})" in out


def test_missing_answers_are_told(tmp_path: Path) -> None:
    """A vector without an answer keeps an implementation from conforming."""
    status, out, _ = run([answer_to(vector) for vector in ALL[1:]], tmp_path)
    assert status == 1
    assert f"{ALL[0]['rule']}: " in out and ", 1 without an answer" in out


def test_only_what_is_told_is_compared() -> None:
    """Layer, statement and keys are compared where an answer has them."""
    vector = {"id": "x", "expect": "allow", "expect_reason": {"layer": "identity", "statement": [0, 1]}}
    assert difference(vector, {"got": "allow"}) is None
    assert difference(vector, {"got": "allow", "layer": "identity", "statement": [0, 1]}) is None
    assert difference(vector, {"got": "allow", "layer": "resource"}) == "expected layer identity, got resource"
    assert difference(vector, {"got": "allow", "statement": [0, 0]}) == "expected statement [0, 1], got [0, 0]"
    settled = {"id": "x", "expect": "unknown", "expect_unknown": ["aws:a", "aws:b"]}
    assert difference(settled, {"got": "unknown", "unknown": ["AWS:b", "aws:a"]}) is None
    assert difference(settled, {"got": "unknown", "unknown": ["aws:a"]}) is not None


def test_refusal_counts_where_documents_may_be_refused() -> None:
    """`refused` agrees with a vector whose documents may be refused, and with no other."""
    assert difference({"id": "x", "expect": "allow", "refusable": "odd"}, {"got": "refused"}) is None
    assert difference({"id": "x", "expect": "allow"}, {"got": "refused"}) == "expected allow, got refused"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "line 1 is not JSON; one answer stands on a line"),
        ("[" * 100_000, "line 1 is not JSON; one answer stands on a line"),
        ("[]", "line 1 has no `id`; an answer is an object with `id` and `got`"),
        ('{"id": "none", "got": "allow"}', "line 1: no vector has the id `none`"),
        (
            '{"id": "x", "got": "yes"}',
            "line 1: `got` of `x` is none of allow, explicit_deny, implicit_deny, unknown, refused",
        ),
        ('{"id": "x", "got": "allow"}\n{"id": "x", "got": "allow"}', "line 2: `x` is answered twice"),
    ],
)
def test_bad_answers_are_refused(line: str, reason: str) -> None:
    """A line that is no answer is refused with its number and what is wrong."""
    with pytest.raises(AnswerError) as caught:
        read_answers(line.split("\n"), {"x": {}})
    assert str(caught.value) == reason


def test_unreadable_files_are_told(tmp_path: Path) -> None:
    """A file that cannot be read, or is no text, is an error without a traceback."""
    out, err = io.StringIO(), io.StringIO()
    assert main([str(tmp_path / "none")], out, err) == 2
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    assert main([str(tmp_path / "bytes")], out, err) == 2
    assert main([], out, err) == 2
    messages = err.getvalue().splitlines()
    assert messages[0].endswith("none: error: no such file or directory")
    assert messages[1].endswith("bytes: error: not a text in UTF-8")
    assert messages[2] == "usage: python -m conformance.compare ANSWERS.jsonl"


def test_uncertain_vectors_are_counted_apart() -> None:
    """What the documentation leaves open is no disagreement, whichever way it is answered."""
    vector = {"id": "x", "rule": "R1", "why": "", "expect": "allow", "certain": False, "uncertain_reason": "silent"}
    for got in ("allow", "implicit_deny"):
        report = compare([vector], [json.dumps({"id": "x", "got": got})])
        assert report.is_conformant
        assert report.uncertain_agreed + len(report.uncertain_disagreed) == 1
