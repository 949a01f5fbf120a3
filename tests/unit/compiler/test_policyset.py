"""A policy set refuses what cannot be meant."""

from __future__ import annotations

import pytest

from gatewright.compiler.policyset import Account, Endpoint, PolicySet


@pytest.mark.parametrize("account", ["", "12345678901", "1234567890123", "12345678901x", "\uff11" * 12])
def test_an_account_has_twelve_digits(account: str) -> None:
    """Whatever else it has, no account has such an id."""
    with pytest.raises(ValueError, match="is no account id; give 12 digits"):
        PolicySet((), (), accounts=(Account(account),))


def test_a_document_is_not_shared_by_a_gateway_and_an_interface() -> None:
    """Principals mean something else in a gateway endpoint's policy (R38), so it is a document of its own."""
    PolicySet((), (), endpoints=(Endpoint("vpce-1", 0), Endpoint("vpce-2", 0), Endpoint("vpce-3", 1, is_gateway=True)))
    with pytest.raises(ValueError, match="document 0 is the policy of `vpce-1` and of a gateway endpoint"):
        PolicySet((), (), endpoints=(Endpoint("vpce-1", 0), Endpoint("vpce-2", 0, is_gateway=True)))
