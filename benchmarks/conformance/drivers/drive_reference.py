"""The reference: `reference_kinds.decide_vector` in tests/, written from the rules in plain loops."""

from __future__ import annotations

import sys
from pathlib import Path

import loop

sys.path.append(str(Path(__file__).parents[3] / "tests"))

from reference_kinds import decide_vector


def answer(calls: loop.Calls) -> dict[str, list[str]]:
    """Decide a vector."""
    return {"decisions": [decide_vector(calls[0]["vector"]).effect]}


loop.run({}, answer)
