"""Columns whose values were read before: batches give their codes alone."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest
from engine import compile_world
from strategies import USERS
from tables import CROWDED, small_tables

import gatewright as gw
from gatewright.runtime import RequestError

pa = pytest.importorskip("pyarrow")

ACTIONS = ["s3:GetObject", "s3:PutObject", "no:Such"]
RESOURCES = ["arn:aws:s3:::plums", "*", "arn:aws:s3:::pears/x", ""]
NAMES = ["mara", "É", "", "k"]
TAGS: list[Any] = [["a"], ["a", "xb"], [], "zb"]


def authorizer(name: str = "texts") -> gw.Authorizer:
    """Return a new authorizer."""
    return gw.Authorizer(small_tables()[name])


def answers(result: gw.BatchResult) -> list[tuple[int, int, tuple[str, ...]]]:
    """Return what a batch decided."""
    return [(int(result.decision[i]), int(result.statement[i]), result.unknown_keys(i)) for i in range(len(result))]


def make_codes(count: int, seed: int) -> dict[str, Any]:
    """Return codes of columns; those of keys and the resource are missing now and then."""
    chance = np.random.default_rng(seed)
    return {
        "principal": chance.integers(0, 2, count, dtype=np.int32),
        "action": chance.integers(0, len(ACTIONS), count, dtype=np.int32),
        "resource": chance.integers(-1, len(RESOURCES), count, dtype=np.int32),
        "aws:username": chance.integers(-1, len(NAMES), count, dtype=np.int32),
        "aws:TagKeys": chance.integers(-1, len(TAGS), count, dtype=np.int32),
        "aws:NobodyAsks": chance.integers(-1, 1, count, dtype=np.int32),
    }


VALUES: dict[str, list[Any]] = {
    "principal": USERS[:2],
    "action": ACTIONS,
    "resource": RESOURCES,
    "aws:username": NAMES,
    "aws:TagKeys": TAGS,
    "aws:NobodyAsks": ["x"],
}


@pytest.mark.parametrize("others", [False, True])
@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("count", [0, 1, 33, 500])
def test_codes_equal_values(count: int, threads: int, others: bool) -> None:
    """A batch of codes decides as one of the values themselves does, whatever missing keys are, again and again."""
    asked = authorizer()
    handles = {name: asked.column(name, values) for name, values in VALUES.items()}
    options: dict[str, Any] = {"unknown": gw.OTHERS} if others else {}
    for seed in (count, count + 1):
        codes = make_codes(count, seed)
        plain = {name: [VALUES[name][i] if i >= 0 else None for i in codes[name]] for name in VALUES}
        taken = {name: handles[name].take(codes[name]) for name in VALUES}
        expected = answers(asked.authorize_batch(plain, **options))
        assert answers(asked.authorize_batch(taken, threads=threads, **options)) == expected
        if count == 500:
            assert len({decision for decision, _, _ in expected}) > 1


@pytest.mark.parametrize(
    "form",
    [
        pa.array,
        lambda values: pa.array(values, pa.large_string()),
        lambda values: pa.array(values).dictionary_encode(),
        lambda values: pa.array(values[::-1]).dictionary_encode().take(pa.array(range(len(values) - 1, -1, -1))),
        lambda values: pa.chunked_array([values[:1], values[1:]]),
        np.array,
        tuple,
    ],
)
def test_values_of_any_array(form: Any) -> None:
    """Value i stays value i, in whatever form the values come."""
    asked = authorizer()
    handle = asked.column("resource", form(RESOURCES))
    assert [handle[i] for i in range(len(handle))] == RESOURCES
    columns = {"principal": [USERS[0]] * 4, "action": ["s3:PutObject"] * 4}
    taken = asked.authorize_batch({**columns, "resource": handle.take(np.arange(4))})
    assert answers(taken) == answers(asked.authorize_batch({**columns, "resource": RESOURCES}))


def test_no_requests_have_no_codes() -> None:
    """An empty list is a list of codes."""
    asked = authorizer()
    columns = {name: asked.column(name, values).take([]) for name, values in VALUES.items()}
    assert len(asked.authorize_batch(columns)) == 0


def test_a_handle_keeps_its_values() -> None:
    """What becomes of the caller's array does not matter: with OTHERS the values are read again."""
    asked = authorizer()
    texts = "".join(RESOURCES).encode()
    ends = np.cumsum([0, *map(len, RESOURCES)], dtype=np.int32)
    memory = bytearray(texts), bytearray(ends.tobytes())
    buffers = [None, pa.py_buffer(memory[1]), pa.py_buffer(memory[0])]
    handle = asked.column("resource", pa.Array.from_buffers(pa.string(), len(RESOURCES), buffers))
    memory[0][:] = b"x" * len(texts)
    memory[1][:] = b"\xff" * len(memory[1])
    assert [handle[i] for i in range(len(handle))] == RESOURCES
    columns = {"principal": USERS[:1] * 4, "action": ["s3:PutObject"] * 4}
    taken = asked.authorize_batch({**columns, "resource": handle.take(range(4))}, unknown=gw.OTHERS)
    assert answers(taken) == answers(asked.authorize_batch({**columns, "resource": RESOURCES}, unknown=gw.OTHERS))


def test_a_handle_is_read_by_many_threads_at_once() -> None:
    """The first batches with OTHERS find the handle unread for them."""
    asked = compile_world(CROWDED)
    values = [f"arn:aws:s3:::plums/{number}" for number in range(20_000)]
    handle = asked.column("resource", pa.array(values))
    columns = {"principal": [USERS[0]] * len(values), "action": ["s3:GetObject"] * len(values)}
    codes = np.arange(len(values), dtype=np.int32)
    expected = asked.authorize_batch({**columns, "resource": values}, unknown=gw.OTHERS)
    results: list[gw.BatchResult] = []

    def ask() -> None:
        taken = {**columns, "resource": handle.take(codes)}
        results.append(asked.authorize_batch(taken, unknown=gw.OTHERS, threads=2))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 4
    assert all((result.decision == expected.decision).all() for result in results)


@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        ("resource", "arn:aws:s3:::plums", "column `resource` is no array"),
        ("resource", 5, "column `resource` is no array"),
        ("action", ["s3:GetObject", None], "column `action` lacks value 1; a request without one has the code -1"),
        ("action", pa.array(["s3:GetObject", None]), "column `action` lacks value 1"),
        ("action", [5], "column `action` holds a value of type int; give text"),
        ("aws:username", [{}], "context key `aws:username` has a value of type dict"),
        ("unknown", [["a"]], "column `unknown` holds lists of keys; there is no handle of it"),
    ],
)
def test_wrong_values_are_refused(name: str, values: Any, message: str) -> None:
    """What is no column says so."""
    with pytest.raises(RequestError) as caught:
        authorizer().column(name, values)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("codes", "message"),
    [
        ([0, 4], "column `resource` has the code 4 for request 1; there are 4 values, counted from 0, and -1 is none"),
        ([-2, 0], "column `resource` has the code -2 for request 0; there are 4 values"),
        (np.array([0, 2**32], dtype=np.int64), "for request 1; there are 4 values"),
        (np.array([2**63, 0], dtype=np.uint64), "for request 0; there are 4 values"),
        ([0.0, 1.0], "the codes of column `resource` are no array of integers"),
        (5, "the codes of column `resource` are no array of integers"),
        ([[0, 1]], "the codes of column `resource` are no array of integers"),
        ([0], "column `resource` has 1 requests, the columns before it have 2"),
    ],
)
def test_wrong_codes_are_refused(codes: Any, message: str) -> None:
    """A code without value is read nowhere."""
    asked = authorizer()
    columns = {"principal": USERS[:1] * 2, "action": ["s3:PutObject"] * 2}
    with pytest.raises(RequestError) as caught:
        asked.authorize_batch({**columns, "resource": asked.column("resource", RESOURCES).take(codes)})
    assert message in str(caught.value)


def test_handles_of_other_tables_and_columns_are_refused() -> None:
    """A handle belongs to one table and one column."""
    asked = authorizer()
    columns = {"principal": USERS[:1], "action": ["s3:PutObject"]}
    foreign = authorizer("typed").column("resource", ["*"])
    with pytest.raises(RequestError, match="was made for another table"):
        asked.authorize_batch({**columns, "resource": foreign.take([0])})
    with pytest.raises(RequestError, match=r"column `aws:username` was given <gatewright column resource of 1 values>"):
        asked.authorize_batch({**columns, "aws:username": asked.column("resource", ["*"]).take([0])})
    with pytest.raises(RequestError, match="column `principal` has no value for request 0"):
        asked.authorize_batch({**columns, "principal": asked.column("principal", USERS[:1]).take([-1])})
    with pytest.raises(RequestError, match="column `action` is values alone; say with `take` which of them"):
        asked.authorize_batch({"principal": USERS[:1], "action": asked.column("action", ACTIONS)})
    with pytest.raises(TypeError, match="a handle belongs to its authorizer"):
        asked.column("resource", ["*"]).__reduce__()
