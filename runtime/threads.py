"""Threads that share work, kept from one batch to the next: starting them takes as long as thousands of decisions."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Any

__all__ = ["MOST_THREADS", "share"]

MOST_THREADS = 256

_lock = Lock()
_pools: list[ThreadPoolExecutor] = []  # none, or the one that all batches use; it starts threads as they are needed


def share(threads: int, call: Callable[..., object], parts: Sequence[tuple[Any, ...]]) -> None:
    """Call a function with each of many arguments, by so many threads, of which the caller's is one.

    Raises what the first call raised that failed; all others have ended by then.
    """
    if threads == 1:
        for part in parts:
            call(*part)
        return
    left = iter(parts)

    def take() -> None:
        for part in left:
            call(*part)

    jobs = [_pool().submit(take) for _ in range(min(threads, MOST_THREADS, len(parts)) - 1)]
    try:
        take()
    finally:
        # Who has not begun by now finds nothing left to do.
        errors = [job.exception() for job in jobs if not job.cancel()]
    for error in errors:
        if error is not None:
            raise error


def _pool() -> ThreadPoolExecutor:
    with _lock:
        if not _pools:
            _pools.append(ThreadPoolExecutor(MOST_THREADS, thread_name_prefix="gatewright"))
        return _pools[0]


def _forget() -> None:
    """Threads do not come along into a forked process, and whoever held the lock may be among them."""
    global _lock
    _lock = Lock()
    _pools.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
