"""The whole trace as one batch, in each form that is accepted."""

from __future__ import annotations

import pytest

from .conftest import Meter
from .contenders import World

FORMS = ("list of tuples", "dict of lists", "Arrow dictionaries", "Arrow dictionaries, 2 threads")


@pytest.mark.parametrize("contender", FORMS)
def bench_batch(measure: Meter, world: World, size: str, turn: int, contender: str) -> None:
    """`Authorizer.authorize_batch`, with everything from the caller's objects to the arrays of decisions."""
    if contender.startswith("Arrow"):
        pytest.importorskip("pyarrow")
    measure(world.batch(contender), size=size, turn=turn, contender=contender, of="trace")
