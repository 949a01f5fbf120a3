"""From JSON text to a table, each time in a fresh process; and what two rivals take to prepare the same policies."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from . import cedar
from .loading import CASES
from .measure import Calibration
from .workloads import SIZES

ROUNDS = {"one statement": 7, "example store": 5, "S": 5, "M": 3, "L": 1}
RIVALS = ("bit-set", "cedar")
PAIRS = [(name, case) for case in CASES for name in ("gatewright", *(RIVALS if case in SIZES else ()))]


@pytest.mark.parametrize(("contender", "case"), PAIRS)
def bench_compile(
    benchmark: Any, calibration: Calibration, pytestconfig: pytest.Config, contender: str, case: str
) -> None:
    """Processor time is the figure: what takes a minute is never left alone on a shared machine."""
    if contender == "cedar" and not cedar.is_available():
        pytest.skip("cedarpy is not installed")
    is_quick = pytestconfig.getoption("--quick")
    if case in SIZES and case not in ("S" if is_quick else pytestconfig.getoption("--sizes")):
        pytest.skip("size not chosen")
    found: list[dict[str, Any]] = []

    def load() -> None:
        command = [sys.executable, "-m", "benchmarks.loading", contender, case]
        done = subprocess.run(command, cwd=Path(__file__).parent.parent, check=True, capture_output=True, text=True)
        found.append(json.loads(done.stdout))

    def settle() -> None:
        calibration.wait_for_quiet()

    benchmark.pedantic(load, setup=settle, rounds=1 if is_quick else ROUNDS[case])
    benchmark.extra_info.update(bench="compile", case=case, contender=contender, loads=found)
