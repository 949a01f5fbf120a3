"""Kill a process that changes sharing, again and again, and compare what it leaves with the cloud it spoke to.

Usage: killed.py DATABASE ROUNDS SEED.  Each round forks a child that changes items as a gateway does; the parent is
the cloud at the other end of a pipe, and kills the child without warning.  Prints rounds, changes that the child
reported as done, and items left in doubt.
"""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import sys
import time
from typing import Any

from gatewright.ec2.sharing_changes import Change
from gatewright.ec2.sharing_state import SharingState
from gatewright.sharing import SharedItem

OWNER = "111111111111"
ITEMS = ["ami-1", "ami-2", "ami-3"]
GRANTEES = ["all", *(str(number) * 12 for number in range(2, 8))]


def make_change(chance: random.Random) -> Change:
    """Return a change of several grantees at once: a half of it would show."""
    chosen = chance.sample(GRANTEES, chance.randint(2, 6))
    cut = chance.randint(0, len(chosen))
    name = chance.choice(ITEMS)
    if chance.random() < 0.1:
        return Change("image", name, is_reset=True)
    return Change("image", name, tuple(chosen[:cut]), tuple(chosen[cut:]))


def work(path: str, seed: int, cloud: socket.socket) -> None:
    """Change items until killed."""
    chance = random.Random(seed)
    with SharingState(path) as state, cloud.makefile("rw") as pipe:
        while True:
            change = make_change(chance)
            intent = state.begin(change, "request")
            print(json.dumps(["ask", change.id, change.add, change.remove, change.is_reset]), file=pipe, flush=True)
            if json.loads(pipe.readline()):
                state.complete(intent)
                print(json.dumps(["done"]), file=pipe, flush=True)
            else:
                state.abandon(intent)


def serve(chance: random.Random, truth: dict[str, frozenset[str]], child: int, end: socket.socket) -> int:
    """Be the cloud until the time to kill; return how many changes were reported as done."""
    after, deadline = chance.uniform(0, 0.06), float("inf")
    done, rest = 0, b""
    end.settimeout(0.001)
    is_killed = False
    while True:
        if not is_killed and time.monotonic() >= deadline:
            os.kill(child, signal.SIGKILL)
            is_killed = True
        try:
            found = end.recv(65536)
        except TimeoutError:
            continue
        except ConnectionResetError:
            return done
        if not found:
            return done
        deadline = min(deadline, time.monotonic() + after)  # from the first change on
        *lines, rest = (rest + found).split(b"\n")
        for line in lines:
            message: list[Any] = json.loads(line)
            if message[0] == "done":
                done += 1
                continue
            _, name, add, remove, is_reset = message
            accepts = chance.random() < 0.8
            if accepts:
                truth[name] = Change("image", name, tuple(add), tuple(remove), is_reset).apply(truth[name])
            try:
                end.sendall(json.dumps(accepts).encode() + b"\n")
            except OSError:
                pass


def check(path: str, truth: dict[str, frozenset[str]]) -> int:
    """Compare what a dead process left with the cloud, and settle what is in doubt; return how many items were."""
    doubts = 0
    with SharingState(path) as state:
        for name in ITEMS:
            known = state.find("image", name)
            assert known is not None
            if known.intent is None:
                assert known.grantees == truth[name], f"{name}: {sorted(known.grantees)} != {sorted(truth[name])}"
                continue
            doubts += 1
            after = known.intent.change.apply(known.grantees)
            assert truth[name] in (known.grantees, after), f"{name} is half done"
            assert known.seen <= truth[name], f"{name} permits what the cloud does not"
            state.settle(known.intent, truth[name], True)
        assert state.pending() == []
    return doubts


def main() -> None:
    path, rounds, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    chance = random.Random(seed)
    truth: dict[str, frozenset[str]] = dict.fromkeys(ITEMS, frozenset())
    with SharingState(path) as state:
        for name in ITEMS:
            state.register(SharedItem("image", name, OWNER))
    done = doubts = 0
    for number in range(rounds):
        mine, its = socket.socketpair()
        child = os.fork()
        if child == 0:
            mine.close()
            try:
                work(path, seed + number, its)
            finally:
                os._exit(3)
        its.close()
        done += serve(chance, truth, child, mine)
        mine.close()
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL, f"the child ended by itself: {status}"
        doubts += check(path, truth)
    print(rounds, done, doubts)


if __name__ == "__main__":
    main()
