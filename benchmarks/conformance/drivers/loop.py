"""The loop of the drivers in Python: it runs in a rival's environment, so it uses the standard library alone."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Calls = Sequence[Mapping[str, Any]]


class Inexpressible(Exception):
    """The case cannot be asked."""


class Refused(Exception):
    """The rival does not decide this, with its reason."""


def run(versions: Mapping[str, str], answer: Callable[[Calls], Mapping[str, Any]]) -> None:
    """Answer each line of standard input; ``answer(calls)`` returns the members of the answer."""
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a rival prints is not an answer
    print(json.dumps({"ready": versions}), file=out, flush=True)
    for line in sys.stdin:
        case = json.loads(line)
        members: Mapping[str, Any]
        try:
            members = answer(case["calls"])
        except Inexpressible as error:
            members = {"inexpressible": str(error)}
        except Refused as error:
            members = {"refused": str(error)}
        except Exception as error:
            members = {"error": f"{type(error).__name__}: {str(error)[:160]}"}
        print(json.dumps({"id": case["id"], **members}), file=out, flush=True)
