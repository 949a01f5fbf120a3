"""From JSON text to a table, each time in a fresh process."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from .loading import CASES, SMALL_CASES
from .measure import Calibration

ROUNDS = {"one statement": 7, "example store": 5, "S": 5, "M": 3, "L": 1}
CHANGE_ROUNDS = 3


@pytest.mark.parametrize("case", CASES)
def bench_compile(benchmark: Any, calibration: Calibration, pytestconfig: pytest.Config, case: str) -> None:
    """Processor time is the figure: what takes a minute is never left alone on a shared machine."""
    is_quick = pytestconfig.getoption("--quick")
    if case not in SMALL_CASES and case[0] not in ("S" if is_quick else pytestconfig.getoption("--sizes")):
        pytest.skip("size not chosen")
    found: list[dict[str, Any]] = []

    def load() -> None:
        command = [sys.executable, "-m", "benchmarks.loading", case]
        done = subprocess.run(command, cwd=Path(__file__).parent.parent, check=True, capture_output=True, text=True)
        found.append(json.loads(done.stdout))

    def settle() -> None:
        calibration.wait_for_quiet()

    benchmark.pedantic(load, setup=settle, rounds=1 if is_quick else ROUNDS.get(case, CHANGE_ROUNDS))
    benchmark.extra_info.update(bench="compile", case=case, loads=found)
