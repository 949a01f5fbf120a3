"""One authorization while it is worked out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from .query import Tree

Context = dict[str, str | list[str] | None]
"""Condition keys: text, texts of a multivalued key, or None for a key known to be absent."""


@dataclass(slots=True)
class Judged:
    """A resource that a call is judged on, with the keys that it has of its own.

    Attributes
    ----------
    kind
        Its type; empty for ``*`` and for what nothing is known of.
    resource
        Its ARN, ``*``, or None: unknown.
    is_created
        Whether the call creates it.
    action
        Where it is another than the call's.
    element, prefix
        The element of a list that describes it, and the list's name with a dot; otherwise the call does.
    is_templated
        Whether a launch template may say what the call leaves out.
    context
        What is known; what is not and is not in `unknown` either, it has not.
    unknown
        Keys of which nothing is known; those with any ending as ``ec2:ResourceTag/*``, all keys of EC2 as ``ec2:*``.
    """

    kind: str
    resource: str | None
    is_created: bool = False
    action: str | None = None
    element: Tree | None = None
    prefix: str = ""
    is_templated: bool = False
    context: Context = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)


def fold_key(key: str) -> str:
    """Return a condition key in lower case, as tables compare them: ASCII letters only (R74)."""
    return key.lower() if key.isascii() else key.translate(_FOLD)


def fold_keys(keys: Iterable[str]) -> set[str]:
    """Return condition keys in lower case; in one step where they are ASCII, as all but the keys of tags are."""
    texts = list(keys)
    return set(map(str.lower, texts)) if "".join(texts).isascii() else {fold_key(key) for key in texts}


_FOLD = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


def tag_context(prefixes: Iterable[str], tags: Mapping[str, str]) -> tuple[Context, set[str]]:
    """Return the keys of tags, and those that are unknown: keys do not tell tags apart that differ in case only."""
    spellings: dict[str, int] = {}
    for key in tags:
        spellings[fold_key(key)] = spellings.get(fold_key(key), 0) + 1
    context: Context = {}
    unknown = set()
    for prefix in prefixes:
        for key, value in tags.items():
            if spellings[fold_key(key)] == 1:
                context[prefix + key] = value
            else:
                unknown.add(prefix + key)
    return context, unknown
