"""The example logs, stage by stage: which part of a replay takes how long."""

from __future__ import annotations

from pathlib import Path

import pytest

import gatewright as gw
from gatewright.store import PolicyStore

from .conftest import Meter
from .contenders import Contender

EXAMPLES = Path(__file__).parent.parent / "examples"
STAGES = ("reading", "mapping", "deciding", "writing")


@pytest.fixture(scope="module")
def stages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Contender]:
    """The stages, each on the whole result of the one before."""
    pytest.importorskip("msgspec")
    pytest.importorskip("pyarrow")
    from gatewright.replay.cloudtrail import Event
    from gatewright.replay.evaluate import Row, Side, evaluate
    from gatewright.replay.events import map_event
    from gatewright.replay.logs import Reading, find_logs, read_events
    from gatewright.replay.output import open_output, record_of

    authorizer = gw.Authorizer(gw.compile(PolicyStore.load(EXAMPLES / "store")))
    side = Side(authorizer, gw.OTHERS)
    target = str(tmp_path_factory.mktemp("replay") / "decisions.parquet")

    def read() -> list[tuple[str, int, Event]]:
        reading = Reading()
        return list(read_events(find_logs([str(EXAMPLES / "logs")], reading), reading))

    def map_events() -> list[Row]:
        return [Row(file, position, event, map_event(event, side.own)) for file, position, event in events]

    def write() -> None:
        with open_output(target, False) as writer:
            writer.write([record_of(row, authorizer, None) for row in rows])

    events = read()
    rows = map_events()
    evaluate(rows, side, None)
    calls = {"reading": read, "mapping": map_events, "deciding": lambda: evaluate(rows, side, None), "writing": write}
    return {name: Contender([call], [len(events)]) for name, call in calls.items()}


@pytest.mark.parametrize("contender", STAGES)
def bench_replay(measure: Meter, stages: dict[str, Contender], turn: int, contender: str) -> None:
    """One pass over all events in one stage."""
    measure(stages[contender], size="examples", turn=turn, contender=contender, of="events")
