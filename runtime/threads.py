"""Threads that share work, kept from one batch to the next: starting them takes as long as thousands of decisions."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

__all__ = ["MOST_THREADS", "cut", "share"]

MOST_THREADS = 256

_LEAST_PART = 2048  # requests: as long as ten times what it takes to fetch the next part
_LOOKS = 100  # whether the others have ended, before sleeping: to be woken takes longer than the rest of a part

_helpers: list[_Helper] = []
_idle: list[_Helper] = []  # those without a job; the last is the one that had one last


def share(threads: int, call: Callable[..., object], parts: Sequence[tuple[Any, ...]]) -> None:
    """Call a function with each of many arguments, by so many threads, of which the caller's is one.

    Where no more threads can be had, fewer share the work.  Raises what a call raised that failed; all others have
    ended by then.
    """
    helper_count = min(threads, len(parts)) - 1
    if helper_count < 1:
        for part in parts:
            call(*part)
        return
    job = _Job(call, parts)
    processors = _other_processors()
    try:
        for _ in range(helper_count):
            helper = _find_helper()
            if helper is None:
                break
            helper.begin(job, processors)
        job.work()
    finally:
        errors = job.close()
    for error in errors:
        raise error


def cut(count: int, threads: int) -> list[tuple[int, int]]:
    """Return begin and end of parts of `count` requests, the longest first, so that all threads end together.

    A thread that is held up leaves the rest to the others.
    """
    parts, begin = [], 0
    while begin < count:
        size = (count - begin) // (2 * threads) if threads > 1 else count
        end = min(begin + max(size, _LEAST_PART), count)
        parts.append((begin, end))
        begin = end
    return parts


class _Job:
    """Calls that threads share, and a ticket for each helper that has been asked."""

    def __init__(self, call: Callable[..., object], parts: Sequence[tuple[Any, ...]]) -> None:
        self._call = call
        self._left = iter(parts)
        self._asked = 0
        self._tickets: list[None] = []
        self.ended: SimpleQueue[BaseException | None] = SimpleQueue()  # of each helper that began: its error

    def ask(self) -> None:
        """Make a ticket."""
        self._asked += 1
        self._tickets.append(None)

    def begin(self) -> bool:
        """Take a ticket; without one it is too late."""
        try:
            self._tickets.pop()
        except IndexError:
            return False
        return True

    def work(self) -> None:
        """Call with one part after the other, until none are left."""
        for part in self._left:
            self._call(*part)

    def close(self) -> list[BaseException]:
        """Take back the tickets of those who have not begun, wait for the others, and return their errors."""
        while self.begin():
            self._asked -= 1
        told = [self._next_end() for _ in range(self._asked)]
        return [error for error in told if error is not None]

    def _next_end(self) -> BaseException | None:
        for _ in range(_LOOKS):
            with suppress(Empty):
                return self.ended.get_nowait()
            time.sleep(0)
        return self.ended.get()


class _Helper:
    """A thread that waits for jobs for as long as the process lives."""

    def __init__(self) -> None:
        self._jobs: SimpleQueue[_Job] = SimpleQueue()
        self._processors: set[int] = set()
        self._thread = Thread(target=self._run, name="gatewright", daemon=True)
        self._thread.start()

    def begin(self, job: _Job, processors: set[int]) -> None:
        """Have a job done, on some of these processors."""
        thread = self._thread.native_id
        if thread is not None and self._processors != processors:
            with suppress(OSError):  # a sandbox may not let us; then it is slower
                os.sched_setaffinity(thread, processors)
                self._processors = processors
        job.ask()
        self._jobs.put(job)

    def _run(self) -> None:
        while True:
            job = self._jobs.get()
            error = None
            has_begun = job.begin()
            if has_begun:
                try:
                    job.work()
                except BaseException as raised:  # the caller raises it
                    error = raised
            _idle.append(self)  # first, so that the caller's next batch finds it
            if has_begun:
                job.ended.put(error)
            del job, error


def _find_helper() -> _Helper | None:
    """Return a helper without a job, or a new one, or None where there are too many."""
    try:
        return _idle.pop()
    except IndexError:
        if len(_helpers) >= MOST_THREADS:
            return None
    try:
        helper = _Helper()
    except RuntimeError:  # the system starts no more
        return None
    _helpers.append(helper)
    return helper


def _other_processors() -> set[int]:
    """Return the processors that the caller may run on, but for the one that it is on; empty where nobody can tell.

    A thread that is woken is often put beside the one that woke it, to begin when that one sleeps; in a virtual machine
    that is the rule (docs/decisions/0010-threads.md).
    """
    if _processor_here is None:
        return set()
    try:
        allowed = os.sched_getaffinity(0)
    except OSError:  # a sandbox
        return set()
    return allowed - {_processor_here()} or allowed


def _find_processor_here() -> Callable[[], int] | None:
    """Return sched_getcpu(3), or None where the system, or what Python was built with, has no such thing."""
    if not hasattr(os, "sched_setaffinity"):
        return None
    try:
        from ctypes import PyDLL
    except ImportError:
        return None
    return getattr(PyDLL(None), "sched_getcpu", None)


_processor_here = _find_processor_here()


def _forget() -> None:
    """Threads do not come along into a forked process."""
    _idle.clear()
    _helpers.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
