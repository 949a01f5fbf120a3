"""gatewright: `gatewright.vectors.run_vectors`."""

from __future__ import annotations

import json
import re
from importlib.metadata import version

import loop

from gatewright.vectors import run_vectors


def answer(calls: loop.Calls) -> dict[str, list[str]]:
    """Decide a vector; what is not evaluated is inexpressible, a finding is a refusal."""
    (result,) = run_vectors([json.dumps(calls[0]["vector"])])
    if result.outcome is not None:
        return {"decisions": [result.outcome.decision]}
    error = result.error or ""
    code = re.search(r"\[(GW[0-9]+)\]", error)
    raise loop.Refused(code[1]) if code else loop.Inexpressible(error)


loop.run({"gatewright": version("gatewright")}, answer)
