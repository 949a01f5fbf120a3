"""The parts of the benchmarks: workloads, rounds, page."""

from __future__ import annotations

import json

import pytest
from benchmarks import contenders
from benchmarks.measure import Round, value_of
from benchmarks.page import BEGIN, END, PAGE, newest_result, show_time, write_page
from benchmarks.plain import (
    ALLOW,
    EXPLICIT_DENY,
    IMPLICIT_DENY,
    BitSetEvaluator,
    Context,
    PlainEvaluator,
    RegexEvaluator,
)
from benchmarks.workloads import make_workload


def test_workload_follows_from_the_seed() -> None:
    """The same seed gives the same policies and requests, another one others."""
    one, again, other = make_workload("S", 50), make_workload("S", 50), make_workload("S", 50, seed=1)
    assert one.texts == again.texts and one.requests() == again.requests()
    assert one.texts != other.texts and one.requests() != other.requests()


def test_policies_do_not_depend_on_the_number_of_requests() -> None:
    """A longer trace is one over the same policies and principals."""
    short, long = make_workload("S", 10), make_workload("S", 1_000)
    assert short.texts == long.texts and short.principals == long.principals


def test_workload_has_its_size() -> None:
    """M has what the documents say."""
    workload = make_workload("M", 10)
    assert len(workload.principals) == 1_000
    assert 1_400 <= workload.statement_count <= 1_600


def test_quiet_rounds_count_alone() -> None:
    """Where a part has quiet rounds, the others are left out; parts are added up."""
    rounds = [Round(0, 10, 9, True), Round(0, 99, 9, False), Round(1, 20, 19, True), Round(1, 22, 19, True)]
    assert value_of(rounds) == (10 + 21, True)


def test_processor_time_stands_in() -> None:
    """A part without any quiet round is counted by its processor time, and that is said."""
    assert value_of([Round(0, 10, 9, True), Round(1, 50, 7, False)]) == (10 + 7, False)


@pytest.mark.parametrize("evaluator", [PlainEvaluator, RegexEvaluator, BitSetEvaluator])
def test_plain_evaluators_refuse_what_they_do_not_know(evaluator: type[PlainEvaluator]) -> None:
    """An operator outside the workloads is refused, not taken as false."""
    condition = {"NumericLessThan": {"aws:MultiFactorAuthAge": "60"}}
    statement = {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition}
    with pytest.raises(ValueError, match="unknown operator `NumericLessThan`"):
        evaluator({"me": [{"Statement": statement}]}).decide("me", "s3:GetObject", "*", {"aws:MultiFactorAuthAge": "1"})


@pytest.mark.parametrize("evaluator", [PlainEvaluator, RegexEvaluator, BitSetEvaluator])
def test_missing_keys_make_conditions_false(evaluator: type[PlainEvaluator]) -> None:
    """A condition on a key that the request lacks does not hold."""
    condition = {"Bool": {"aws:SecureTransport": "false"}}
    statement = {"Effect": "Deny", "Action": "S3:get*", "Resource": "*", "Condition": condition}
    decide = evaluator({"me": [{"Statement": [statement]}]}).decide
    assert decide("me", "s3:GetObject", "*", {}) == IMPLICIT_DENY
    assert decide("me", "s3:GetObject", "*", {"aws:SecureTransport": "false"}) == EXPLICIT_DENY


class _NeverDenies(PlainEvaluator):
    """Wrong on purpose."""

    def decide(self, principal: str, action: str, resource: str, context: Context) -> int:
        return min(super().decide(principal, action, resource, context), ALLOW)


def test_a_wrong_contender_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever decides otherwise is listed with the requests, before anything is timed."""
    monkeypatch.setattr(contenders, "EVALUATORS", {"right": PlainEvaluator, "wrong": _NeverDenies})
    monkeypatch.setattr(contenders.cedar, "is_available", lambda: False)
    world = contenders.World("S", 40, 60)
    try:
        assert world.disagreements["gatewright"] == world.disagreements["right"] == []
        denied = [number for number, decision in enumerate(world.decisions) if decision == EXPLICIT_DENY]
        assert denied and world.disagreements["wrong"] == [(number, EXPLICIT_DENY, ALLOW) for number in denied]
    finally:
        world.close()


def test_durations_have_units() -> None:
    """A duration is shown with three digits and the unit that fits."""
    shown = [show_time(value) for value in (7.25, 1_830, 4.2e6, 6.1e10)]
    assert shown == ["7.25 ns", "1.83 µs", "4.2 ms", "61 s"]


def test_page_is_the_newest_result() -> None:
    """docs/benchmarks.md holds what `python -m benchmarks.page` writes from the newest stored result."""
    path = newest_result()
    text = PAGE.read_text(encoding="utf-8")
    assert write_page(text, json.loads(path.read_text(encoding="utf-8")), path.name) == text


def test_stored_results_are_complete_runs() -> None:
    """What is stored was measured at all sizes, with a header, and with equal decisions."""
    for path in newest_result().parent.glob("*.json"):
        result = json.loads(path.read_text(encoding="utf-8"))
        assert result["header"]["quick"] is False and len(result["header"]["commit"]) == 40, path.name
        assert list(result["worlds"]) == ["S", "M", "L"], path.name
        assert isinstance(result["noisy"], bool), path.name


def test_page_without_markers_is_refused() -> None:
    """A page that lacks its markers is left alone."""
    with pytest.raises(ValueError, match="lacks the line"):
        write_page(f"{BEGIN} and no end", {}, "x.json")
    assert END not in BEGIN
