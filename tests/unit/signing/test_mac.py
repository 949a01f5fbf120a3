"""HMAC with a prepared key is HMAC."""

from __future__ import annotations

import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.signing.mac import HashName, prepare_mac


@pytest.mark.parametrize("name", ["sha256", "sha1"])
@given(st.binary(max_size=200), st.binary(max_size=300))
def test_a_prepared_mac_is_that_of_the_standard_library(name: HashName, key: bytes, message: bytes) -> None:
    """For keys shorter and longer than a block, and any message, the digest is `hmac.digest`'s."""
    assert prepare_mac(key, name)(message) == hmac.digest(key, message, name)


@pytest.mark.parametrize("size", [0, 1, 63, 64, 65, 128])
def test_keys_at_the_edges_of_a_block(size: int) -> None:
    """A key of exactly a block is used as it is, a longer one is hashed."""
    assert prepare_mac(b"k" * size)(b"m") == hmac.digest(b"k" * size, b"m", "sha256")
