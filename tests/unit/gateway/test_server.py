"""The process, as far as it can be tried without one."""

from __future__ import annotations

import asyncio
import io
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from gateway_world import OURS, PARTNERS, allow, write_store
from uvicorn.server import ServerState

from gatewright.credentials import CredentialStore, MasterKeys
from gatewright.ec2.sharing_changes import Change
from gatewright.ec2.sharing_state import SharingState
from gatewright.gateway import protocol, server
from gatewright.gateway.app import Gateway
from gatewright.gateway.log import DecisionLog
from gatewright.gateway.protocol import BoundedProtocol
from gatewright.gateway.server import Service
from gatewright.gateway.settings import Settings
from gatewright.gateway.upstream import Upstream
from gatewright.sharing import SharedItem

KEYS = MasterKeys({"k1": b"k" * 32})


class Transport(asyncio.Transport):
    """Remembers what is written, and how it ended."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.end = ""

    def write(self, data: Any) -> None:
        self.written += bytes(data)

    def close(self) -> None:
        self.end = self.end or "closed"

    def abort(self) -> None:
        self.end = "aborted"

    def is_closing(self) -> bool:
        return bool(self.end)

    def pause_reading(self) -> None: ...
    def resume_reading(self) -> None: ...


def connect(app: Any, state: ServerState | None = None) -> tuple[BoundedProtocol, Transport]:
    """Return a connection to an application."""
    protocol_class = type("Protocol", (BoundedProtocol,), {"seconds": 0.02})
    config = server._config(app, protocol_class, None)
    config.load()
    loop = asyncio.get_running_loop()
    connection = protocol_class(config=config, server_state=state or ServerState(), app_state={}, _loop=loop)
    transport = Transport()
    connection.connection_made(transport)
    return connection, transport


async def wait_until(is_true: Callable[[], bool]) -> None:
    """Let the others go on until something holds."""
    async with asyncio.timeout(20):
        while not is_true():
            await asyncio.sleep(0.001)


async def answer(scope: Any, receive: Any, send: Any) -> None:
    """Begin an answer and never end it."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"a part", "more_body": True})
    await asyncio.Event().wait()


def test_who_takes_nothing_is_left() -> None:
    """A connection whose answer nobody reads is dropped, and one that is read goes on."""

    async def run() -> None:
        fast, transport = connect(answer)
        slow, slow_transport = connect(answer)
        for one in (fast, slow):
            one.data_received(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            one.pause_writing()
        fast.resume_writing()
        await wait_until(slow_transport.is_closing)
        assert (transport.end, slow_transport.end) == ("", "aborted")
        for one in (fast, slow):
            one.connection_lost(None)
            for task in one.tasks:
                task.cancel()

    asyncio.run(run())


def test_nothing_stands_in_an_answer() -> None:
    """A head that stops behind a request that is being answered ends the connection, and is not answered itself."""

    async def run() -> None:
        fast, transport = connect(answer)
        fast.data_received(b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HT")
        await wait_until(transport.is_closing)
        assert transport.end == "aborted" and transport.written.count(b"HTTP/1.1 ") == 1
        for task in fast.tasks:
            task.cancel()

    asyncio.run(run())


def test_connections_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """One more than the gateway serves is dropped as it comes."""
    monkeypatch.setattr(protocol, "_CONNECTIONS", 3)

    async def run() -> None:
        state = ServerState()
        ends = [connect(answer, state)[1].end for _ in range(4)]
        assert ends == ["", "", "", "aborted"]

    asyncio.run(run())


@pytest.fixture
def service(tmp_path: Path) -> Iterator[tuple[Service, list[str]]]:
    """A service with a store and a database, which does not serve."""
    write_store(tmp_path / "store")
    database = str(tmp_path / "credentials.db")
    CredentialStore(database, KEYS, create=True).close()
    settings = Settings(str(tmp_path / "store"), database, "http://127.0.0.1:1")
    said: list[str] = []
    with socket.socket() as listener:
        service = Service(settings, KEYS, listener, None, DecisionLog(io.StringIO()), said.append)
        yield service, said


def test_a_damaged_intent_ends_no_settling(service: tuple[Service, list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be read of the doubts is told to the operator, again and again, until it is mended."""
    monkeypatch.setattr(server, "_SETTLE_SECONDS", 0.0)
    found, said = service

    async def run() -> None:
        gateway = Gateway(found._settings, await found._load(), KEYS, found._log, Upstream("http://127.0.0.1:1", None))
        with SharingState(found._settings.credentials) as state:
            state.register(SharedItem("image", "ami-1", OURS))
            state.begin(Change("image", "ami-1", add=(PARTNERS,)), "r")
            state._connection.execute("UPDATE sharing_intents SET change = '{}'")
        task = asyncio.create_task(found._settle(gateway))
        await wait_until(lambda: len(said) >= 3 or task.done())
        task.cancel()
        gateway.close()

    asyncio.run(run())
    assert len(said) >= 3 and "cannot be settled" in said[0]


def test_a_change_before_the_watch_is_seen(service: tuple[Service, list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    """What changed between the reading of the store and the beginning of the watch is not missed."""
    monkeypatch.setattr(server, "_LOOK_MS", 100)
    found, _ = service
    causes: list[str] = []

    async def run() -> None:
        await found._load()
        write_store(Path(found._settings.store), [allow("ec2:Describe*")])
        seen = asyncio.Event()

        async def reload(cause: str) -> bool:
            causes.append(cause)
            await found._load()
            seen.set()
            return True

        monkeypatch.setattr(found, "reload", reload)
        task = asyncio.create_task(found._watch())
        await asyncio.wait_for(seen.wait(), 20)
        task.cancel()

    asyncio.run(run())
    assert causes[0] == "the store has changed"
