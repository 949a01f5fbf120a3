"""A gateway in process, and how its developer asks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from gateway_front import NOW, Front
from gateway_world import OURS, PUBLIC, allow, details
from signed_requests import sign_form

from gatewright.gateway.policies import Policies, load_policies
from gatewright.sharing import SharedItem


@pytest.fixture(scope="module")
def policies(tmp_path_factory: pytest.TempPathFactory) -> Policies:
    folder = tmp_path_factory.mktemp("store")
    (folder / "accounts").mkdir()
    everything = [allow("*")]
    (folder / "accounts" / "a.json").write_text(json.dumps(details(OURS, {"dev": everything}, {})))
    return load_policies(folder)


@pytest.fixture
def front(tmp_path: Path, policies: Policies) -> Iterator[Front]:
    front = Front(tmp_path, policies)
    yield front
    front.gateway.close()


@pytest.fixture
def ask(front: Front) -> Any:
    front.know_developer()
    front.gateway.sharing.register(SharedItem("image", PUBLIC, OURS))
    seconds = iter(range(1000))

    def ask(**parameters: str) -> tuple[int, str]:
        front.now = NOW + timedelta(seconds=next(seconds))
        names = {name.replace("__", "."): value for name, value in parameters.items()}
        request = sign_form(
            {"Version": "2011-05-15", **names},
            host="ec2.us-east-1.amazonaws.com",
            timestamp=front.now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        )
        status, body = front.ask(request)
        codes = [found.text or "" for found in ElementTree.fromstring(body).iter() if found.tag.endswith("Code")]
        return status, codes[0] if codes else body.decode()

    return ask
