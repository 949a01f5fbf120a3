"""The stubs of the extension modules say what the modules have."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    "name", ["_table", "_handles", "_engine", "_asker", "_explain", "_values", "_columns", "_batch", "_rows"]
)
def test_stub_fits(name: str, tmp_path: Path) -> None:
    """stubtest of mypy finds no difference."""
    pytest.importorskip("mypy")
    command = [sys.executable, "-m", "mypy.stubtest", f"gatewright.runtime.{name}"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
