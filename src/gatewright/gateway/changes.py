"""Calls that change what is shared: the intent, the cloud, and the state, in an order that survives a crash anywhere.

See `gatewright.ec2.sharing_state` for what an intent means for decisions.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any
from weakref import WeakValueDictionary

from gatewright.ec2 import Ec2Call
from gatewright.ec2.sharing_changes import ATTRIBUTES, IDS, Change
from gatewright.ec2.sharing_state import Intent, PendingError, SharingError, SharingState
from gatewright.sharing import SharedItem

from .reply import RefusedError, unavailable
from .upstream import Answer, Upstream, UpstreamError
from .xml import AnswerError, find_texts

# Actions that make an image or a snapshot, and where their answers name it.
CREATES: Mapping[str, tuple[str, str]] = {
    "CopyImage": ("image", "imageId"),
    "CreateImage": ("image", "imageId"),
    "CreateRestoreImageTask": ("image", "imageId"),
    "RegisterImage": ("image", "imageId"),
    "CopySnapshot": ("snapshot", "snapshotId"),
    "CreateSnapshot": ("snapshot", "snapshotId"),
    "CreateSnapshots": ("snapshot", "snapshotSet/item/snapshotId"),
}
_VERSION = "2016-11-15"
_FIRST_REGION = "us-east-1"
_GONE = ("InvalidAMIID.NotFound", "InvalidAMIID.Unavailable", "InvalidSnapshot.NotFound")


class Changes:
    """Forwards calls that change what is shared.

    Parameters
    ----------
    state
        Of its own, since who asks another one does not wait for the disk; closed with it.
    doubt_seconds
        How long after it was begun an intent may still be another process's; later it is settled with what the cloud
        says.
    """

    def __init__(self, state: SharingState, upstream: Upstream, doubt_seconds: float) -> None:
        self._state = state
        self._upstream = upstream
        self._doubt_seconds = doubt_seconds
        self._locks: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()
        # SQLite writes one at a time; the event loop does not wait for the disk.
        self._writer = ThreadPoolExecutor(1, "sharing")

    def close(self) -> None:
        """End the writer, and close its database."""
        self._writer.shutdown()
        self._state.close()

    async def _write(self, function: Any, *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._writer, partial(function, *arguments))

    @contextlib.asynccontextmanager
    async def _turn(self, change: Change) -> AsyncIterator[None]:
        """Wait for the item: changes reach the cloud in the order in which the state makes them."""
        key = (change.kind, change.id)
        lock = self._locks.get(key)
        if lock is None:
            lock = self._locks[key] = asyncio.Lock()
        async with lock:
            yield

    async def forward(self, call: Ec2Call, change: Change, account: str, request_id: str) -> Answer:
        """Forward a call that changes one item.

        Raises
        ------
        RefusedError
            Nothing is known to be changed.
        """
        change = replace(change, region=call.region)
        async with self._turn(change):
            try:
                intent = await self._write(self._state.begin, change, request_id)
            except PendingError as error:
                raise unavailable(str(error)) from None
            try:
                answer = await self._upstream.fetch(call.parameters, account, call.region)
            except UpstreamError as error:
                if not error.is_sent:
                    await self._write(self._state.abandon, intent)
                raise unavailable(str(error)) from None  # where it was sent, the intent stays: the change is in doubt
            if 400 <= answer.status < 500:
                await self._write(self._state.abandon, intent)
            elif 200 <= answer.status < 300:
                is_done = await self._write(self._state.complete, intent)
                if not is_done:
                    # It took longer than others wait, and was settled by what the cloud said before it was done.
                    again = await self._write(self._state.begin, change, request_id)
                    await self.settle(again, account)
            return answer

    async def forward_creation(self, call: Ec2Call, account: str) -> Answer:
        """Forward a call that makes images or snapshots, which are its account's from then on."""
        try:
            answer = await self._upstream.fetch(call.parameters, account, call.region)
        except UpstreamError as error:
            raise unavailable(str(error)) from None
        if 200 <= answer.status < 300:
            kind, path = CREATES[call.action.removeprefix("ec2:")]
            for name in find_texts(answer.body, path):
                item = SharedItem("image" if kind == "image" else "snapshot", name, account)
                await self._write(self._state.register_made, item)
        return answer

    async def settle_old(self) -> int:
        """Settle the changes that are in doubt for long enough, and return how many are left."""
        now = datetime.now(UTC)
        for intent in await self._write(self._state.pending):
            if (now - intent.begun).total_seconds() < self._doubt_seconds:
                continue
            known = await self._write(self._state.find, intent.change.kind, intent.change.id)
            if known is not None:
                async with self._turn(intent.change):
                    with contextlib.suppress(UpstreamError, AnswerError, RefusedError, SharingError):
                        await self.settle(intent, known.item.owner)
        return await self.count_pending()

    async def count_pending(self) -> int:
        """Return how many changes are in doubt."""
        return len(await self._write(self._state.pending))

    async def settle(self, intent: Intent, account: str) -> None:
        """Settle a change with what the cloud says of the item now.

        Raises
        ------
        UpstreamError, AnswerError, RefusedError
            It says nothing; the intent stays.
        """
        change = intent.change
        if change.usable is None:
            grantees = await self._ask_grantees(change, account)
            await self._write(self._state.settle, intent, grantees, None)
        else:
            await self._write(self._state.settle, intent, None, await self._ask_usable(change, account))

    async def _ask_grantees(self, change: Change, account: str) -> list[str]:
        kind, attribute = change.kind, ATTRIBUTES[change.kind]
        action = "DescribeImageAttribute" if kind == "image" else "DescribeSnapshotAttribute"
        parameters = {"Action": action, "Version": _VERSION, "Attribute": attribute, IDS[kind]: change.id}
        answer = await self._upstream.fetch(parameters, account, change.region or _FIRST_REGION)
        if not 200 <= answer.status < 300 or find_texts(answer.body, f"{kind}Id") != [change.id]:
            raise unavailable(f"the cloud does not tell whom {change.id} is shared with")
        return [
            text
            for member in ("userId", "group", "organizationArn", "organizationalUnitArn")
            for text in find_texts(answer.body, f"{attribute}/item/{member}")
        ]

    async def _ask_usable(self, change: Change, account: str) -> bool:
        action, item, state = (
            ("DescribeImages", "imagesSet/item/imageId", "imagesSet/item/imageState")
            if change.kind == "image"
            else ("DescribeSnapshots", "snapshotSet/item/snapshotId", "")
        )
        parameters = {"Action": action, "Version": _VERSION, f"{IDS[change.kind]}.1": change.id}
        answer = await self._upstream.fetch(parameters, account, change.region or _FIRST_REGION)
        if 200 <= answer.status < 300:
            states = find_texts(answer.body, state) if state else []
            return change.id in find_texts(answer.body, item) and states in ([], ["available"])
        if answer.status < 500 and set(find_texts(answer.body, "Errors/Error/Code")) & set(_GONE):
            return False
        raise unavailable(f"the cloud does not tell whether {change.id} is there")
