"""Tables in which principals share rows: no answer depends on how the cells are laid out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from engine import VECTOR_FILES, compare_with_reference, policy_set, sample_vectors
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sharing import into_groups, sharing_rows
from strategies import Request, World, requests, worlds

import gatewright as gw
from gatewright.compiler import fit, incremental

SAMPLE = 17
"""Of the suites every so many vectors are run."""


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(worlds(), st.lists(requests(), min_size=1, max_size=8), st.sampled_from((0, 1 << 20)))
def test_shared_rows_agree_with_the_reference(world: World, asked: list[Request], own_cells: int) -> None:
    """However policies are spread over groups, every request is decided as by the reference, alone and in a batch."""
    with sharing_rows(own_cells):
        authorizer = gw.Authorizer(gw.compile(into_groups(policy_set(world))))
    compare_with_reference(authorizer, world, asked)


@pytest.mark.parametrize("own_cells", [0, 1 << 20])
@pytest.mark.parametrize("file", VECTOR_FILES, ids=lambda file: file.name)
def test_shared_rows_decide_vectors_the_same(file: Path, own_cells: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each vector has the same result, with statement and layer, whether or not principals share rows."""
    whole = sample_vectors(file, SAMPLE)
    written: list[int] = []

    def write(*args: Any) -> bytes:
        written.append(1)
        with sharing_rows(own_cells):
            return fit.write_fitting_table(into_groups(args[0]), *args[1:])

    monkeypatch.setattr(incremental, "write_fitting_table", write)
    assert sample_vectors(file, SAMPLE) == whole
    assert written or file.name == "invalid.jsonl"
