"""The parts of the benchmarks: workloads, rounds, page."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from benchmarks.counts import count_per_request, read_dumps
from benchmarks.measure import Round, show_time, value_of
from benchmarks.page import BEGIN, END, PAGE, PLOTS, newest_result, write_page
from benchmarks.plain import (
    EXPLICIT_DENY,
    IMPLICIT_DENY,
    BitSetEvaluator,
    PlainEvaluator,
    RegexEvaluator,
)
from benchmarks.plots import draw_bars, draw_lines, draw_plots
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


def test_threads_take_no_longer_than_the_clock_says() -> None:
    """Without a quiet round, two threads are not counted one behind the other."""
    assert value_of([Round(0, 60, 100, False)]) == (60, False)


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


def test_durations_have_units() -> None:
    """A duration is shown with three digits and the unit that fits."""
    shown = [show_time(value) for value in (7.25, 1_830, 4.2e6, 6.1e10)]
    assert shown == ["7.25 ns", "1.83 µs", "4.2 ms", "61 s"]


def test_page_is_the_newest_result() -> None:
    """docs/benchmarks.md and its plots are what `python -m benchmarks.page` writes from the newest stored result."""
    path = newest_result()
    text = PAGE.read_text(encoding="utf-8")
    result = json.loads(path.read_text(encoding="utf-8"))
    assert write_page(text, result, path.name) == text
    plots = {plot.name: plot.read_text(encoding="utf-8") for plot in PLOTS.glob("*.svg")}
    assert plots == draw_plots(result)


def test_plots_are_well_formed() -> None:
    """Plots are XML, with a bar or a line for each contender, whatever its name."""
    bars = ElementTree.fromstring(draw_bars("bars", {"a & b": 5.0, "gatewright": 40_000.0}))
    assert len(bars.findall("{*}rect")) == 3 and "a & b" in {text.text for text in bars.findall("{*}text")}
    lines = ElementTree.fromstring(draw_lines("lines", ["S", "M"], {"one": {"S": 1.0, "M": 1.0}}))
    assert len(lines.findall("{*}polyline")) == 1


def test_counts_are_differences(tmp_path: Path) -> None:
    """What a request costs is two runs less one, by the labels of the dumps."""
    for number, (label, total) in enumerate({"warm|0": 9, "ask|1": 1_000, "ask|2": 1_500}.items()):
        text = f"desc: Trigger: Client Request: {label}\nevents: Ir D1mr D1mw\ntotals: {total} {total // 10} 0\n"
        (tmp_path / f"out.{number}").write_text(text, encoding="utf-8")
    counted = count_per_request(read_dumps(tmp_path), {"ask": 10})
    assert counted == {"ask": {"instructions": 50, "L1 misses": 5, "memory accesses": 0}}


def test_stored_results_are_complete_runs() -> None:
    """What is stored was measured at S, M and L at least, with a header, and with equal decisions."""
    for path in newest_result().parent.glob("*.json"):
        result = json.loads(path.read_text(encoding="utf-8"))
        assert result["header"]["quick"] is False and len(result["header"]["commit"]) == 40, path.name
        assert list(result["worlds"])[:3] == ["S", "M", "L"], path.name
        assert isinstance(result["noisy"], bool), path.name


def test_page_without_markers_is_refused() -> None:
    """A page that lacks its markers is left alone."""
    with pytest.raises(ValueError, match="lacks the line"):
        write_page(f"{BEGIN} and no end", {}, "x.json")
    assert END not in BEGIN
