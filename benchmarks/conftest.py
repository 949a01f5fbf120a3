"""What the bench files share: worlds, one at a time, and the meter.

Turns interleave the rivals: turn 0 measures all contenders of a size, then turn 1 all of them again, and so on.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from .contenders import Contender, World
from .measure import Calibration, Round
from .peers.process import WorkerError
from .peers.roster import BY_NAME, PEERS, Peer
from .report import show_world

SIZES = ("S", "M", "L", "X")
TURNS = 5
SAMPLE, TRACE = 500, 20_000
ROUND_NS = 2_000_000
"""Laps are repeated until a round takes so long: clock and calls around it then take less than a thousandth."""

Meter = Callable[..., None]
Worlds = Callable[[str], World]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add what the runner passes on."""
    parser.addoption("--quick", action="store_true", help="size S, few requests, one turn: checks, no figures")
    parser.addoption("--sizes", default="".join(SIZES), help="letters of the sizes to measure")
    parser.addoption("--turns", type=int, default=TURNS, help="how often everybody is measured")
    parser.addoption("--peers", default="", help="names of the peers to measure, with `;` between them")


def _sizes(config: pytest.Config) -> list[str]:
    return ["S"] if config.getoption("--quick") else [size for size in SIZES if size in config.getoption("--sizes")]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Measure every contender of every size in each turn."""
    if "size" in metafunc.fixturenames:
        metafunc.parametrize("size", _sizes(metafunc.config))
    if "turn" in metafunc.fixturenames:
        metafunc.parametrize(
            "turn", range(1 if metafunc.config.getoption("--quick") else metafunc.config.getoption("--turns"))
        )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort by size, then file, then turn, so that one world lives at a time and rivals follow each other."""

    def parameters_of(item: pytest.Item) -> dict[str, Any]:
        return item.callspec.params if hasattr(item, "callspec") else {}

    def place(item: pytest.Item) -> tuple[int, str, int]:
        parameters = parameters_of(item)
        size = parameters.get("size")
        return SIZES.index(size) if size else -1, item.path.name, int(parameters.get("turn", 0))

    items.sort(key=place)
    wanted = {peer.name for peer in _peers(items[0].config)} if items else set()
    for item in items:
        name, size = (parameters_of(item).get(key) for key in ("contender", "size"))
        if name in BY_NAME and (name not in wanted or str(size) not in BY_NAME[name].sizes):
            item.add_marker(pytest.mark.skip(reason="not chosen, or not for this size"))


def _peers(config: pytest.Config) -> list[Peer]:
    names = config.getoption("--peers")
    return [peer for peer in PEERS if not names or peer.name in names.split(";")]


@pytest.hookimpl(optionalhook=True)
def pytest_benchmark_update_json(config: pytest.Config, benchmarks: object, output_json: dict[str, Any]) -> None:
    """Add the worlds to what pytest-benchmark stores."""
    output_json["worlds"] = config.stash[_FACTS]


_FACTS = pytest.StashKey[dict[str, Any]]()


def pytest_configure(config: pytest.Config) -> None:
    """Prepare the place where worlds leave their facts."""
    config.stash[_FACTS] = {}


@pytest.fixture(scope="session")
def calibration() -> Calibration:
    """The loop that tells a quiet machine."""
    return Calibration()


@pytest.fixture(scope="session")
def worlds(request: pytest.FixtureRequest) -> Iterator[Worlds]:
    """Return the world of a size; the one before is closed."""
    config = request.config
    sample, trace = (60, 200) if config.getoption("--quick") else (SAMPLE, TRACE)
    opened: dict[str, World] = {}
    lost: dict[str, str] = {}

    def world_of(size: str) -> World:
        if size not in opened:
            for other in opened.values():
                other.close()
            opened.clear()
            reporter = config.pluginmanager.get_plugin("terminalreporter")

            def tell(line: str) -> None:
                if reporter is not None:
                    reporter.ensure_newline()
                    reporter.write_line(line)

            if size in lost:
                pytest.skip(lost[size])
            try:
                world = opened[size] = World(size, sample, trace, _peers(config), tell=tell)
            except WorkerError as error:
                # A size that this machine is too small for must not cost the others.
                lost[size] = f"{size}: {error}"
                tell(lost[size])
                pytest.skip(lost[size])
            facts = config.stash[_FACTS][size] = world.facts()
            tell(show_world(size, facts))
            for name, found in world.disagreements.items():
                # Rivals do not decide all as AWS does, so theirs are listed; ours and the plain ones must be equal.
                assert not found or BY_NAME[name].language != "own", f"{name} disagrees: {found[:5]}"
        return opened[size]

    yield world_of
    for world in opened.values():
        world.close()


@pytest.fixture
def measure(benchmark: Any, calibration: Calibration, request: pytest.FixtureRequest) -> Iterator[Meter]:
    """Measure a contender: each of its parts once in a round, and again where the round was not quiet."""
    tries = 1 if request.config.getoption("--quick") else 2
    gc.disable()

    def measure(contender: Contender | None, /, **facts: object) -> None:
        if contender is None:
            pytest.skip("absent")
        rounds: list[Round] = []
        laps: dict[int, int] = {}
        todo = [part for _ in range(tries) for part in range(len(contender.counts))]
        for part in range(len(contender.counts)):
            warm = contender.run(part, 1)
            laps[part] = max(1, ROUND_NS // max(1, min(warm.wall_ns, contender.run(part, 1).wall_ns)))
        was_quiet = False

        def settle() -> None:
            nonlocal was_quiet
            was_quiet = calibration.wait_for_quiet()

        def run_round() -> None:
            part = todo[len(rounds)]
            lap = contender.run(part, laps[part])
            quiet = was_quiet and not lap.interruptions and calibration.is_quiet()
            rounds.append(Round(part, lap.wall_ns / laps[part], lap.cpu_ns / laps[part], quiet))

        benchmark.pedantic(run_round, setup=settle, rounds=len(todo), iterations=1)
        benchmark.extra_info.update(facts, bench=Path(request.node.path).stem.removeprefix("bench_"))
        benchmark.extra_info.update(counts=list(contender.counts), rounds=[list(one) for one in rounds])
        calibration.wait_for_quiet()
        benchmark.extra_info.update(contender.spread())

    yield measure
    gc.enable()
