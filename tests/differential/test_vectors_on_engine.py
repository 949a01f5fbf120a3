"""The engine on the decision vectors: every one that it evaluates is decided as expected."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gatewright.vectors import VectorResult, run_vectors

VECTORS = Path(__file__).parents[1] / "vectors"

# Vectors whose documents are refused for good, with the code that refuses them.
REFUSED = {
    "OR-095": "GW353",  # a resource control policy for every service (R36)
    "PR-061": "GW301",  # no principal part (R32)
    "RV-A-041": "GW144",  # an ARN of too few fields (R13)
    "AC-043": "GW024",  # a variable in an action (R102)
    "VA-026": "GW030",  # a malformed variable (R111)
    "SP-092": "GW107",  # no statement (R6)
}
DELIBERATE = {"VA-057", "CM-069", "RB-063"}  # uncertain, and decided otherwise: see docs/language.md (R104, R77)


def run_all() -> dict[str, VectorResult]:
    """Run all decision vectors of the repository; return the results by id."""
    results = {}
    for file in sorted(VECTORS.glob("*.jsonl")):
        if file.name != "invalid.jsonl":
            with file.open("rb") as lines:
                results.update({str(result.id): result for result in run_vectors(lines, file.name)})
    return results


@pytest.fixture(scope="module")
def results() -> dict[str, VectorResult]:
    """Return the results of one run."""
    return run_all()


def is_refused(result: VectorResult, *codes: str) -> bool:
    """Tell whether a vector's documents are refused with one of some codes."""
    return result.error is not None and any(f"[{code}]" in result.error for code in codes)


def test_engine_decides_vectors_as_expected(results: dict[str, VectorResult]) -> None:
    """No vector that is evaluated is decided otherwise, also none of the uncertain ones."""
    wrong = {result.id: str(result) for result in results.values() if result.outcome is not None and not result.is_ok}
    assert wrong.keys() == DELIBERATE, wrong


def test_vectors_are_refused_for_known_reasons(results: dict[str, VectorResult]) -> None:
    """A vector that is not run is listed with the code that refuses it."""
    refused = {id: result for id, result in results.items() if result.outcome is None}
    assert {id for id, result in refused.items() if is_refused(result, REFUSED.get(id, "?"))} == set(REFUSED)
    assert set(refused) == set(REFUSED)


def test_most_vectors_run(results: dict[str, VectorResult]) -> None:
    """Vectors are really decided: nearly all, with each of the decisions."""
    decided = [result.expect for result in results.values() if result.is_ok]
    assert len(decided) > 1300
    assert set(decided) == {"allow", "explicit_deny", "implicit_deny"}


def test_determining_statement_is_placed_in_the_line(results: dict[str, VectorResult]) -> None:
    """The statement that determined a decision is named with its policy and its place in the vector's line."""
    named = [statement for result in results.values() if result.outcome for statement in result.outcome.statements]
    assert len(named) > 700
    for statement in named:
        member = {
            "identity": r"identity\[[0-9]+\]",
            "boundary": "boundary",
            "session": r"session(\[[0-9]+\])?",
            "resource": "resource",
            "trust": "resource",
            "scp": r"scps\[[0-9]+\]\[[0-9]+\]",
            "rcp": r"rcps\[[0-9]+\]\[[0-9]+\]",
            "vpc-endpoint": r"vpce\[[0-9]+\]",
        }[str(statement["kind"])]
        assert re.fullmatch(rf"\$\.policies\.{member}\.Statement(\[[0-9]+\])?", str(statement["path"]))
