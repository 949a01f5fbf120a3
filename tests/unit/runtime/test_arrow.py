"""Arrow data in and out: every layout that it comes in, and none that is not sound."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from engine import policy_set, single_world
from strategies import USERS
from tables import document, small_tables, statement

import gatewright as gw


def test_results_are_arrow_data() -> None:
    """A result goes to pyarrow by itself: names of decisions, and null where no statement decided."""
    pa = pytest.importorskip("pyarrow")
    requests = [
        (USERS[0], "s3:GetObject", "arn:aws:s3:::plums", {"aws:username": "mara"}),
        (USERS[0], "none:Such", "*"),
        (USERS[0], "s3:GetObject", "arn:aws:s3:::plums", {}, ["aws:username"]),
    ]
    result = gw.Authorizer(small_tables()["texts"]).authorize_batch(requests)
    for batch in (result.to_arrow(), pa.record_batch(result)):
        assert batch.column("decision").to_pylist() == [gw.Decision(code).name for code in result.decision.tolist()]
        assert batch.column("statement").to_pylist() == [n if n >= 0 else None for n in result.statement.tolist()]
    assert len(set(result.decision.tolist())) == 3
    assert gw.Authorizer(small_tables()["texts"]).authorize_batch([]).to_arrow().num_rows == 0


@pytest.mark.parametrize("index", ["int8", "uint16", "int32", "int64"])
@pytest.mark.parametrize("text", ["string", "large_string"])
def test_arrow_dictionaries_of_every_layout(index: str, text: str) -> None:
    """Codes of any width, slices, nulls in codes and in dictionaries, empty texts: all decide as the texts do."""
    pa = pytest.importorskip("pyarrow")
    names = ["mara", "", None, "\u00e9", "x"]
    codes = [0, 1, 2, 3, None, 4, 0, 3]
    values = pa.array(["skipped", *names], getattr(pa, text)())[1:]
    column = pa.DictionaryArray.from_arrays(pa.array([0, *codes], getattr(pa, index)())[1:], values)
    told = [None if code is None else names[code] for code in codes]
    count = len(codes)
    table = pa.table(
        {"principal": USERS[:1] * count, "action": ["s3:GetObject"] * count, "resource": ["arn:aws:s3:::plums"] * count,
         "aws:username": column}
    )  # fmt: skip
    asked = gw.Authorizer(small_tables()["texts"])
    expected = [
        asked.authorize(USERS[0], "s3:GetObject", "arn:aws:s3:::plums", {"aws:username": name}) for name in told
    ]
    for form in (table, pa.concat_tables([table[:3], table[3:3], table[3:]])):
        for threads in (1, 3):
            result = asked.authorize_batch(form, threads=threads)
            assert result.decision.tolist() == [answer.decision for answer in expected]
    plain = table.set_column(3, "aws:username", pa.array([None, *told], getattr(pa, text)())[1:])
    assert asked.authorize_batch(plain).decision.tolist() == [answer.decision for answer in expected]


def test_arrow_data_that_is_not_sound_is_refused() -> None:
    """An index beyond its dictionary and a text that is no UTF-8 decide nothing."""
    pa = pytest.importorskip("pyarrow")
    buffers = [None, pa.py_buffer(np.array([0, 9], dtype=np.int32).tobytes())]
    indices = pa.Array.from_buffers(pa.int32(), 2, buffers)
    beyond = pa.DictionaryArray.from_arrays(indices, pa.array(["mara"]), safe=False)
    offsets = pa.py_buffer(np.array([0, 1, 2], dtype=np.int32).tobytes())
    broken = pa.Array.from_buffers(pa.string(), 2, [None, offsets, pa.py_buffer(b"a\xff")])
    for column in (beyond, broken, broken.cast(pa.large_string(), safe=False)):
        table = pa.table({"principal": USERS[:1] * 2, "action": ["s3:GetObject"] * 2, "aws:username": column})
        with pytest.raises(gw.RequestError, match="column `aws:username` cannot be read"):
            gw.Authorizer(small_tables()["texts"]).authorize_batch(table)


def test_a_dictionary_that_comes_again_decides_anew() -> None:
    """What was read of a dictionary is used for equal texts only, whatever the first batch asked for."""
    pa = pytest.importorskip("pyarrow")
    asked = gw.Authorizer(small_tables()["texts"])
    for names in (["mara", "x"], ["mara", "x"], ["x", "mara"], ["mara", "y"], ["m", "arax"], ["mara", "x"]):
        column = pa.array([names[i % 2] for i in range(8)]).dictionary_encode()
        for unknown in ((), gw.OTHERS):
            table = pa.table({"principal": USERS[:1] * 8, "action": ["s3:GetObject"] * 8, "aws:username": column,
                              "resource": pa.array(["arn:aws:s3:::plums"] * 8).dictionary_encode()})  # fmt: skip
            result = asked.authorize_batch(table, unknown=unknown)
            for i in range(8):
                answer = gw.Authorizer(asked.table).authorize(
                    USERS[0], "s3:GetObject", "arn:aws:s3:::plums", {"aws:username": names[i % 2]}, unknown=unknown
                )
                assert result.decision[i] == answer.decision
                assert result.unknown_keys(i) == answer.unknown_keys


def test_what_is_kept_of_dictionaries_is_bounded() -> None:
    """However many columns come with however long texts, 64 MiB are kept at most, and a text too long not at all."""
    pa = pytest.importorskip("pyarrow")
    keys = [f"aws:RequestTag/k{number}" for number in range(24)]
    tests = [statement("Allow", "s3:GetObject", "*", {"StringEquals": {key: "x"}}) for key in keys]
    asked = gw.Authorizer(gw.compile(policy_set(single_world(document(*tests)))))
    engine = asked._engine
    kept = []
    for length in (1_500_000, 1_400_000, 5_000_000):
        for key in keys:
            columns = {name: pa.array([value] * 2).dictionary_encode() for name, value in (
                ("principal", USERS[0]), ("action", "s3:GetObject"), ("resource", "*"), (key, "x" * length)
            )}  # fmt: skip
            for unknown in ((), gw.OTHERS):
                decisions = asked.authorize_batch(pa.table(columns), unknown=unknown).decision.tolist()
                assert decisions == [gw.Decision.UNKNOWN if unknown else gw.Decision.IMPLICIT_DENY] * 2
                kept.append(engine.kept_bytes)
    assert max(kept) <= 64 << 20
    assert any(after < before for before, after in pairwise(kept))  # it began anew
    assert kept[-1] == kept[2 * 2 * len(keys) - 1] > 1_400_000
