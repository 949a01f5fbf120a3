"""The gateway as an ASGI application: what its requests share."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from gatewright.compiler.errors import PolicyError
from gatewright.credentials import CredentialLookup, CredentialStore, MasterKeys, Session, TokenSealer
from gatewright.ec2.sharing_state import SharingState
from gatewright.runtime import Authorizer
from gatewright.signing import HttpRequest, ReplayGuard, SignatureError, Verified, verify_request
from gatewright.signing.verify import WINDOW
from gatewright.sts import Caller

from .callers import find_caller
from .changes import Changes
from .exchange import Exchange
from .incoming import Readers
from .log import DecisionLog
from .metrics import Metrics
from .policies import Policies
from .reply import Receive, RefusedError, Scope, Send
from .settings import Settings
from .upstream import Upstream


class Gateway:
    """Everything that answers a request; `policies` is replaced whole when they are reloaded."""

    def __init__(
        self,
        settings: Settings,
        policies: Policies,
        master_keys: MasterKeys,
        log: DecisionLog,
        upstream: Upstream,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.settings = settings
        self.policies = policies
        self.clock = clock
        self.metrics: Metrics = Metrics()
        self.store: CredentialStore = CredentialStore(
            settings.credentials, master_keys, busy_seconds=settings.busy_seconds
        )
        self.sharing: SharingState = SharingState(settings.credentials, busy_seconds=settings.busy_seconds)
        self.upstream = upstream
        self.changes: Changes = Changes(
            SharingState(settings.credentials, busy_seconds=settings.busy_seconds),
            upstream,
            2 * settings.upstream_seconds + 10,
        )
        self.master_keys = master_keys
        self._lookup = CredentialLookup(self.store, TokenSealer(master_keys), clock)
        self._replay = ReplayGuard(settings.replay_capacity) if settings.replay_capacity else None
        self.log = log
        self._making: dict[tuple[int, str], asyncio.Future[Authorizer]] = {}
        self._inflight = 0
        self.readers: Readers = Readers(settings.concurrency)

    def close(self) -> None:
        """Close the databases."""
        self.changes.close()
        self.sharing.close()
        self.store.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            raise RuntimeError(f"a gateway serves HTTP, not {scope['type']}")
        await Exchange(self, scope, receive, send, str(uuid.uuid4())).run()

    @contextlib.contextmanager
    def take_place(self) -> Iterator[None]:
        """Hold one of the places for requests that are answered at a time.

        Raises
        ------
        RefusedError
            All are taken.
        """
        if self._inflight >= self.settings.concurrency:
            raise RefusedError(503, "RequestLimitExceeded", "Request limit exceeded.", "overload")
        self._inflight += 1
        self.metrics.inflight.set(self._inflight)
        try:
            yield
        finally:
            self._inflight -= 1
            self.metrics.inflight.set(self._inflight)

    def verify(self, request: HttpRequest, now: datetime) -> tuple[Verified, Caller]:
        """Return who signed a request.

        Raises
        ------
        SignatureError, CredentialError
        """
        verified = verify_request(
            request,
            keys=self._lookup,
            now=now,
            tolerate=self.settings.tolerate,
            regions=self.settings.regions,
            services=("ec2", "sts"),
        )
        found = self._lookup.find(verified.access_key_id, verified.token)
        if found is None:  # deactivated since
            raise SignatureError("InvalidClientTokenId", "the access key was just deactivated")
        return verified, find_caller(found[0], self.policies)

    def admit(self, verified: Verified, now: datetime) -> None:
        """Refuse a request that was received before; for those alone that change something.

        Raises
        ------
        SignatureError
        """
        if self._replay is not None:
            self._replay.admit_request(verified, now, WINDOW)

    async def find_authorizer(self, policies: Policies, session: Session | None) -> Authorizer:
        """Return who decides about a caller; the table of a session is compiled beside the event loop."""
        found = policies.find_authorizer(session)
        if found is not None:
            return found
        assert session is not None
        # Requests that come together wait for one compilation.
        key = (id(policies), session.access_key_id)
        making = self._making.get(key)
        if making is None:
            making = self._making[key] = asyncio.ensure_future(asyncio.to_thread(policies.make_authorizer, session))
            making.add_done_callback(lambda _: self._making.pop(key))
        try:
            return await asyncio.shield(making)
        except PolicyError as error:
            raise RefusedError(
                403, "UnauthorizedOperation", "You are not authorized to perform this operation.", "denied",
                f"a session policy cannot be compiled: {error}",
            ) from None  # fmt: skip
