"""The tags of a store's users -> condition keys of their calls."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gatewright.ec2.judged import fold_key

from .call import Context

Tags = Mapping[str, Mapping[str, str]]
"""Tags of principals by ARN, as `gatewright.PolicyStore.tags`."""

_PREFIX = "aws:principaltag/"


class UserTags:
    """Tells ``aws:PrincipalTag/*`` of users: present with the user's tag, absent where it has no such tag.

    A role's session may bring session tags, which take the place of the role's own and are in no log, so of roles
    nothing is said.

    Parameters
    ----------
    tags
        Tags of every principal of a store that has any.
    keys
        The condition keys that the store's policies ask for, in lower case; no others are told.
    """

    def __init__(self, tags: Tags, keys: Iterable[str]) -> None:
        self._tags = tags
        self._keys = tuple(key for key in keys if key.startswith(_PREFIX))
        self._known: dict[str, Context] = {}

    def context_of(self, principal: str) -> Context:
        """Return the keys of a principal that the store has; the same object each time, never to be written."""
        if not self._keys or ":user/" not in principal:
            return {}
        context = self._known.get(principal)
        if context is None:
            context = self._known[principal] = self._read(self._tags.get(principal, {}))
        return context

    def _read(self, tags: Mapping[str, str]) -> Context:
        found: dict[str, list[str]] = {}
        for name, value in tags.items():
            found.setdefault(fold_key(_PREFIX + name), []).append(value)
        # IAM takes no two tags whose names differ in case only; of a store that has them nothing is said.
        return {key: found[key][0] if key in found else None for key in self._keys if len(found.get(key, ())) < 2}
