"""A quick run of the benchmarks: everybody decides alike, and the result has its shape."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from benchmarks.whole import FEATURES
from hostile import make_corpus

ROOT = Path(__file__).parents[3]
OURS = ("gatewright", "plain", "regex", "bit-set", "numpy")
"""Rivals are asked in `test_peers.py`, where they are installed."""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], str]:
    """Return result and output of a quick run."""
    pytest.importorskip("pytest_benchmark")
    target = tmp_path_factory.mktemp("bench") / "result.json"
    command = [sys.executable, "-m", "benchmarks", "--quick", "--peers", ";".join(OURS), "-o", str(target)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(target.read_text()), done.stdout


def test_header_comes_first(run: tuple[dict[str, Any], str]) -> None:
    """Commit, machine, compiler and versions are printed before any figure, and stored."""
    result, output = run
    assert [line.split()[0] for line in output.splitlines()[:4]] == ["commit", "machine", "compiler", "python"]
    header = result["header"]
    assert header["quick"] is True
    assert header["machine"]["cores"] >= 1 and header["machine"]["processor"]
    assert "-O3" in header["flags"] and header["compiler"]
    assert header["packages"]["gatewright"] and header["packages"]["numpy"]


def test_world_is_told(run: tuple[dict[str, Any], str]) -> None:
    """Sizes, table bytes, checksum and the counts of each decision are stored."""
    world = run[0]["worlds"]["S"]
    assert (world["statements"], world["principals"]) == (60, 10)
    assert world["table_bytes"] > 1_000 and len(world["table_checksum"]) == 16
    assert sum(world["sample_decisions"].values()) == world["sample_requests"] == 60
    assert sum(world["trace_decisions"].values()) == world["trace_requests"] == 200
    assert set(world["trace_decisions"]) == {"ALLOW", "EXPLICIT_DENY", "IMPLICIT_DENY"}


def test_nobody_disagrees(run: tuple[dict[str, Any], str]) -> None:
    """Plain Python and numpy decide every request as gatewright does."""
    world = run[0]["worlds"]["S"]
    assert world["disagreements"] == {name: [] for name in OURS} and world["absent"] == {}


def test_every_contender_is_measured(run: tuple[dict[str, Any], str]) -> None:
    """Each task has all its contenders, with durations, rounds, and the ratio to the base."""
    results = run[0]["results"]
    measured = {(one["bench"], one["of"], one["contender"]): one for one in results}
    handles = ("gatewright, handle of the caller", "gatewright, handles of everything")
    for contender in ("gatewright", *handles, "plain", "regex", "bit-set"):
        one = measured["single", "sample", contender]
        assert one["requests"] == 60 and 0 < one["median_ns"] <= one["p99_ns"]
    for form in ("gatewright, list of tuples", "gatewright, dict of lists", "numpy, numbers"):
        assert measured["batch", "batch", form]["requests"] == 200
    assert measured["single", "sample", "gatewright"]["ratio"] == 1
    for one in results:
        assert one["ns"] > 0 and one["lowest_turn_ns"] <= one["highest_turn_ns"]
        assert 0 <= one["quiet_rounds"] <= one["rounds"]


def test_the_whole_language_is_measured(run: tuple[dict[str, Any], str]) -> None:
    """Every feature has its share, its table, and a time beside that of the base."""
    own = {one["contender"]: one for one in run[0]["results"] if one["bench"] == "whole"}
    assert list(own) == ["nothing", *FEATURES, "all of them"]
    assert own["nothing"]["shares"] == {} and set(own["all of them"]["shares"]) == set(FEATURES)
    assert all(own[name]["table_bytes"] > own["nothing"]["table_bytes"] for name in ("boundaries", "all of them"))


def test_hostile_names_are_measured(run: tuple[dict[str, Any], str]) -> None:
    """Every family was compiled, and the slowest of its names is told."""
    own = [one for one in run[0]["results"] if one["bench"] == "hostile"]
    assert [one["contender"] for one in own] == [family.name for family in make_corpus()]
    assert all(one["worst_part_ns"] >= one["ns"] > 0 and one["compile_seconds"] > 0 for one in own)


def test_peers_say_what_loading_took(run: tuple[dict[str, Any], str]) -> None:
    """Each worker tells time and memory, and which version it runs."""
    for name, facts in run[0]["worlds"]["S"]["peers"].items():
        assert facts["wall_ns"] > 0 and facts["memory_bytes"] >= 0 and facts["versions"], name


def test_loading_is_measured(run: tuple[dict[str, Any], str]) -> None:
    """One statement, the example store and S are compiled from text, S once more with a changed policy."""
    loads = {load["case"]: load for load in run[0]["loads"]}
    assert loads["one statement"]["statements"] == 1 and loads["S"]["statements"] == 60
    assert loads["example store"]["table_bytes"] > 1_000
    assert set(loads) == {"one statement", "example store", "S", "S, a condition changed"}
    assert loads["S, a condition changed"]["statements"] == 60


def test_tables_are_printed(run: tuple[dict[str, Any], str]) -> None:
    """The figures are printed as tables."""
    assert "### Decisions at size S" in run[1]
    assert "### From JSON text to a table" in run[1]
