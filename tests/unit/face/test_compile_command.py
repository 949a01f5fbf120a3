"""The command that compiles."""

from __future__ import annotations

from pathlib import Path

import pytest

import gatewright as gw
from gatewright.cli import main

STORE = str(Path(__file__).parents[3] / "examples" / "store")


def test_a_limit_is_kept_or_refused_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A table that is too large becomes smaller; where it cannot, one line says how large the least one is."""
    whole, small = tmp_path / "whole", tmp_path / "small"
    assert main(["compile", STORE, "-o", str(whole)]) == 0
    limit = whole.stat().st_size - 1000
    assert main(["compile", STORE, "-o", str(small), "--max-table-bytes", str(limit)]) == 0
    assert small.stat().st_size <= limit
    assert gw.Table.open(small).statement_count == gw.Table.open(whole).statement_count
    capsys.readouterr()
    assert main(["compile", STORE, "-o", str(tmp_path / "none"), "--max-table-bytes", "100"]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "the table has at least" in error and "raise `--max-table-bytes`" in error
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("text", ["0", "-1", "1e9", "many", "9" * 30])
def test_a_limit_is_a_number_of_bytes(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What is no such number is a mistake of one line."""
    assert main(["compile", STORE, f"--max-table-bytes={text}"]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and f"`{text}`" in error
