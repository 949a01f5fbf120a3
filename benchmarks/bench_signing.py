"""Signatures verified on one core, by version."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gatewright.signing import HttpRequest, verify_request

from .conftest import Meter
from .contenders import Contender
from .signers import SIGNERS, START, Clients

SEED = 20110715
PARTS = 10


@pytest.fixture(scope="module")
def signed(pytestconfig: pytest.Config) -> dict[str, Contender]:
    """The requests of each kind in ten parts; all of them verify."""
    clients = Clients(SEED)
    count = 5 if pytestconfig.getoption("--quick") else 50

    def verify(part: list[HttpRequest]) -> Callable[[], None]:
        def call() -> None:
            for request in part:
                verify_request(request, keys=clients.find_key, now=START)

        return call

    found = {}
    for signer in SIGNERS:
        parts = [[clients.sign(signer) for _ in range(count)] for _ in range(PARTS)]
        found[signer] = Contender([verify(part) for part in parts], [count] * PARTS)
    return found


@pytest.mark.parametrize("contender", SIGNERS)
def bench_signing(measure: Meter, signed: dict[str, Contender], turn: int, contender: str) -> None:
    """Requests of fifty principals with keys in memory, derived keys cached."""
    measure(signed[contender], size="signed", turn=turn, contender=contender, of="requests")
