"""Batches: every form of the same requests gives what asking one by one gives."""

from __future__ import annotations

import random
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import numpy as np
import pytest
from engine import compile_world
from strategies import ROLES, ROOT, STRANGER, USERS, World
from tables import CROWDED, TEXTS, TYPED, document, small_tables, statement

import gatewright as gw
from gatewright.runtime import BatchResult, RequestError
from gatewright.runtime._batch import Batch
from gatewright.runtime._engine import Engine

MIXED = World(
    (*TEXTS.documents[:2], *TYPED.documents, TEXTS.documents[2]),
    {ROOT: (), USERS[0]: (0, 1, 2), USERS[1]: (0, 2), ROLES[0]: (1, 2)},
    {USERS[1]: 3},
)
SESSION = ROLES[0].replace(":iam:", ":sts:").replace(":role/", ":assumed-role/") + "/x"
VALUES: dict[str, list[Any]] = {
    "aws:username": ["mara", "É", "é", "k", "\u212a", "", None, "m\udc80", "nul\x00", "é" * 9],
    "aws:TagKeys": [["a"], ["a", "xb"], [], [""], "a", ["zb", "é"], None, ["a", "b"]],
    "aws:SecureTransport": [True, False, "TRUE", "x", None],
    "kms:EncryptionContext:blob": ["QQ==", "QR==", "QUI=", "?", None],
    "aws:PrincipalArn": [USERS[0], ROLES[0], "no arn", None],
    "aws:MultiFactorAuthAge": [5, 10, "1e1", "-2.5", "ten", 10**400, None],
    "aws:CurrentTime": ["2024-02-29", "2030-01-01T00:00:00Z", "x", None],
    "aws:SourceIp": ["203.0.113.9", "2001:db8::1", "::ffff:1.2.3.4", "x", None],
    "aws:VpcSourceIp": [["10.1.1.1"], ["11.1.1.1", "x"], None],
    "aws:NobodyAsks": ["x", None, 3],
}
ACTIONS = [
    "s3:GetObject",
    "S3:getobject",
    "s3:PutObject",
    "sqs:SendMessage",
    "sns:Publish",
    "kms:Decrypt",
    "iam:GetUser",
    "sts:GetCallerIdentity",
    "",
    "no:Such",
    "s3:Get\udc80",
]
RESOURCES = ["arn:aws:s3:::pears/x", "arn:aws:s3:::plums", "*", "arn:aws:s3:::é/\x00", None, ""]
Request = tuple[str, str, str | None, dict[str, Any], Any]


@cache
def authorizer() -> gw.Authorizer:
    """Compile the world once."""
    return compile_world(MIXED)


def make_requests(count: int, seed: int, *, unknown: bool = True) -> list[Request]:
    """Make requests over few values, in no order."""
    chance = random.Random(seed)
    requests: list[Request] = []
    for _ in range(count):
        names = chance.sample(list(VALUES), chance.randint(0, 6))
        context = {chance.choice([name, name.upper(), name.lower()]): chance.choice(VALUES[name]) for name in names}
        others: list[Any] = [(), (), gw.OTHERS, ["aws:username"], ["AWS:TagKeys", "x:y"], "aws:SourceIp", None]
        requests.append(
            (
                chance.choice([*USERS, ROLES[0], SESSION, ROOT, STRANGER, "", "no arn \udc80"]),
                chance.choice(ACTIONS),
                chance.choice(RESOURCES if unknown else RESOURCES[:4]),
                context,
                chance.choice(others) if unknown else (),
            )
        )
    return requests


def ask(request: Request, unknown: Any = None) -> tuple[int, int, tuple[str, ...]]:
    """Decide one request by itself."""
    principal, action, resource, context, own = request
    answer = authorizer().authorize(principal, action, resource, context, unknown=own if unknown is None else unknown)
    return answer.decision, answer.statements[0].index if answer.statements else -1, answer.unknown_keys


def answers(result: BatchResult) -> list[tuple[int, int, tuple[str, ...]]]:
    """Return the answers of a batch in the form of `ask`."""
    assert result.decision.dtype == np.uint8
    assert result.statement.dtype == np.int32
    assert result.decision.shape == result.statement.shape == (len(result),)
    return [(int(result.decision[i]), int(result.statement[i]), result.unknown_keys(i)) for i in range(len(result))]


def as_dict(request: Request) -> dict[str, Any]:
    """Return a request as a dict."""
    return dict(zip(("principal", "action", "resource", "context", "unknown"), request, strict=True))


SIZES = [0, 1, 2, 63, 64, 65, 127, 128, 129, 1000]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("threads", [1, 2, 3, 8])
def test_a_batch_of_rows_equals_single_requests(size: int, threads: int) -> None:
    """Dicts and tuples, with unknown keys and several spellings, on any number of threads."""
    requests = make_requests(size, size)
    expected = [ask(request) for request in requests]
    assert answers(authorizer().authorize_batch(requests, threads=threads)) == expected
    assert answers(authorizer().authorize_batch([as_dict(r) for r in requests], threads=threads)) == expected
    if size == 1000:
        assert {decision for decision, _, _ in expected} == set(gw.Decision)


@pytest.mark.parametrize("parts", [2, 3, 4, 5])
def test_parts_may_be_left_out(parts: int) -> None:
    """Two to five parts; those left out are `*`, no context and nothing unknown."""
    requests = make_requests(200, parts)
    rows = [request[:parts] for request in requests]
    whole = [(*row, *("*", None, ())[parts - 2 :]) for row in rows]
    expected = [ask(request) for request in whole]
    names = ("principal", "action", "resource", "context", "unknown")
    assert answers(authorizer().authorize_batch(rows)) == expected
    assert answers(authorizer().authorize_batch([list(row) for row in rows])) == expected
    assert answers(authorizer().authorize_batch([dict(zip(names, row, strict=False)) for row in rows])) == expected


def test_others_of_the_batch() -> None:
    """OTHERS for the batch is OTHERS for each request that says nothing more."""
    requests = [(*request[:4], ()) for request in make_requests(300, 4)]
    expected = [ask(request, gw.OTHERS) for request in requests]
    assert answers(authorizer().authorize_batch(requests, unknown=gw.OTHERS)) == expected


def test_contexts_may_be_any_mapping() -> None:
    """A mapping that is no dict is read as one."""

    class Odd(Mapping[str, Any]):
        def __init__(self, values: dict[str, Any]) -> None:
            self.values_ = values

        def __getitem__(self, key: str) -> Any:
            return self.values_[key]

        def __iter__(self) -> Iterator[str]:
            return iter(self.values_)

        def __len__(self) -> int:
            return len(self.values_)

    requests = make_requests(100, 5)
    odd = [(p, a, r, Odd(context), u) for p, a, r, context, u in requests]
    expected = [ask(request) for request in requests]
    assert [ask(request) for request in odd] == expected  # type: ignore[arg-type]
    assert answers(authorizer().authorize_batch(odd)) == expected


# ---- columns ----

NAMES = list(VALUES)


def columns_of(requests: list[Request]) -> dict[str, list[Any]]:
    """Return requests as columns; a key that a request does not name is None."""
    columns: dict[str, list[Any]] = {
        "principal": [r[0] for r in requests],
        "action": [r[1] for r in requests],
        "resource": [r[2] for r in requests],
    }
    for name in NAMES:
        columns[name] = [{k.lower(): v for k, v in r[3].items()}.get(name.lower()) for r in requests]
    columns["unknown"] = [r[4] for r in requests]
    return columns


def as_array(values: list[Any]) -> Any:
    """Return an object array, whatever the values are."""
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("form", [list, tuple, as_array])
def test_a_dict_of_columns_equals_single_requests(size: int, form: Callable[[list[Any]], Any]) -> None:
    """Lists, tuples and object arrays, with a column of unknown keys that may say OTHERS."""
    requests = make_requests(size, size + 1)
    columns = {name: form(column) for name, column in columns_of(requests).items()}

    def alone(request: Request) -> tuple[int, int, tuple[str, ...]]:
        # A missing value in a column is absent, or unknown where OTHERS are.
        context = {k: v for k, v in request[3].items() if v is not None or request[4] is not gw.OTHERS}
        return ask((*request[:3], context, request[4]))

    assert answers(authorizer().authorize_batch(columns)) == [alone(request) for request in requests]


def test_columns_of_the_batch_with_others() -> None:
    """With OTHERS a missing value is an unknown one, also of keys without a column."""
    requests = [(*request[:4], ()) for request in make_requests(300, 6)]
    columns = columns_of(requests)
    del columns["unknown"], columns["aws:SourceIp"]

    def alone(request: Request) -> tuple[int, int, tuple[str, ...]]:
        kept = {k: v for k, v in request[3].items() if v is not None and k.lower() != "aws:sourceip"}
        return ask((*request[:3], kept, gw.OTHERS))

    result = authorizer().authorize_batch(columns, unknown=gw.OTHERS)
    assert answers(result) == [alone(request) for request in requests]


def test_arrays_of_one_type() -> None:
    """Arrays of text, booleans and integers are columns; a masked value is a missing one."""
    count = 200
    chance = random.Random(7)
    transport = np.array([chance.random() < 0.5 for _ in range(count)])
    age = np.array([chance.randint(-5, 1000) for _ in range(count)], dtype=np.int16)
    names = np.array([chance.choice(["mara", "é", "É", "otis"]) for _ in range(count)])
    masked = np.ma.MaskedArray(names, mask=transport)
    columns = {
        "principal": np.array([USERS[0]] * count),
        "action": np.array([chance.choice(["s3:GetObject", "sns:Publish", "iam:GetUser"]) for _ in range(count)]),
        "resource": np.array([chance.choice(["arn:aws:s3:::pears/x", "*"]) for _ in range(count)]),
        "aws:SecureTransport": transport,
        "aws:MultiFactorAuthAge": age,
        "aws:username": masked,
        "x:unsigned": age.astype(np.uint64),
    }
    expected = [
        ask(
            (
                USERS[0],
                str(columns["action"][i]),
                str(columns["resource"][i]),
                {
                    "aws:SecureTransport": bool(transport[i]),
                    "aws:MultiFactorAuthAge": int(age[i]),
                    "aws:username": None if transport[i] else str(names[i]),
                },
                (),
            )
        )
        for i in range(count)
    ]
    assert answers(authorizer().authorize_batch(columns)) == expected
    assert len(set(expected)) > 3


@pytest.mark.parametrize("groups", [62, 63, 64, 65, 66, 128, 129, 200])
def test_values_that_no_row_answers(groups: int) -> None:
    """Values that several automata match get rows of their own, in spaces of 64; so do lists."""
    table = small_tables()["crowded"]
    asked = gw.Authorizer(table)
    prefixes = [f"0{'z' * i}x0{i % 3}" for i in range(groups)]
    arns = [[f"arn:aws:a{i}s:b:c:x{i}", f"arn:aws:s{i}:b:cc:x"] for i in range(groups)]
    requests = [
        (USERS[0], "s3:GetObject", f"arn:aws:s3:::0{i}1{i}2a{i % 10}{i % 7}{i % 3}/{i % 3}xy",
         {"s3:prefix": prefixes[i], "aws:SourceArn": arns[i]})
        for i in range(groups)
    ]  # fmt: skip
    single = [asked.authorize(*request) for request in requests]
    result = asked.authorize_batch(requests)
    assert result.decision.tolist() == [int(answer.decision) for answer in single]
    assert result.statement.tolist() == [a.statements[0].index if a.statements else -1 for a in single]


# ---- Arrow ----


def test_arrow_tables_equal_single_requests() -> None:
    """Tables, batches, readers, in chunks and with dictionaries; texts of every width; lists; nulls."""
    pa = pytest.importorskip("pyarrow")
    requests = [
        (p, a, r, {k: v for k, v in c.items() if not isinstance(v, str) or v.isprintable()}, u)
        for p, a, r, c, u in make_requests(500, 8)
        if p.isprintable() and a.isprintable() and u is not gw.OTHERS
    ]
    columns = columns_of(requests)
    texts = ["principal", "action", "resource", "aws:username", "kms:EncryptionContext:blob", "aws:CurrentTime"]
    lists = ["aws:TagKeys", "aws:VpcSourceIp"]
    expected = [ask(request) for request in requests]
    columns["unknown"] = [[keys] if isinstance(keys, str) else keys for keys in columns["unknown"]]

    def texts_of(values: list[Any]) -> list[Any]:
        return [str(value).lower() if isinstance(value, bool) else value and str(value) for value in values]

    def table_of(kind: Any) -> Any:
        arrays = {}
        for name, column in columns.items():
            if name in lists:
                values = [[v] if isinstance(v, str) else v for v in column]
                arrays[name] = pa.array(values, pa.list_(pa.string()))
            elif name == "unknown":
                arrays[name] = pa.array(column, pa.list_(pa.string()))
            elif name == "aws:MultiFactorAuthAge":
                arrays[name] = pa.array(["x" if v == 10**400 else v for v in texts_of(column)], pa.string())
            else:
                array = pa.array(texts_of(column), pa.large_string())
                arrays[name] = array.dictionary_encode() if kind == "dictionary" else array.cast(kind)
        return pa.table(arrays)

    # A list of one text and the text alone differ only for plain operators, which no list key has here.
    assert set(texts) < set(columns)
    for kind in (pa.string(), pa.large_string(), pa.string_view(), "dictionary"):
        table = table_of(kind)
        for form in (
            table,
            table.combine_chunks().to_batches()[0],
            pa.concat_tables([table.slice(0, 100), table.slice(100, 0), table.slice(100)]),
            pa.RecordBatchReader.from_batches(table.schema, table.to_batches(max_chunksize=64)),
            table.combine_chunks().to_struct_array(),
            {name: table.column(name) for name in table.column_names},
        ):
            assert answers(authorizer().authorize_batch(form)) == expected, (kind, type(form))
    empty = authorizer().authorize_batch(table_of(pa.string()).slice(0, 0))
    assert len(empty) == 0


def test_arrow_columns_of_other_types() -> None:
    """Booleans, integers of any width and timestamps of any unit are texts; null columns have no values."""
    pa = pytest.importorskip("pyarrow")
    count = 4
    instants = [-1, 0, 1_709_164_800, None]
    base = {"principal": pa.array([USERS[0]] * count), "action": pa.array(["s3:GetObject"] * count)}

    def decide(name: str, column: Any) -> list[Any]:
        return answers(authorizer().authorize_batch(pa.table({**base, name: column}), unknown=gw.OTHERS))

    def alone(name: str, values: list[Any]) -> list[Any]:
        contexts = [{} if value is None else {name: value} for value in values]
        return [ask((USERS[0], "s3:GetObject", "*", context, gw.OTHERS)) for context in contexts]

    texts = ["1969-12-31T23:59:59Z", "1970-01-01T00:00:00Z", "2024-02-29T00:00:00Z", None]
    for unit, factor in (("s", 1), ("ms", 10**3), ("us", 10**6), ("ns", 10**9)):
        scaled = [None if instant is None else instant * factor for instant in instants]
        for zone in (None, "UTC", "+05:00"):
            column = pa.array(scaled, pa.int64()).cast(pa.timestamp(unit, zone))
            assert decide("aws:CurrentTime", column) == alone("aws:CurrentTime", texts), (unit, zone)
    nanoseconds = pa.array([1_709_208_000_500_000_000 + n for n in (-1, 0, 1, 2)], pa.timestamp("ns"))
    exact = [f"2024-02-29T12:00:00.{500_000_000 + n}Z" for n in (-1, 0, 1, 2)]
    assert decide("aws:CurrentTime", nanoseconds) == alone("aws:CurrentTime", exact)
    for kind in (pa.int8(), pa.int64(), pa.uint32()):
        assert decide("aws:MultiFactorAuthAge", pa.array([1, 10, None, 100], kind)) == alone(
            "aws:MultiFactorAuthAge", [1, 10, None, 100]
        )
    coded = pa.array([1, 10, None, 1]).dictionary_encode()
    assert decide("aws:MultiFactorAuthAge", coded) == alone("aws:MultiFactorAuthAge", [1, 10, None, 1])
    assert decide("aws:SecureTransport", pa.array([True, None, False, True])) == alone(
        "aws:SecureTransport", [True, None, False, True]
    )
    assert decide("aws:username", pa.nulls(count)) == alone("aws:username", [None] * count)


def test_arrow_dictionaries_with_nulls_and_narrow_codes() -> None:
    """A null may be a code or an entry of the dictionary; chunks may have more entries than their codes can tell."""
    pa = pytest.importorskip("pyarrow")
    names = ["mara", None, "é", "mara"]
    coded = pa.DictionaryArray.from_arrays(pa.array([0, 1, 2, None, 3], pa.int8()), pa.array(names))
    count = len(coded)
    table = pa.table({"principal": [USERS[0]] * count, "action": ["iam:GetUser"] * count, "aws:username": coded})
    expected = [ask((USERS[0], "iam:GetUser", "*", {"aws:username": n}, ())) for n in ["mara", None, "é", None, "mara"]]
    assert answers(authorizer().authorize_batch(table)) == expected
    chunks = [pa.array([f"{k}-{i}" for i in range(100)]).dictionary_encode().cast(pa.dictionary(pa.int8(), pa.string()))
              for k in range(3)]  # fmt: skip
    many = pa.chunked_array(chunks)
    table = pa.table({"principal": [USERS[0]] * 300, "action": ["iam:GetUser"] * 300, "aws:username": many})
    assert len(set(answers(authorizer().authorize_batch(table)))) == 1


def test_arrow_from_other_libraries() -> None:
    """A frame of polars or pandas is a batch, and so is a dict of their columns."""
    polars = pytest.importorskip("polars")
    names = ("mara", "é", None)
    requests = [(USERS[0], action, "*", {"aws:username": name}, ()) for action in ACTIONS[:7] for name in names]
    columns = {
        "principal": [r[0] for r in requests],
        "action": [r[1] for r in requests],
        "aws:username": [r[3]["aws:username"] for r in requests],
    }
    expected = [ask(request) for request in requests]
    frame = polars.DataFrame(columns)
    assert answers(authorizer().authorize_batch(frame)) == expected
    coded = frame.with_columns(polars.col("action").cast(polars.Categorical))
    assert answers(authorizer().authorize_batch(coded)) == expected
    assert answers(authorizer().authorize_batch({name: frame[name] for name in frame.columns})) == expected


def test_frames_of_pandas() -> None:
    """A frame of pandas is a batch through the Arrow interface."""
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"principal": [USERS[0]] * 2, "action": ["s3:GetObject", "sns:Publish"]})
    expected = [ask((USERS[0], action, "*", {}, ())) for action in ("s3:GetObject", "sns:Publish")]
    assert answers(authorizer().authorize_batch(frame)) == expected


# ---- what is refused ----

GOOD = (USERS[0], "s3:GetObject", "*", {}, ())


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (0, None, "the principal must be text, not NoneType"),
        (0, b"x", "the principal must be text, not bytes"),
        (0, ["x"], "the principal must be text, not list"),
        (1, 3, "the action must be text, not int"),
        (2, 3, "the resource must be text, not int"),
        (3, [("a", "b")], "the context must be a mapping from keys to values, not list"),
        (3, {3: "x"}, "a context key must be text, not int"),
        (3, {("a",): "x"}, "a context key must be text, not tuple"),
        (3, {"aws:username": 1.5}, "context key `aws:username` has a value of type float"),
        (3, {"x:y": b"z"}, "context key `x:y` has a value of type bytes"),
        (3, {"aws:TagKeys": ["a", None]}, "context key `aws:TagKeys` has a value of type NoneType"),
        (3, {"aws:username": {"a": "b"}}, "context key `aws:username` has a value of type dict"),
        (3, {"aws:UserName": "a", "aws:username": "b"}, "context key `aws:username` is given twice"),
        (3, {"aws:UserName": None, "AWS:username": "b"}, "context key `AWS:username` is given twice"),
        (4, 3, "`unknown` must be OTHERS or a list of keys, not int"),
        (4, [3], "an unknown key must be text, not int"),
    ],
)
def test_wrong_types_are_refused(place: int, value: Any, message: str) -> None:
    """One clear message for the single request; in a batch it tells which request."""
    bad: Any = (*GOOD[:place], value, *GOOD[place + 1 :])
    with pytest.raises(RequestError) as single:
        ask(bad)
    assert message in str(single.value)
    with pytest.raises(RequestError) as batch:
        authorizer().authorize_batch([GOOD, bad, GOOD])
    assert str(batch.value).startswith("request 1: ")
    assert message in str(batch.value)
    # The next request is decided as ever.
    assert ask(GOOD) == ask((*GOOD[:3], {}, ()))


@pytest.mark.parametrize(
    ("requests", "message"),
    [
        (3, "a batch is a list of requests, a dict of columns or Arrow data, not int"),
        ("abcd", "a batch is a list of requests, a dict of columns or Arrow data, not str"),
        ([GOOD, "abcd"], "request 1 must be a dict or a tuple, not str"),
        ([GOOD, 7], "request 1 must be a dict or a tuple, not int"),
        ([GOOD[:1]], "request 0 has 1 parts; give two to five"),
        ([(*GOOD, 1)], "request 0 has 6 parts; give two to five"),
        ([{"principal": "x"}], "request 0 has no `action`"),
        ([{"action": "x"}], "request 0 has no `principal`"),
        ([{"principal": "x", "action": "y", "ressource": "z"}], "request 0 has a part `ressource`"),
        ({"principal": ["x"]}, "the batch has no column `action`"),
        ({"principal": "x", "action": "y"}, "column `principal` is no array"),
        ({"principal": ["x"], "action": iter("y")}, "column `action` is no array"),
        ({"principal": ["x"], "action": ["y", "z"]}, "column `action` has 2 requests, the columns before it have 1"),
        ({"principal": ["x"], "action": [None]}, "column `action` has no value for request 0"),
        ({"principal": ["x"], "action": [1]}, "column `action` holds a value of type int"),
        ({"principal": ["x"], "action": np.array([1])}, "column `action` holds a value of type int"),
        ({"principal": [["x"]], "action": ["y"]}, "column `principal` holds a value of type list"),
        ({"principal": ["x"], "action": ["y"], "resource": [("z",)]}, "column `resource` holds a value of type tuple"),
        ({"principal": ["x"], "action": ["y"], "a:b": [1.5]}, "context key `a:b` has a value of type float"),
        ({"principal": ["x"], "action": ["y"], "a:b": np.array([[1]])}, "column `a:b` has 2 dimensions; give one"),
        ({"principal": ["x"], "action": ["y"], 3: ["z"]}, "a context key must be text, not int"),
        ({"principal": ["x"], "action": ["y"], "unknown": 3}, "column `unknown` is no array"),
        ({"principal": ["x"], "action": ["y"], "unknown": [[], []]}, "column `unknown` has 2 requests"),
        ({"principal": ["x"], "action": ["y"], "unknown": [[3]]}, "request 0: an unknown key must be text, not int"),
        ({"principal": ["x"], "action": ["y"], "unknown": [3]}, "request 0: `unknown` must be OTHERS or a list"),
        (
            {"principal": ["x"], "action": ["y"], "aws:username": ["a"], "AWS:UserName": ["b"]},
            "the columns `aws:username` and `AWS:UserName` are one key",
        ),
    ],
)
def test_wrong_shapes_are_refused(requests: Any, message: str) -> None:
    """The message names the request or the column, and nothing is decided."""
    with pytest.raises(RequestError) as error:
        authorizer().authorize_batch(requests)
    assert str(error.value).startswith(message)
    assert "\n" not in str(error.value)


def test_wrong_arrow_data_is_refused() -> None:
    """Arrow data that is no table, has a column twice, or values that cannot be read."""
    pa = pytest.importorskip("pyarrow")
    good = {"principal": ["x"], "action": ["y"]}
    broken = pa.Array.from_buffers(pa.string(), 1, [None, pa.py_buffer(b"\0\0\0\0\1\0\0\0"), pa.py_buffer(b"\xff")])
    twice = pa.table([["x"], ["y"], ["y"]], names=["principal", "action", "action"])
    for data, message in [
        (pa.array(["x"]), "the Arrow data is no table of requests"),
        (pa.chunked_array([["x"]]), "the Arrow data is no table of requests"),
        (twice, "the batch has two columns `action`"),
        (pa.table({**good, "a:b": pa.array([1.5])}), "context key `a:b` has a value of type float"),
        (pa.table({**good, "a:b": pa.array([b"z"])}), "context key `a:b` has a value of type bytes"),
        (pa.table({"principal": [1], "action": ["y"]}), "column `principal` holds a value of type int"),
        (pa.table({**good, "a:b": broken}), "column `a:b` cannot be read"),
        (pa.table({"principal": pa.nulls(1), "action": ["y"]}), "column `principal` has no value for request 0"),
    ]:
        with pytest.raises(RequestError) as error:
            authorizer().authorize_batch(data)
        assert str(error.value).startswith(message)
        assert "\n" not in str(error.value)


@pytest.mark.parametrize("unknown", [["a:b"], "a:b", 3])
def test_a_batch_has_no_unknown_keys_but_others(unknown: Any) -> None:
    """Keys are unknown request by request."""
    with pytest.raises(RequestError, match="OTHERS or nothing"):
        authorizer().authorize_batch([GOOD], unknown=unknown)


@pytest.mark.parametrize("threads", [0, -1])
def test_a_batch_needs_a_thread(threads: int) -> None:
    """No thread decides nothing."""
    with pytest.raises(RequestError, match="one thread or more"):
        authorizer().authorize_batch([GOOD], threads=threads)


def test_long_and_odd_texts_are_decided() -> None:
    """A megabyte, NUL characters and lone surrogates are texts like others, in every part."""
    long = "x" * (1 << 20)
    for text in (long, "é" * (1 << 19), "\x00", "a\x00b", "\ud800", "\udfff" * 100):
        requests: list[Request] = [
            (text, "s3:GetObject", "*", {}, ()),
            (USERS[0], text, "*", {}, ()),
            (USERS[0], "s3:GetObject", text, {}, ()),
            *[(USERS[0], "s3:GetObject", "*", {name: text}, ()) for name in NAMES],
            (USERS[0], "s3:GetObject", "*", {"aws:TagKeys": [text, "a"], text: "x"}, [text]),
        ]
        expected = [ask(request) for request in requests]
        assert answers(authorizer().authorize_batch(requests)) == expected
        assert not any(decision == gw.Decision.ALLOW for decision, _, _ in expected[:2])


def test_text_of_a_subclass_is_its_text() -> None:
    """What a subclass of str says of itself, by str, hash or equality, does not matter."""

    class Sly(str):
        def __str__(self) -> str:
            return "mara"

    plain = ask((USERS[0], "iam:GetUser", "*", {"aws:username": "é"}, ()))
    assert ask((USERS[0], "iam:GetUser", "*", {"aws:username": Sly("é")}, ())) == plain
    rows = [(USERS[0], "iam:GetUser", "*", {"aws:username": Sly("é")})]
    assert answers(authorizer().authorize_batch(rows)) == [plain]


def test_a_user_below_a_users_path_is_another_user() -> None:
    """Only a role session is found without its last part (R56)."""
    for principal in (USERS[0] + "/x", ROLES[0] + "/x", SESSION.replace(":sts:", ":iam:"), SESSION + "/y"):
        assert not authorizer().knows(principal), principal
    assert authorizer().knows(SESSION)
    assert not authorizer().knows(SESSION.rpartition("/")[0] + "/")


# ---- threads ----


def test_threads_share_an_authorizer() -> None:
    """Requests whose reading runs Python code, from many threads at once, do not mix."""
    requests = make_requests(400, 9)
    expected = [ask(request) for request in requests]

    class Slow(dict[str, Any]):
        def __iter__(self) -> Iterator[str]:
            for key in list(dict.keys(self)):
                never.wait(0)  # lets another thread in
                yield key

        def keys(self) -> Any:
            return iter(self)

    never = threading.Event()

    def one_by_one(seed: int) -> bool:
        order = list(range(len(requests)))
        random.Random(seed).shuffle(order)
        return all(ask((*requests[i][:3], Slow(requests[i][3]), requests[i][4])) == expected[i] for i in order)

    def in_batches(seed: int) -> bool:
        return answers(authorizer().authorize_batch(requests, threads=1 + seed % 3)) == expected

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as pool:
            jobs = [pool.submit(one_by_one if n % 2 else in_batches, n) for n in range(16)]
            assert [job.result() for job in jobs] == [True] * 16
    finally:
        sys.setswitchinterval(before)


def test_a_request_inside_a_request() -> None:
    """A mapping that asks the same authorizer while it is read changes nothing."""

    class Nested(Mapping[str, Any]):
        def __getitem__(self, key: str) -> Any:
            other = ask((USERS[1], "sns:Publish", "*", {"aws:SecureTransport": True, "aws:username": "z"}, gw.OTHERS))
            assert other[0] in set(gw.Decision)
            return {"aws:username": "é", "aws:SecureTransport": False}[key]

        def __iter__(self) -> Iterator[str]:
            return iter(["aws:username", "aws:SecureTransport"])

        def __len__(self) -> int:
            return 2

    plain = {"aws:username": "é", "aws:SecureTransport": False}
    for action in ACTIONS:
        nested: Any = (USERS[0], action, "*", Nested(), ())
        assert ask(nested) == ask((USERS[0], action, "*", plain, ()))


def test_deciding_lets_other_threads_run() -> None:
    """While a batch is decided another thread gets the GIL.

    With a switch interval of an hour a thread gets it only when another gives it up.  The waiting thread may come too
    late for a short batch, so the batch is decided again until it does not.
    """
    engine = Engine(gw.compile(policy_set_of_many_tests()))
    count = 20_000
    batch = new_batch(engine, count)
    batch.fill_column(batch.slot_of("s3:prefix"), np.zeros(count, dtype=np.int32), ["x"])
    decisions, statements = batch.decide()
    start, ran = threading.Event(), threading.Event()

    def other() -> None:
        start.wait()
        ran.set()

    thread = threading.Thread(target=other)
    thread.start()
    before = sys.getswitchinterval()
    sys.setswitchinterval(3600)
    try:
        start.set()
        ran_before = ran.is_set()
        for _ in range(2_000):
            batch.decide_range(0, count, decisions, statements)
            if ran.is_set():
                break
        ran_meanwhile = ran.is_set()
    finally:
        sys.setswitchinterval(before)
        thread.join()
    assert not ran_before
    assert ran_meanwhile


def new_batch(engine: Engine, count: int) -> Batch:
    """Return a batch of one request again and again."""
    codes = np.zeros(count, dtype=np.int32)
    batch = Batch(engine, count, ())
    batch.fill_principals(codes, USERS[:1])
    batch.fill_column(0, codes, ["s3:GetObject"])
    batch.fill_column(1, codes, ["*"])
    return batch


def policy_set_of_many_tests() -> Any:
    """Return a policy set whose requests take some microseconds each."""
    from engine import policy_set, single_world

    statements = [statement("Deny", "*", "*", {"StringEquals": {"s3:prefix": f"p{i}"}}) for i in range(200)]
    return policy_set(single_world(document(*statements)))


def test_a_batch_is_decided_once() -> None:
    """What a batch has decided stays as it is."""
    batch = new_batch(Engine(authorizer().table), 1)
    batch.decide()
    for again in (batch.decide, lambda: batch.fill_unknown(0, ["aws:username"])):
        with pytest.raises(RuntimeError, match="has been decided"):
            again()
    with pytest.raises(IndexError):
        batch.unknown_keys(1)
    with pytest.raises(IndexError):
        batch.unknown_keys(-1)


def test_crowded_world_is_what_the_table_came_from() -> None:
    """The budgets of the small tables change how patterns are matched, not what matches."""
    usual = compile_world(CROWDED)
    small = gw.Authorizer(small_tables()["crowded"])
    chance = random.Random(10)
    for _ in range(300):
        resource = "arn:aws:s3:::" + "".join(chance.choice("012abcéx/") for _ in range(chance.randint(4, 12)))
        prefix = "".join(chance.choice("012px") for _ in range(6))
        context = {"s3:prefix": prefix, "aws:SourceArn": ["arn:aws:xs1:b:cd:x"]}
        assert usual.authorize(USERS[0], "s3:GetObjects", resource, context) == small.authorize(
            USERS[0], "s3:GetObjects", resource, context
        )
