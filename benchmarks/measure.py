"""Timed rounds -> one figure, on a machine that others use too.

A round is quiet when a fixed loop takes its usual time before and after it and nothing else took the processor away.
Only quiet rounds count; where a part has none, its processor time stands in, or the clock's where threads took less by
that, and the result says so.
"""

from __future__ import annotations

import resource
import statistics
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

QUIET_LIMIT = 1.15
"""A loop that takes this many times its best time says that the machine is busy or slowed down."""
WAIT_SECONDS = 0.25
"""How long a round may be put off until the machine is quiet."""
_LOOP = 20_000


class Lap(NamedTuple):
    """Laps over one part: nanoseconds on the clock, nanoseconds of processor time, times the processor was lost."""

    wall_ns: int
    cpu_ns: int
    interruptions: int


class Round(NamedTuple):
    """One lap of a part, as the mean of a few."""

    part: int
    wall_ns: float
    cpu_ns: float
    is_quiet: bool


def time_laps(call: Callable[[], object], laps: int) -> Lap:
    """Call so many times, in this process."""
    lost = resource.getrusage(resource.RUSAGE_SELF).ru_nivcsw
    cpu = time.process_time_ns()
    wall = time.perf_counter_ns()
    for _ in range(laps):
        call()
    wall = time.perf_counter_ns() - wall
    cpu = time.process_time_ns() - cpu
    return Lap(wall, cpu, resource.getrusage(resource.RUSAGE_SELF).ru_nivcsw - lost)


class Calibration:
    """The fixed loop, and how long it takes at best."""

    def __init__(self) -> None:
        self.best_ns = min(self.measure_ns() for _ in range(100))

    @staticmethod
    def measure_ns() -> int:
        """Time the loop."""
        start = time.perf_counter_ns()
        total = 0
        for number in range(_LOOP):
            total += number * number
        return time.perf_counter_ns() - start

    def is_quiet(self) -> bool:
        """Tell whether the loop takes its usual time now."""
        now = self.measure_ns()
        self.best_ns = min(self.best_ns, now)
        return now <= QUIET_LIMIT * self.best_ns

    def wait_for_quiet(self) -> bool:
        """Wait until the machine is quiet, for a bounded time; tell whether it is."""
        end = time.perf_counter() + WAIT_SECONDS
        while not self.is_quiet():
            if time.perf_counter() > end:
                return False
        return True


def value_of(rounds: Sequence[Round]) -> tuple[float, bool]:
    """Return the nanoseconds of all parts together, and whether every part had a quiet round."""
    total = 0.0
    all_quiet = True
    for part in sorted({one.part for one in rounds}):
        own = [one for one in rounds if one.part == part]
        quiet = [one.wall_ns for one in own if one.is_quiet]
        if quiet:
            total += statistics.median(quiet)
        else:
            all_quiet = False
            # Processor time is that of all threads together; two that were busy at once took less on the clock.
            total += statistics.median(min(one.cpu_ns, one.wall_ns) for one in own)
    return total, all_quiet


def show_time(nanoseconds: float) -> str:
    """Return a duration with a unit and three digits."""
    for unit, size in (("s", 1e9), ("ms", 1e6), ("µs", 1e3)):
        if nanoseconds >= size:
            return f"{nanoseconds / size:.3g} {unit}"
    return f"{nanoseconds:.3g} ns"
