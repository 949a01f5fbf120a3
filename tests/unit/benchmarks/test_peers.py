"""Every peer's worker, where it is installed, and what becomes of one that is wrong, hangs or is not there."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from benchmarks import contenders
from benchmarks.contenders import World
from benchmarks.install import UnavailableError, command_of
from benchmarks.peers.process import WORKERS
from benchmarks.peers.roster import BY_NAME, PEERS, Peer, contenders_of

WRONG = """
import sys
sys.path.insert(0, {workers!r})
from loop import Loaded, Mode, serve


def load(case):
    return Loaded(lambda: {{"single": Mode({call}, [(1,)] * case["sample"], int)}}, {{}})


serve({{"wrong": "1"}}, load)
"""


def _wrong_peer(folder: Path, call: str) -> Peer:
    script = folder / "work_wrong.py"
    script.write_text(WRONG.format(workers=str(WORKERS), call=call), encoding="utf-8")
    return Peer("wrong", (str(script),), "a worker of this test", language="own")


@pytest.mark.parametrize("peer", [peer for peer in PEERS if peer.name != "gatewright"], ids=lambda peer: peer.name)
def test_every_worker_decides_and_tells_times(peer: Peer) -> None:
    """A worker loads its case, decides the sample, and times it as a whole and one by one."""
    script = peer.script[0] if peer.script else ""
    try:
        command_of(peer, WORKERS / script)
    except UnavailableError as error:
        pytest.skip(str(error))
    world = World("S", 12, 40, [peer])
    try:
        assert world.absent == {}
        # moto knows one operator of six; iam-simulate covers `*` by an ARN that the action does not take (R45).
        if peer.name not in ("moto", "iam-simulate"):
            assert world.disagreements[peer.name] == []
        for mode in (*peer.single, *peer.batches):
            contender = world.contender(peer.name, mode)
            assert contender is not None
            assert sum(contender.counts) in (12, 40) and contender.run(0, 2).wall_ns > 0
            if mode in peer.single:
                spread = contender.spread()
                assert 0 < spread["median_ns"] <= spread["p99_ns"]
    finally:
        world.close()


def test_a_wrong_peer_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Whoever decides otherwise is listed with the requests, before anything is timed."""
    wrong = _wrong_peer(tmp_path, "lambda _: 0")
    monkeypatch.setattr(contenders, "PEERS", (BY_NAME["gatewright"], wrong))
    world = World("S", 40, 60, [wrong])
    try:
        want = [(number, decision, 0) for number, decision in enumerate(world.decisions[:40]) if decision != 0]
        assert want and world.disagreements == {"gatewright": [], "wrong": want}
    finally:
        world.close()


def test_a_failing_peer_is_absent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A worker that raises an exception is named with it, and the others are measured."""
    wrong = _wrong_peer(tmp_path, "lambda _: 1 / 0")
    gone = Peer("gone", ("work_gone.py",), "a worker that is not there", language="own")
    monkeypatch.setattr(contenders, "PEERS", (BY_NAME["gatewright"], wrong, gone))
    world = World("S", 5, 10, [wrong, gone])
    try:
        assert "ZeroDivisionError" in world.absent["wrong"] and "exit code 2" in world.absent["gone"]
        assert list(world.workers) == ["gatewright"] and world.contender("wrong", "single") is None
    finally:
        world.close()


def test_contenders_have_names_of_their_own() -> None:
    """No two rows of a table are called alike."""
    for bench in ("single", "trace", "batch"):
        labels = [label for _, _, label in contenders_of(bench)]
        assert labels and len(set(labels)) == len(labels)


def test_workers_need_the_standard_library_alone() -> None:
    """The loop and the tests of one key run in every rival's environment."""
    allowed = set(sys.stdlib_module_names) | {"__future__"}
    for name in ("loop.py", "tests_of.py"):
        lines = (WORKERS / name).read_text(encoding="utf-8").splitlines()
        imported = {line.split()[1].partition(".")[0] for line in lines if line.startswith(("import ", "from "))}
        assert imported <= allowed, name
