"""Threads that share work: each part is done once, errors come back, and helpers do not stand in anyone's way."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest

from gatewright.runtime import threads
from gatewright.runtime.threads import MOST_THREADS, cut, share

NUMBERS = [(number,) for number in range(100)]

needs_places = pytest.mark.skipif(
    not hasattr(os, "sched_getaffinity") or len(os.sched_getaffinity(0)) < 2, reason="one processor, or no affinity"
)


@pytest.fixture(autouse=True)
def no_helpers(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let each test start its own, and end when they are idle."""
    monkeypatch.setattr(threads, "_helpers", [])
    monkeypatch.setattr(threads, "_idle", [])
    yield
    end = time.monotonic() + 10
    while len(threads._idle) < len(threads._helpers) and time.monotonic() < end:
        time.sleep(0.001)


def meet(count: int) -> Callable[[int], None]:
    """Return a call that ends when so many threads are in it at once."""
    barrier = threading.Barrier(count)

    def call(number: int) -> None:
        barrier.wait(10)

    return call


def helpers() -> list[threading.Thread]:
    """Return the threads that have been started."""
    return [helper._thread for helper in threads._helpers]


def test_each_part_is_done_once() -> None:
    """Each part is called with once, however many threads there are."""
    for count in (1, 2, 8, MOST_THREADS):
        done: list[int] = []
        share(count, done.append, NUMBERS)
        assert sorted(done) == list(range(100))


def test_nothing_to_share() -> None:
    """Without parts nobody is called."""
    share(4, pytest.fail, [])
    assert not helpers()


def test_threads_work_at_once() -> None:
    """As many as were asked for are in the call together, one of them the caller's."""
    share(3, meet(3), NUMBERS[:3])
    assert len(helpers()) == 2


def test_helpers_are_kept() -> None:
    """A helper is free when a call returns, so that the next starts no other."""
    for _ in range(50):
        share(3, meet(3), NUMBERS[:3])
    assert len(helpers()) == 2


def test_the_first_error_comes_back() -> None:
    """A failing part fails the whole, when the others have ended."""
    running, ended = threading.Event(), threading.Event()

    def call(number: int) -> None:
        if number == 1:
            running.set()
            raise ValueError(number)
        running.wait(10)
        ended.set()

    with pytest.raises(ValueError, match="1"):
        share(2, call, [(0,), (1,)])
    assert ended.is_set()
    share(2, meet(2), NUMBERS[:2])  # who failed goes on


def test_an_interrupt_waits_for_those_who_have_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is interrupted while asking for helpers leaves nobody behind."""
    begun, ended = threading.Event(), threading.Event()
    find = iter([threads._Helper()])

    def find_helper() -> threads._Helper:
        for helper in find:
            return helper
        begun.wait(10)
        raise KeyboardInterrupt

    def call(number: int) -> None:
        begun.set()
        time.sleep(0.05)
        if number == 1:
            ended.set()

    monkeypatch.setattr(threads, "_find_helper", find_helper)
    with pytest.raises(KeyboardInterrupt):
        share(3, call, [(0,), (1,), (1,)])
    assert ended.is_set()


def test_who_is_late_does_nothing() -> None:
    """A helper that begins when all is done finds no ticket, and touches nothing."""
    job = threads._Job(pytest.fail, [])
    job.ask()
    assert job.close() == []
    assert not job.begin()


def test_threads_that_do_not_start_are_done_without(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system has no thread left, the caller does all."""

    def refuse(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    done: list[int] = []
    share(4, done.append, NUMBERS)
    assert sorted(done) == list(range(100))
    assert not helpers()


def test_there_is_an_end_of_helpers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Callers by the hundred share what there is."""
    monkeypatch.setattr(threads, "MOST_THREADS", 3)
    share(4, meet(4), NUMBERS[:4])
    done: list[int] = []
    calls = [threading.Thread(target=share, args=(4, done.append, NUMBERS)) for _ in range(8)]
    for call in calls:
        call.start()
    for call in calls:
        call.join(20)
    assert sorted(done) == sorted(list(range(100)) * 8)
    assert len(helpers()) == 3


@needs_places
def test_helpers_keep_off_the_processor_of_the_caller() -> None:
    """They run where the caller may, but for the processor that it is on."""
    allowed = os.sched_getaffinity(0)
    share(2, meet(2), NUMBERS[:2])
    (helper,) = helpers()
    assert helper.native_id is not None
    assert os.sched_getaffinity(helper.native_id) < allowed
    assert len(os.sched_getaffinity(helper.native_id)) == len(allowed) - 1
    assert os.sched_getaffinity(0) == allowed


@needs_places
def test_helpers_run_where_the_caller_may() -> None:
    """A caller that is held to one processor holds its helpers to it."""
    one = {min(os.sched_getaffinity(0))}
    seen: list[set[int]] = []
    share(2, meet(2), NUMBERS[:2])

    def call() -> None:
        os.sched_setaffinity(0, one)  # of this thread
        share(2, meet(2), NUMBERS[:2])
        seen.extend(os.sched_getaffinity(helper.native_id or 0) for helper in helpers())

    caller = threading.Thread(target=call)
    caller.start()
    caller.join(10)
    assert seen == [one]


def test_where_nobody_tells_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Systems without affinity share work all the same, and so do sandboxes that forbid it."""
    monkeypatch.setattr(threads, "_processor_here", None)
    share(2, meet(2), NUMBERS[:2])

    def refuse(*arguments: object) -> None:
        raise PermissionError(arguments)

    monkeypatch.setattr(threads, "_processor_here", lambda: 0)
    monkeypatch.setattr(os, "sched_getaffinity", refuse, raising=False)
    share(2, meet(2), NUMBERS[:2])
    monkeypatch.setattr(threads, "_other_processors", lambda: {0})
    monkeypatch.setattr(os, "sched_setaffinity", refuse, raising=False)
    share(2, meet(2), NUMBERS[:2])


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_a_forked_process_has_threads_of_its_own() -> None:
    """Threads of the parent are not waited for in the child."""
    share(4, meet(4), NUMBERS[:4])
    child = os.fork()
    if child == 0:
        try:
            share(4, meet(4), NUMBERS[:4])  # with the parent's helpers nobody would come
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitpid(child, 0)[1] == 0


@pytest.mark.parametrize("count", [1, 2048, 2049, 20_000, 1_000_003])
@pytest.mark.parametrize("number", [1, 2, 7, 256])
def test_parts(count: int, number: int) -> None:
    """They cover all requests in order, and get shorter, down to the least."""
    parts = cut(count, number)
    assert parts[0][0] == 0
    assert parts[-1][1] == count
    assert all(end == begin for (_, end), (begin, _) in pairwise(parts))
    sizes = [end - begin for begin, end in parts]
    assert sizes == sorted(sizes, reverse=True)
    assert min(sizes) > 0
    assert len(parts) == 1 if number == 1 else sizes[0] <= max(count // (2 * number), 2048)
