"""Tables as small as they can be: no answer depends on the size that a table was given."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from engine import VECTOR_FILES, compare_with_reference, compile_world, sample_vectors
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from strategies import Request, World, requests, worlds

from gatewright.compiler import fit, incremental
from gatewright.compiler.errors import TableSizeError

SAMPLE = 23
"""Of the suites every so many vectors are run."""


def write_least_table(*args: Any) -> bytes:
    """Write the smallest table there is, whatever is allowed."""
    policy_set, statements, lowered, firsts, keys, _, progress, *_ = args
    with pytest.raises(TableSizeError) as caught:
        fit.write_fitting_table(policy_set, statements, lowered, firsts, keys, 1, progress)
    match = re.search(r"at least ([0-9,]+) bytes", str(caught.value))
    assert match
    size = int(match[1].replace(",", ""))
    data = fit.write_fitting_table(policy_set, statements, lowered, firsts, keys, size, progress)
    assert len(data) <= size
    return data


@pytest.fixture(scope="module")
def least() -> Iterator[None]:
    """Let every table be as small as it can be."""
    patch = pytest.MonkeyPatch()
    patch.setattr(incremental, "write_fitting_table", write_least_table)
    yield
    patch.undo()


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(worlds(), st.lists(requests(), min_size=1, max_size=8))
def test_least_tables_agree_with_the_reference(least: None, world: World, asked: list[Request]) -> None:
    """The smallest table of a world decides every request as the reference does, alone and in a batch."""
    authorizer = compile_world(world)
    compare_with_reference(authorizer, world, asked)


@pytest.mark.parametrize("file", VECTOR_FILES, ids=lambda file: file.name)
def test_least_tables_decide_vectors_the_same(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each vector has the same result, with statement and layer, by the smallest table as by the whole one."""
    whole = sample_vectors(file, SAMPLE)
    written: list[int] = []

    def count(write: Callable[..., bytes]) -> Callable[..., bytes]:
        def counted(*args: Any) -> bytes:
            written.append(1)
            return write(*args)

        return counted

    monkeypatch.setattr(incremental, "write_fitting_table", count(write_least_table))
    assert sample_vectors(file, SAMPLE) == whole
    assert written or file.name == "invalid.jsonl"
