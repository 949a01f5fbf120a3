"""A rival in a process of its own, asked case by case.

A driver prints ``{"ready": {...versions}}`` first.  For each line ``{"id", "calls"}`` it answers one line with the same
id and one of ``decisions`` (a list, one for each call), ``found`` (a list of findings), ``refused`` (the rival's reason
for not deciding), ``inexpressible`` (ours) or ``error`` (an exception).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..process import STARTUP_SECONDS, FaultError, LineProcess

MOST_FAULTS = 25
"""A rival whose process had to be ended so often is not asked any more: the rest is not run."""


class RivalProcess(LineProcess):
    """A driver's process.

    Attributes
    ----------
    fault_count : int
        How often the process had to be ended.
    """

    def __init__(self, command: Sequence[str], seconds: float, *, startup_seconds: float = STARTUP_SECONDS) -> None:
        super().__init__(command, startup_seconds=startup_seconds)
        self.seconds = seconds
        self.fault_count = 0

    def ask(self, id: str, calls: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
        """Return the driver's answer to one case.

        Raises
        ------
        FaultError
            No right answer in time; the process is ended, and the next case starts another.
        """
        if self.fault_count >= MOST_FAULTS:
            raise FaultError("not run", f"its process was ended {MOST_FAULTS} times before")
        try:
            answer = self.exchange({"id": id, "calls": calls}, self.seconds)
            if answer.get("id") != id:
                raise FaultError("wrong answer", f"asked `{id}`, answered `{answer.get('id')}`")
            known = ("decisions", "found", "refused", "inexpressible", "error")
            if sum(name in answer for name in known) != 1:
                raise FaultError("wrong answer", f"the answer has not one of {', '.join(known)}")
            if "decisions" in answer and not _is_list_of_texts(answer["decisions"], len(calls)):
                raise FaultError("wrong answer", f"not a list of {len(calls)} decisions")
            return answer
        except FaultError:
            self.fault_count += 1
            self.close()
            raise


def _is_list_of_texts(value: object, count: int) -> bool:
    return isinstance(value, list) and len(value) == count and all(isinstance(item, str) for item in value)


def driver_of(name: str) -> Path:
    """Return the path of a driver."""
    return Path(__file__).parent / "drivers" / name
