"""The process: two listeners, signals, the watch over the store, and the housekeeping of what is shared."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import signal
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import uvicorn
import watchfiles

from gatewright.credentials import CredentialError, MasterKeys
from gatewright.ec2.sharing_state import SharingError

from .app import Gateway
from .log import DecisionLog
from .metrics import CONTENT_TYPE
from .policies import Policies, PolicyLoader, read_stamps
from .protocol import BoundedProtocol
from .reply import Receive, Reply, Scope, Send, send_reply
from .settings import GatewayError, Settings
from .upstream import Upstream

_SETTLE_SECONDS = 10.0
# Editors and `aws ... > file` write in several steps: what changes within this time is read once.
_DEBOUNCE_MS = 300
_LOOK_MS = 2_000


class _Server(uvicorn.Server):
    """A server of several in one process: signals are not its own."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Service:
    """A gateway with its listeners.

    Parameters
    ----------
    listener, admin
        Sockets that listen.
    say
        Takes lines for the operator.
    tls
        Certificate and key files, None for plain HTTP.
    """

    def __init__(
        self,
        settings: Settings,
        master_keys: MasterKeys,
        listener: socket.socket,
        admin: socket.socket | None,
        log: DecisionLog,
        say: Callable[[str], None],
        tls: tuple[str, str] | None = None,
    ) -> None:
        self._settings = settings
        self._master_keys = master_keys
        self._listener = listener
        self._admin = admin
        self._log = log
        self._say = say
        self._tls = tls
        self._servers: list[_Server] = []
        self._gateway: Gateway | None = None
        self._loader = PolicyLoader(self._settings.store)
        self._reloading = asyncio.Lock()
        self._problem: str | None = None
        self._stamps: frozenset[tuple[str, int, int, int]] = frozenset()

    async def run(self) -> None:
        """Serve until SIGTERM or SIGINT; SIGHUP reloads the policies.

        Raises
        ------
        GatewayError, PolicyError, CredentialError, SharingError
            It cannot start.
        """
        # A signal that comes before there is anything to reload ends nothing: `_watch` sees what has changed.
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, lambda: None)
        policies = await self._load()
        upstream = Upstream(
            self._settings.upstream, self._settings.upstream_keys, timeout=self._settings.upstream_seconds
        )
        async with upstream:
            gateway = self._gateway = Gateway(self._settings, policies, self._master_keys, self._log, upstream)
            gateway.metrics.loaded.set(time.time())
            try:
                await self._serve(gateway)
            finally:
                gateway.close()

    async def _serve(self, gateway: Gateway) -> None:
        loop = asyncio.get_running_loop()
        tasks: set[asyncio.Task[Any]] = set()

        def reload() -> None:
            task = loop.create_task(self.reload("SIGHUP"))
            tasks.add(task)
            task.add_done_callback(tasks.discard)

        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        loop.add_signal_handler(signal.SIGHUP, reload)
        protocol = type("Protocol", (BoundedProtocol,), {"seconds": self._settings.client_seconds})
        if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux; who takes nothing of a last answer is left too
            milliseconds = int(self._settings.client_seconds * 1000)
            self._listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds)
        self._servers = [_Server(_config(gateway, protocol, self._tls))]
        sockets = [self._listener]
        if self._admin is not None:
            self._servers.append(_Server(_config(self._answer_admin, BoundedProtocol, None)))
            sockets.append(self._admin)
        with contextlib.suppress(SharingError):
            gateway.metrics.pending.set(await gateway.changes.count_pending())
        self._say(f"serving ec2 on {_name(self._listener)}, admin on {_name(self._admin)}")
        side = [loop.create_task(self._watch()), loop.create_task(self._settle(gateway))]
        try:
            await asyncio.gather(*(server.serve([one]) for server, one in zip(self._servers, sockets, strict=True)))
        finally:
            for task in side:
                task.cancel()
            await asyncio.gather(*side, return_exceptions=True)

    def stop(self) -> None:
        """End, once the requests that are being answered are answered."""
        for server in self._servers:
            server.should_exit = True

    async def reload(self, cause: str) -> bool:
        """Replace the policies by what the store holds now; where that is refused, the old ones stay.

        Requests that are being answered are answered by the policies they began with.
        """
        gateway = self._gateway
        assert gateway is not None
        async with self._reloading:
            try:
                policies = await self._load()
            except Exception as error:
                text = str(error).partition("\n")[0] or type(error).__name__
                self._problem = f"the policies on disk are refused, the older ones decide: {text}"
                self._say(f"{cause}: {self._problem}")
                gateway.metrics.reloads.labels("refused").inc()
                gateway.metrics.stale.set(1)
                return False
            gateway.policies = policies
            self._problem = None
            self._say(f"{cause}: reloaded the policies")
            gateway.metrics.reloads.labels("done").inc()
            gateway.metrics.stale.set(0)
            gateway.metrics.loaded.set(time.time())
            return True

    async def _load(self) -> Policies:
        self._stamps = await asyncio.to_thread(read_stamps, self._settings.store)  # before it is read: see `_watch`
        return await asyncio.to_thread(self._loader.load)

    async def _watch(self) -> None:
        """Reload when the store changes; where it cannot be watched, SIGHUP remains.

        What no watch tells is found by looking: what changed before it began, and a folder that another one replaced.
        """
        store = self._settings.store
        watch = functools.partial(watchfiles.awatch, debounce=_DEBOUNCE_MS, step=50, rust_timeout=_LOOK_MS)
        while True:
            try:
                async for changes in watch(store, yield_on_timeout=True):
                    if changes or await asyncio.to_thread(read_stamps, store) != self._stamps:
                        await self.reload("the store has changed")
                return
            except (OSError, RuntimeError) as error:
                self._say(f"{self._settings.store}: cannot be watched now: {error}")
                await asyncio.sleep(5)

    async def _settle(self, gateway: Gateway) -> None:
        """Settle what a crash or a lost answer left in doubt."""
        while True:
            try:
                gateway.metrics.pending.set(await gateway.changes.settle_old())
            except SharingError:
                pass  # somebody holds the database
            except Exception as error:  # whatever is in the database, the next doubt is settled
                self._say(f"changes of sharing that are in doubt cannot be settled: {type(error).__name__}")
            await asyncio.sleep(_SETTLE_SECONDS)

    async def _answer_admin(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer `/healthz`, `/readyz` and `/metrics`."""
        gateway = self._gateway
        path = scope.get("path")
        if scope["type"] != "http" or gateway is None:
            raise RuntimeError("the admin port serves HTTP")
        status, body, kind = 404, b"not found\n", "text/plain"
        if scope["method"] not in ("GET", "HEAD"):
            status, body = 405, b"use GET\n"
        elif path == "/healthz":
            status, body = 200, b"ok\n"
        elif path == "/metrics":
            status, body, kind = 200, gateway.metrics.write(), CONTENT_TYPE
        elif path == "/readyz":
            status, text = self._readiness(gateway)
            body = f"{text}\n".encode()
        await send_reply(Reply(status, b"" if scope["method"] == "HEAD" else body, kind), send, "-")

    def _readiness(self, gateway: Gateway) -> tuple[int, str]:
        try:
            gateway.store.find("AKIANOSUCHKEYAAAAAAA")
            gateway.sharing.find("image", "ami-0")
        except (CredentialError, SharingError) as error:
            return 503, str(error)
        if (failure := self._log.try_again()) is not None:
            return 503, f"the decision log cannot be written: {failure}"
        return 200, "ready" if self._problem is None else f"ready; {self._problem}"


def _name(listener: socket.socket | None) -> str:
    if listener is None:
        return "no port"
    host, port = listener.getsockname()[:2]
    return f"{host}:{port}"


def _config(app: Any, protocol: type[asyncio.Protocol], tls: tuple[str, str] | None) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=protocol,
        ws="none",
        lifespan="off",
        interface="asgi3",
        access_log=False,
        log_level="error",
        log_config=None,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=30,
        ssl_certfile=tls[0] if tls else None,
        ssl_keyfile=tls[1] if tls else None,
    )


def open_listener(address: str) -> socket.socket:
    """Listen on ``HOST:PORT``; port 0 is any free one.

    Raises
    ------
    GatewayError
        It is no address, or not free.
    """
    host, colon, port = address.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not host or not (port.isascii() and port.isdigit() and int(port) < 65536):
        raise GatewayError(f"`{address}` is no address to listen on; write `127.0.0.1:8443`")
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, int(port)), family=family, backlog=1024)
    except OSError as error:
        raise GatewayError(f"cannot listen on {address}: {(error.strerror or str(error)).lower()}") from None


def check_tls(certificate: str, key: str) -> None:
    """Refuse files that TLS cannot be served with.

    Raises
    ------
    GatewayError
        It says which, and why.
    """

    def refuse_password() -> str:
        raise GatewayError(f"{key}: the key is encrypted; write it without a password, `openssl pkey` does")

    for path, kind, mark in ((certificate, "certificate", b"-----BEGIN CERTIFICATE-----"), (key, "key", b"KEY-----")):
        try:
            text = Path(path).read_bytes()
        except OSError as error:
            raise GatewayError(f"{path}: {(error.strerror or str(error)).lower()}") from None
        if mark not in text:
            raise GatewayError(f"{path}: holds no {kind}; write it as PEM")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, refuse_password)
    except ssl.SSLError as error:
        reason = "the key is not that of the certificate" if error.reason == "KEY_VALUES_MISMATCH" else "cannot be read"
        raise GatewayError(f"{certificate}, {key}: {reason}") from None


def serve(
    settings: Settings,
    master_keys: MasterKeys,
    listener: socket.socket,
    admin: socket.socket | None,
    log: DecisionLog,
    say: Callable[[str], None],
    tls: tuple[str, str] | None = None,
) -> None:
    """Serve until a signal ends it."""
    if tls is not None:
        check_tls(*tls)
    if not Path(settings.store).exists():
        raise GatewayError(f"{settings.store}: no such store")

    async def main() -> None:
        await Service(settings, master_keys, listener, admin, log, say, tls).run()

    try:
        import uvloop
    except ModuleNotFoundError:
        asyncio.run(main())
    else:
        uvloop.run(main())
