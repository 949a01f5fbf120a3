"""Memory: deciding again and again, and failing again and again, keeps nothing."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from strategies import USERS
from tables import small_tables

import gatewright as gw
from gatewright.runtime import RequestError, TableFormatError

CONTEXT: dict[str, Any] = {
    "aws:username": "\udc80é",
    "aws:TagKeys": ["a", "\udc80", "zb"],
    "aws:SecureTransport": True,
    "x\udc80": "y",
}
ROW = (USERS[0], "sqs:SendMessage\udc80", "arn:aws:s3:::\udc80", CONTEXT, ["k\udc80"])
BAD = (*ROW[:3], {**CONTEXT, "aws:TagKeys": ["\udc80", 1.5]})


@cache
def authorizer() -> gw.Authorizer:
    """Compile a table once."""
    return gw.Authorizer(small_tables()["texts"])


def decide() -> None:
    authorizer().authorize(*ROW[:4], unknown=gw.OTHERS)


def explain() -> None:
    authorizer().explain(*ROW[:4])


def decide_batch() -> None:
    result = authorizer().authorize_batch([(*ROW[:4], gw.OTHERS), ROW] * 8, threads=2)
    result.unknown_keys(0)


def decide_columns() -> None:
    columns = {
        "principal": [USERS[0], "\udc80"],
        "action": ["s3:GetObject", "\udc80"],
        "aws:TagKeys": [["a"], ["\udc80"]],
    }
    authorizer().authorize_batch({**columns, "unknown": [gw.OTHERS, ["\udc80"]]}).unknown_keys(0)


def know() -> None:
    authorizer().knows("\udc80")


def fail() -> None:
    with pytest.raises(RequestError):
        authorizer().authorize(*BAD)


def fail_batch() -> None:
    with pytest.raises(RequestError):
        authorizer().authorize_batch([ROW, BAD])


def fail_columns() -> None:
    with pytest.raises(RequestError):
        authorizer().authorize_batch(
            {"principal": ["x", "y"], "action": ["x", "y"], "aws:TagKeys": [["\udc80"], [None]]}
        )


def open_again() -> None:
    gw.Authorizer(gw.Table(bytearray(bytes(authorizer().table)))).authorize(*ROW[:4])


def fail_to_open() -> None:
    with pytest.raises(TableFormatError):
        gw.Table(bytearray(bytes(authorizer().table)[:-1]))


WAYS = [decide, explain, decide_batch, decide_columns, know, fail, fail_batch, fail_columns, open_again, fail_to_open]


@pytest.mark.parametrize("way", WAYS)
def test_nothing_is_kept(way: Callable[[], None]) -> None:
    """Python's memory is as large after many rounds as after a few."""

    def used_after(rounds: int) -> int:
        for _ in range(rounds):
            way()
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        before = used_after(30)
        after = used_after(300)
    finally:
        tracemalloc.stop()
    # One object of 40 bytes kept in each round would be 12,000.
    assert after - before < 6_000


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="no /proc")
@pytest.mark.parametrize("way", [decide, decide_batch, fail_batch, open_again])
def test_the_process_does_not_grow(way: Callable[[], None]) -> None:
    """What C allocates is freed: the resident pages of the process stay as they are."""

    def pages_after(rounds: int) -> int:
        for _ in range(rounds):
            way()
        gc.collect()
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])

    before = pages_after(200)
    after = pages_after(1_500)
    # A scratch of this table is about 500 bytes: kept in each round, it would be 180 pages and more.
    assert after - before < 150
