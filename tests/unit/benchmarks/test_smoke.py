"""A quick run of the benchmarks: everybody decides alike, and the result has its shape."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], str]:
    """Return result and output of a quick run."""
    pytest.importorskip("pytest_benchmark")
    target = tmp_path_factory.mktemp("bench") / "result.json"
    command = [sys.executable, "-m", "benchmarks", "--quick", "-o", str(target)]
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
    """Plain Python and, where installed, Cedar decide every request as gatewright does."""
    disagreements = run[0]["worlds"]["S"]["disagreements"]
    assert {"gatewright", "plain", "regex", "bit-set"} <= disagreements.keys()
    assert {name: found for name, found in disagreements.items() if found} == {}


def test_every_contender_is_measured(run: tuple[dict[str, Any], str]) -> None:
    """Each task has all its contenders, with durations, rounds, and the ratio to the base."""
    results = run[0]["results"]
    measured = {(one["bench"], one["of"], one["contender"]): one for one in results}
    for contender in ("gatewright", "plain", "regex", "bit-set"):
        assert measured["single", "sample", contender]["requests"] == 60
    for form in ("list of tuples", "dict of lists"):
        assert measured["batch", "trace", form]["requests"] == 200
    assert measured["single", "sample", "gatewright"]["ratio"] == 1
    for one in results:
        assert one["ns"] > 0 and one["lowest_turn_ns"] <= one["highest_turn_ns"]
        assert 0 <= one["quiet_rounds"] <= one["rounds"]


def test_loading_is_measured(run: tuple[dict[str, Any], str]) -> None:
    """One statement, the example store and S are compiled from text."""
    loads = {(load["case"], load["contender"]): load for load in run[0]["loads"]}
    assert loads["one statement", "gatewright"]["statements"] == 1
    assert loads["S", "gatewright"]["statements"] == 60
    assert loads["example store", "gatewright"]["table_bytes"] > 1_000
    assert loads["S", "bit-set"]["cpu_seconds"] > 0


def test_tables_are_printed(run: tuple[dict[str, Any], str]) -> None:
    """The figures are printed as tables."""
    assert "### One request at a time, the sample" in run[1]
    assert "### From JSON text to ready" in run[1]
