"""A worker's process, from outside: the case that it is given, and what it is asked."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..install import command_of
from ..measure import Lap
from ..process import FaultError, LineProcess
from ..workloads import Request, Workload
from .roster import Peer

WORKERS = Path(__file__).parent / "workers"
LOAD_SECONDS = 1_200.0
ANSWER_SECONDS = 300.0


def make_case(peer: Peer, workload: Workload, requests: Sequence[Request], table: Path) -> dict[str, Any]:
    """Return what a worker is given: who knows all principals makes the workload itself, others get their share."""
    case: dict[str, Any] = {
        "size": workload.size,
        "seed": workload.seed,
        "trace": workload.request_count,
        "sample": len(requests),
        "table": str(table),
    }
    if peer.has_index:
        return case
    principals = dict.fromkeys(request[0] for request in requests)
    own = {arn: list(numbers) for arn, numbers in workload.principals if arn in principals}
    numbers = sorted({number for documents in own.values() for number in documents})
    case["principals"] = own
    case["documents"] = {str(number): workload.documents[number] for number in numbers}
    case["requests"] = [list(request) for request in requests]
    return case | (peer.translate(workload, requests) if peer.translate else {})


class WorkerError(Exception):
    """A worker that could not do what it was asked."""


class Worker:
    """A worker that has loaded its case.

    Attributes
    ----------
    facts : mapping
        What loading took.
    versions : mapping
        What it said that it runs.

    Raises
    ------
    UnavailableError
        The peer is not installed.
    WorkerError
        Its worker failed.
    """

    def __init__(self, peer: Peer, case: Mapping[str, Any], path: Path) -> None:
        self.peer = peer
        path.write_text(json.dumps(case), encoding="utf-8")
        script, *arguments = peer.script if peer.language not in ("rust", "go", "java") else ("", *peer.script)
        command = command_of(peer, WORKERS / script, [*arguments, str(path)])
        self._process = LineProcess(command, startup_seconds=LOAD_SECONDS)
        self.facts = self._ask({"do": "load"}, LOAD_SECONDS)
        self.versions = self._process.versions

    def close(self) -> None:
        """End the process."""
        self._process.close()

    def has_mode(self, mode: str) -> bool:
        """Tell whether the worker can be asked in this way here."""
        return mode in self.facts["modes"]

    def count(self, mode: str, stride: int = 1) -> int:
        """Return how many of the requests every stride-th one is."""
        shape = self.facts["modes"][mode]
        whole = int(shape["requests"])
        return whole if shape["whole"] else len(range(0, whole, stride))

    def is_whole(self, mode: str) -> bool:
        """Tell whether the requests of a mode can be asked all together only."""
        return bool(self.facts["modes"][mode]["whole"])

    def is_batch(self, mode: str) -> bool:
        """Tell whether a mode takes many requests at a time."""
        return bool(self.facts["modes"][mode]["batch"])

    def decide(self, mode: str) -> list[int | str]:
        """Return the decisions of all requests."""
        return list(self._ask({"do": "decide", "mode": mode, "stride": 1})["decisions"])

    def time(self, mode: str, stride: int, part: int, parts: int, laps: int) -> Lap:
        """Decide a part so many times."""
        question = {"do": "time", "mode": mode, "stride": stride, "part": part, "parts": parts, "laps": laps}
        answer = self._ask(question)
        return Lap(answer["wall_ns"], answer["cpu_ns"], answer["interruptions"])

    def time_each(self, mode: str, stride: int, passes: int) -> list[float]:
        """Return the nanoseconds of each request."""
        return list(self._ask({"do": "each", "mode": mode, "stride": stride, "passes": passes})["ns"])

    def _ask(self, question: Mapping[str, Any], seconds: float = ANSWER_SECONDS) -> dict[str, Any]:
        try:
            answer = self._process.exchange(question, seconds)
        except FaultError as error:
            raise WorkerError(f"{self.peer.name}: {error}") from None
        if "error" in answer:
            raise WorkerError(f"{self.peer.name}: {answer['error']}")
        return answer
