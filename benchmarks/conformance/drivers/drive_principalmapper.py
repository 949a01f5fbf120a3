"""principalmapper: `principalmapper.querying.query_interface.local_check_authorization_full`."""

from __future__ import annotations

import collections
import collections.abc
from importlib.metadata import version
from typing import Any

# Version 1.1.5 of January 2022 imports them from where they were before Python 3.10.
for name in ("Mapping", "MutableMapping", "Sequence"):
    if not hasattr(collections, name):
        setattr(collections, name, getattr(collections.abc, name))

import loop  # noqa: E402
from principalmapper.common import Node, Policy  # noqa: E402
from principalmapper.querying.query_interface import local_check_authorization_full  # noqa: E402


def policy_of(number: object, document: Any) -> Policy:
    """Return a managed policy."""
    return Policy(f"arn:aws:iam::123456789012:policy/p{number}", f"p{number}", document)


def answer(calls: loop.Calls) -> dict[str, list[str]]:
    """Decide calls; its answer is a boolean."""
    decisions = []
    for call in calls:
        is_role = ":role/" in call["node"]
        node = Node(
            call["node"],
            "AROAEXAMPLE" if is_role else "AIDAEXAMPLE",
            [policy_of(number, document) for number, document in enumerate(call["identity"])],
            None if is_role else [],
            {"Version": "2012-10-17", "Statement": []} if is_role else None,
            None,
            0,
            False,
            False,
            policy_of("boundary", call["boundary"]) if call["boundary"] is not None else None,
            False,
            {},
        )
        scps = call["scps"]
        if scps is not None:
            scps = [[policy_of(number, document) for number, document in enumerate(level)] for level in scps]
        is_allowed = local_check_authorization_full(
            node,
            call["action"],
            call["resource"],
            call["context"],
            call["resource_policy"],
            call["resource_owner"],
            scps,
            call["session"],
        )
        decisions.append("allow" if is_allowed else "deny")
    return {"decisions": decisions}


loop.run({"principalmapper": version("principalmapper")}, answer)
