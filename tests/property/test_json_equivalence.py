"""The fast decoder and the grammar take the same texts, and make the same values of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from shared import shared

from gatewright.compiler import decode as module
from gatewright.compiler.decode import CUT_LENGTH, JsonError, cut_before, decode, decode_fast, decode_strictly

POLICY = (
    '{"Version": "2012-10-17", "Id": "caf\\u00e9 \\ud83d\\ude00", "Statement": [{"Effect": "Allow", "Action": '
    '["s3:Get*", "s3:Put*"], "Resource": "arn:aws:s3:::b/${aws:username}/*", "Condition": {"NumericLessThan": '
    '{"aws:MultiFactorAuthAge": [-1.5e+3, 10, 0]}, "Bool": {"aws:SecureTransport": true, "x": false}, '
    '"Null": {"é😀": null}}}, {}, [[], []]]}'
)

HOSTILE = [
    "",
    " ",
    "\t\n\r 1",
    "\x0b1",
    "\x0c1",
    "\u00a01",
    "\u20281",
    "\ufeff1",
    "1\x00",
    "null",
    "nul",
    "nulll",
    "NULL",
    "true false",
    "NaN",
    "-NaN",
    "Infinity",
    "-Infinity",
    "[NaN]",
    '{"a": -Infinity}',
    "0",
    "-0",
    "00",
    "-",
    "--1",
    "+1",
    "1.",
    ".1",
    "1.e1",
    "1e",
    "1e+",
    "1E-0",
    "1.0e1",
    "0e0",
    "-01",
    "١",
    "1١",
    "1_000",
    "0x1",
    "9" * 100_000,
    "-" + "9" * 100_000,
    "0." + "1" * 100_000,
    "1e" + "9" * 1000,
    '""',
    '"',
    '"\\"',
    '"\\\\"',
    '"a\x00"',
    '"a\x1f"',
    '"a\x7f\x80"',
    '"\u2028"',
    '"\t"',
    '"\n"',
    '"\\n\\t\\b\\f\\r\\/\\"\\\\"',
    '"\\a"',
    '"\\\'"',
    '"\\u"',
    '"\\u123"',
    '"\\u 123"',
    '"\\u+123"',
    '"\\u-123"',
    '"\\u0x1f"',
    '"\\u１２３４"',
    '"\\U1234"',
    '"\\u0000"',
    '"\\uFFFF\\uffff\\uD7ff\\uE000"',
    '"\\ud800"',
    '"\\uD800"',
    '"\\udc00"',
    '"\\ud800\\udc00"',
    '"\\uDBFF\\uDFFF"',
    '"\\ud800\\ud800\\udc00"',
    '"\\ud800\\udc00\\udc00"',
    '"\\ud800\\n"',
    '"\\ud800x\\udc00"',
    '"\\\\ud800"',
    '"\\\\\\ud800"',
    '"\\\\\\\\ud800"',
    '"\\ud800\\\\udc00"',
    '{"\\ud800": 1}',
    "[]",
    "[",
    "]",
    "[]]",
    "[,]",
    "[1,]",
    "[1,,1]",
    "[1 1]",
    "[1:1]",
    "{}",
    "{",
    "}",
    "{}}",
    "{,}",
    '{"a"}',
    '{"a":}',
    '{"a":1,}',
    '{"a" 1}',
    '{"a":1 "b":1}',
    "{1:1}",
    "{null:1}",
    "{[]:1}",
    '{"a":1,"a":1}',
    '{"a":1,"\\u0061":1}',
    '{"a":1,"A":1}',
    '{"a":{"a":1},"b":{"a":1}}',
    '[{"a":1},{"a":1,"a":1}]',
    '{"":1,"":1}',
    "[1}",
    '{"a":1]',
    "{}{}",
    "{} {}",
    "[]1",
    "//\n1",
    "/**/1",
    "#\n1",
    "1//",
    "'a'",
    "{'a':1}",
    "{a:1}",
    *("[" * depth + "]" * depth for depth in (63, 64, 65, 66, 10_000)),
    *('{"a":' * depth + "1" + "}" * depth for depth in (63, 64, 65, 66, 10_000)),
    *('[{"a":' * depth + "1" + "}]" * depth for depth in (31, 32, 33)),
    "[" * 64 + "[],[]" + "]" * 64,
    "[" * 63 + "[],[]" + "]" * 63,
    "[[]," + "[" * 64 + "]" * 65,
    '["' + "[" * 100 + '"]',
    "[" * 100_000,
    '[{"":' * 100_000,
    "[" + "[]," * 200 + "[]]",
]

Outcome = tuple[str, Any]


def typed(value: Any) -> Any:
    """Return a value in which equality tells types and orders apart."""
    if isinstance(value, dict):
        return "object", [(name, typed(child)) for name, child in value.items()]
    if isinstance(value, list):
        return "array", [typed(child) for child in value]
    return type(value).__name__, value


def fast(text: str) -> Outcome:
    try:
        return "value", typed(decode_fast(text))
    except (ValueError, RecursionError):
        return "refused", None


def strict(text: str) -> Outcome:
    try:
        return "value", typed(decode_strictly(text))
    except JsonError:
        return "refused", None


def refusal(text: str) -> tuple[str, str, str, int] | None:
    """Return what `decode` says of a text."""
    try:
        decode(text)
    except JsonError as error:
        return error.code, error.message, error.hint, error.offset
    return None


def check(text: str) -> None:
    """Hold both decoders, and the grammar with and without a cut, against each other."""
    outcome = fast(text)
    assert outcome == strict(text)
    whole = refusal(text)
    assert (whole is None) == (outcome[0] == "value")
    if whole is None:
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "CUT_LENGTH", -1)
        cut = refusal(text)
    # The first duplicate hides from the grammar what comes before its object's end; the cut stops at it.
    if whole[0] == "GW006" or (cut is not None and cut[0] == "GW006"):
        assert cut is not None
        return
    assert cut == whole


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_decoders_agree_on_hostile_texts(text: str) -> None:
    """Both take or refuse each text of a list made to tell JSON readers apart."""
    check(text)


def test_hostile_list_is_balanced() -> None:
    """The list holds texts of both kinds, so that agreement means something."""
    kinds = [fast(text)[0] for text in HOSTILE]
    assert kinds.count("value") > 30 and kinds.count("refused") > 60


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """Draw a policy with a few characters removed, inserted or doubled."""
    text = POLICY
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(text)))
        end = start + draw(st.integers(0, 12))
        insert = draw(
            st.sampled_from(
                ["", text[start:end] * 2, "NaN", "\\ud800", "\\udc00", "//", "\x00", "0", "-", "'", "[" * 60]
            )
            | st.text('{}[],:"\\ \n0123456789eE+-.tfnaNIud', max_size=3)
        )
        text = text[:start] + insert + text[end:]
    return text


@given(mutated())
def test_decoders_agree_on_mutated_policies(text: str) -> None:
    """Both take or refuse each policy that something happened to, and say the same after a cut."""
    check(text)


@given(st.text('{}[],:"\\ 01-.eutfnaN', max_size=12))
@example('{"":0,"":0}')
def test_decoders_agree_on_noise(text: str) -> None:
    """Both take or refuse any heap of JSON's characters."""
    check(text)


@given(mutated())
def test_cut_goes_wrong_where_the_text_does(text: str) -> None:
    """A cut never hides an error: whatever a text was refused for, its cut is refused too."""
    try:
        decode_fast(text)
    except json.JSONDecodeError as error:
        with pytest.raises(JsonError):
            decode_strictly(cut_before(text, error.pos).text)
    except ValueError:
        with pytest.raises(JsonError):
            decode_strictly(cut_before(text, len(text)).text)


@pytest.mark.parametrize(
    ("tail", "code", "back"),
    [
        ("}", "GW010", 0),
        (",}", "GW011", 1),
        ("}]}", "GW005", 1),
        (', "a": 2}]', "GW006", 8),
        (', "c": NaN}]', "GW014", 5),
        (', "c": "\\ud800"}]', "GW008", 9),
        (', "c": "\\x"}]', "GW016", 5),
        (', "c": ' + "[" * 100, "GW007", 38),
        (', "c": [1 2]}]', "GW004", 4),
    ],
)
def test_long_texts_are_refused_in_place(tail: str, code: str, back: int) -> None:
    """A text beyond the cut's length is refused at the very character."""
    members = ", ".join(f'"n{i}": [{{"x": "[{{,", "y": [1, 2]}}]' for i in range(CUT_LENGTH // 30))
    text = f'[{{"a": 1, {members}{tail}'
    assert len(text) > CUT_LENGTH
    found = refusal(text)
    assert found is not None
    assert (found[0], found[3]) == (code, len(text) - back)


def test_decoders_agree_on_every_document_at_hand() -> None:
    """Both read the same from every vector, every example policy and every account's details."""
    files: list[Path] = [*shared("vectors").glob("*.jsonl"), *shared("data/policies").glob("*.jsonl")]
    texts = [line for file in files for line in file.read_text(encoding="utf-8").splitlines() if line]
    texts += [file.read_text(encoding="utf-8") for file in shared("data/account-details").glob("*.json")]
    assert len(texts) > 1000
    bad = [
        record["document"]
        for record in map(json.loads, shared("vectors/invalid.jsonl").read_text(encoding="utf-8").splitlines())
        if isinstance(record["document"], str)
    ]
    for text in texts:
        outcome = fast(text)
        assert outcome[0] == "value"
        assert outcome == strict(text)
    for text in bad:
        check(text)
