"""Encoded authorization messages: why a request was denied, readable for those who may decode it."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from typing import Any

from gatewright.credentials import InvalidTokenError, MasterKeys
from gatewright.credentials.tokens import read_sealed, write_sealed
from gatewright.sts.errors import StsError
from gatewright.sts.parameters import ENCODED_MESSAGE

_USE = "authorization message"
_DECODED_LIMIT = 1 << 20
LEFT_OUT = "leftOut"
"""Member of a message that did not fit whole: the names of what is missing."""


def encode_message(master_keys: MasterKeys, message: Mapping[str, Any], account: str) -> str:
    """Seal what is to be known of a denied request.

    Parameters
    ----------
    message
        JSON values, in AWS's form: ``allowed``, ``explicitDeny``, ``matchedStatements``, ``failures``, ``context``.
    account
        Whose principals may have it decoded.

    Returns
    -------
    str
        At most 10,240 characters, which is what `DecodeAuthorizationMessage` takes.  A message that does not fit loses
        its longest members, and says which: a denial must not fail over its explanation.
    """
    kept = dict(message)
    left_out: list[str] = []
    while True:
        encoded = _seal(master_keys, kept, account)
        if len(encoded) <= ENCODED_MESSAGE.longest:
            return encoded
        longest = max((name for name in kept if name != LEFT_OUT), key=lambda name: len(json.dumps(kept[name])))
        del kept[longest]
        left_out.append(longest)
        kept[LEFT_OUT] = left_out


def decode_message(master_keys: MasterKeys, encoded: str, account: str) -> str:
    """Return the JSON text of an encoded message.

    Raises
    ------
    StsError
        `InvalidAuthorizationMessageException`: not encoded here, changed, or of another account.
    """
    try:
        raw = zlib.decompressobj().decompress(read_sealed(master_keys, encoded, _USE), _DECODED_LIMIT)
    except InvalidTokenError:
        raise StsError("InvalidAuthorizationMessageException", "The message is not valid.") from None
    owner, _, text = raw.decode().partition("\n")
    if owner != account:
        raise StsError("InvalidAuthorizationMessageException", "The message is not valid.")
    return text


def _seal(master_keys: MasterKeys, message: Mapping[str, Any], account: str) -> str:
    text = json.dumps(message, separators=(",", ":"))  # ASCII, which XML can hold
    return write_sealed(master_keys, zlib.compress(f"{account}\n{text}".encode(), 9), _USE)
