"""Tables in which principals share rows: no answer depends on how the cells are laid out."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from engine import ask_engine, ask_engine_in_batch, ask_reference, policy_set
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sharing import into_groups, sharing_rows
from strategies import Request, World, requests, worlds

import gatewright as gw
from gatewright.compiler import fit, incremental
from gatewright.vectors import run_vectors

VECTORS = Path(__file__).parents[1] / "vectors"
CONFORMANCE = Path(__file__).parents[1] / "conformance" / "vectors"
SAMPLE = 17
"""Of the suites every so many vectors are run."""


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(worlds(), st.lists(requests(), min_size=1, max_size=8), st.sampled_from((0, 1 << 20)))
def test_shared_rows_agree_with_the_reference(world: World, asked: list[Request], own_cells: int) -> None:
    """However policies are spread over groups, every request is decided as by the reference, alone and in a batch."""
    with sharing_rows(own_cells):
        authorizer = gw.Authorizer(gw.compile(into_groups(policy_set(world))))
    expected = [ask_reference(world, request) for request in asked]
    assert [ask_engine(authorizer, request) for request in asked] == expected
    assert ask_engine_in_batch(authorizer, asked) == expected


def outcomes(file: Path) -> list[str]:
    with file.open("rb") as lines:
        return [str(result) for result in run_vectors(islice(lines, 0, None, SAMPLE), file.name)]


@pytest.mark.parametrize("own_cells", [0, 1 << 20])
@pytest.mark.parametrize(
    "file", [*sorted(VECTORS.glob("*.jsonl")), *sorted(CONFORMANCE.glob("*.jsonl"))], ids=lambda file: file.name
)
def test_shared_rows_decide_vectors_the_same(file: Path, own_cells: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each vector has the same result, with statement and layer, whether or not principals share rows."""
    whole = outcomes(file)
    written: list[int] = []

    def write(*args: Any) -> bytes:
        written.append(1)
        with sharing_rows(own_cells):
            return fit.write_fitting_table(into_groups(args[0]), *args[1:])

    monkeypatch.setattr(incremental, "write_fitting_table", write)
    assert outcomes(file) == whole
    assert written or file.name == "invalid.jsonl"
