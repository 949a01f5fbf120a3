"""One gateway in front of one moto for all tests that only ask; those that stop something start their own."""

from __future__ import annotations

from collections.abc import Iterator

import gateway_world
import pytest


@pytest.fixture(scope="session")
def moto_port() -> Iterator[int]:
    with gateway_world.moto() as port:
        yield port


@pytest.fixture(scope="module")
def world(moto_port: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[gateway_world.World]:
    world = gateway_world.World(tmp_path_factory.mktemp("world"))
    world.moto_port = moto_port
    world.prepare()
    with world.serving("--region", gateway_world.REGION):
        yield world
