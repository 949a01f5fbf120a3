"""Encoded authorization messages."""

from __future__ import annotations

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sts_world import ACCOUNT, ALICE, KEYS, Sts, texts

from gatewright.sts import StsError, decode_message, encode_message

MESSAGE = {
    "allowed": False,
    "explicitDeny": True,
    "matchedStatements": {"items": [{"statementId": "NoTerminate", "effect": "DENY"}]},
    "context": {"principal": {"id": "AIDAALICE", "arn": ALICE.arn}, "action": "ec2:TerminateInstances"},
}


def test_a_message_is_decoded_for_who_may(sts: Sts) -> None:
    """The permission is asked for, and the message comes back whole."""
    encoded = encode_message(KEYS, MESSAGE, ACCOUNT)
    response = sts.call("DecodeAuthorizationMessage", EncodedMessage=encoded)
    assert json.loads(texts(response, "DecodedMessage")) == MESSAGE
    assert [asked[1:3] for asked in sts.asked] == [("sts:DecodeAuthorizationMessage", "*")]
    sts.denied = {"sts:DecodeAuthorizationMessage"}
    status, code, message = sts.refusal("DecodeAuthorizationMessage", EncodedMessage=encoded)
    assert (status, code) == (403, "AccessDenied")
    assert message == f"User: {ALICE.arn} is not authorized to perform: sts:DecodeAuthorizationMessage"


def test_a_message_tells_nothing_before_it_is_decoded() -> None:
    """Neither its text nor that two are equal can be seen."""
    first, second = (encode_message(KEYS, MESSAGE, ACCOUNT) for _ in range(2))
    assert first != second and "Terminate" not in first


@pytest.mark.parametrize("position", [0, 1, 5, 30, 100, -5, -1])
def test_a_changed_message_is_not_valid(position: int) -> None:
    """One changed character is enough; another account's message, and a session token, are not valid either."""
    encoded = encode_message(KEYS, MESSAGE, ACCOUNT)
    position %= len(encoded)
    changed = f"{encoded[:position]}{'A' if encoded[position] != 'A' else 'B'}{encoded[position + 1 :]}"
    for text, account in ((changed, ACCOUNT), (encoded, "444455556666"), (f"{encoded}\n", ACCOUNT)):
        with pytest.raises(StsError) as caught:
            decode_message(KEYS, text, account)
        assert caught.value.code == "InvalidAuthorizationMessageException"


def test_a_session_token_is_no_message(sts: Sts) -> None:
    """What was sealed for one use does not open for another."""
    token = texts(sts.call("GetSessionToken"), "SessionToken")
    assert sts.refusal("DecodeAuthorizationMessage", EncodedMessage=token)[1] == "InvalidAuthorizationMessageException"


@given(
    st.recursive(st.none() | st.booleans() | st.text(), lambda inner: st.dictionaries(st.text(), inner), max_leaves=10)
)
def test_decoding_undoes_encoding(value: object) -> None:
    """Whatever text a message holds, even such that XML cannot."""
    assert json.loads(decode_message(KEYS, encode_message(KEYS, {"context": value}, ACCOUNT), ACCOUNT)) == {
        "context": value
    }


def test_a_message_that_is_too_long_says_what_it_lacks() -> None:
    """The longest members are left out, so that 10,240 characters are never passed."""
    numbers = random.Random(7)
    long = {**MESSAGE, "context": [f"{numbers.getrandbits(256):x}" for _ in range(500)], "failures": "x" * 100}
    encoded = encode_message(KEYS, long, ACCOUNT)
    assert len(encoded) <= 10_240
    decoded = json.loads(decode_message(KEYS, encoded, ACCOUNT))
    assert decoded == {name: value for name, value in long.items() if name != "context"} | {"leftOut": ["context"]}
