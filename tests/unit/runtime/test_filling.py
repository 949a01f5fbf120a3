"""Filling a batch by hand: columns, and what does not fit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from strategies import USERS
from tables import small_tables

import gatewright as gw
from gatewright.runtime._batch import Batch
from gatewright.runtime._engine import Engine
from gatewright.runtime._values import are_between, number_values

ARNS = ["arn:aws:s3:::plums", "*", "arn:aws:s3:::plums", "arn:aws:s3:::pears/x"]


def new_batch(count: int) -> Batch:
    """Return a batch whose requests have a principal."""
    batch = Batch(Engine(small_tables()["texts"]), count, ())
    batch.fill_principals(np.zeros(count, dtype=np.int32), USERS[:1])
    return batch


def test_columns_with_repeated_values_filled_again() -> None:
    """Values may stand twice in a column, and columns may be filled again."""
    codes = np.array([0, 1, 2, 3, -1], dtype=np.int32)
    batch = new_batch(5)
    batch.fill_column(0, np.zeros(5, dtype=np.int32), ["s3:PutObject", "s3:PutObject"])
    batch.fill_column(1, np.zeros(5, dtype=np.int32), ["*"])
    batch.fill_column(1, codes, ARNS)
    batch.fill_column(batch.slot_of("aws:username"), np.array([0, -1, 1, -1, 0], dtype=np.int32), ["É", "x"])
    decisions, statements = batch.decide()
    authorizer = gw.Authorizer(small_tables()["texts"])
    asked = [
        ("s3:PutObject", ARNS[0], "É"),
        ("s3:PutObject", ARNS[1], None),
        ("s3:PutObject", ARNS[2], "x"),
        ("s3:PutObject", ARNS[3], None),
        ("s3:PutObject", None, "É"),
    ]
    answers = [authorizer.authorize(USERS[0], action, arn, {"aws:username": name}) for action, arn, name in asked]
    assert decisions.tolist() == [int(answer.decision) for answer in answers]
    assert statements.tolist() == [answer.statements[0].index if answer.statements else -1 for answer in answers]
    assert len(set(decisions.tolist())) > 1


@pytest.mark.parametrize("slot", [-1, 99, 1])
def test_columns_that_do_not_fit_are_refused(slot: int) -> None:
    """No such slot, a code without value, too few codes: nothing is read beside the arrays."""
    batch = new_batch(3)
    codes = [0, 1, 2] if slot != 1 else [0, 1, 4]
    with pytest.raises(IndexError):
        batch.fill_column(slot, np.array(codes, dtype=np.int32), ARNS)
    with pytest.raises(IndexError):
        batch.fill_column(1, np.zeros(2, dtype=np.int32), ARNS)


@pytest.mark.parametrize("count", [*range(10), 64, 67])
@pytest.mark.parametrize("lowest", [0, -1])
def test_every_code_is_looked_at(count: int, lowest: int) -> None:
    """Codes at both edges pass, one beside them does not, wherever it stands; of no values there is no code."""
    ends = np.resize(np.array([lowest, 6], dtype=np.int32), count)
    assert are_between(ends, lowest, 7)
    for place in range(count):
        for strange in (lowest - 1, 7, 2**31 - 1, -(2**31)):
            codes = ends.copy()
            codes[place] = strange
            assert not are_between(codes, lowest, 7)
    assert are_between(ends, lowest, 2**40)
    assert are_between(np.full(count, -1, dtype=np.int32), -1, 0)
    assert are_between(np.zeros(count, dtype=np.int32), 0, 0) == (count == 0)


@pytest.mark.parametrize("form", [list, tuple, iter])
def test_values_are_numbered_as_they_come(form: Callable[[list[Any]], Any]) -> None:
    """Equal texts have one number, whatever they were made from; None has none."""
    codes, values = number_values(form(["b", None, 1, "a", "1", "b", True]), str)
    assert values == ["b", "1", "a", "True"]
    assert codes.tolist() == [0, -1, 1, 2, 1, 0, 3]
