"""A call as policies judge it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from gatewright.runtime import OTHERS, Authorization

from .fill import CREDENTIAL_KEYS, RESOURCE_KEYS
from .judged import Context, fold_key, fold_keys

if TYPE_CHECKING:
    from gatewright.runtime import Authorizer, CallAnswer


@dataclass(frozen=True, slots=True)
class Ec2Call:
    """What a request asks for.

    Attributes
    ----------
    action : str
        ``ec2:RunInstances``.
    version : str
        API version, ``2016-11-15``.
    region : str
        Where it is done.
    authorizations : tuple of Authorization
        All must be allowed.  A resource is None where it is unknown; ``action`` is set where it is not the call's.
    kinds : tuple of str
        The type of each resource, ``instance``; empty for ``*`` and where it is not known.
    unknown : tuple of tuple of str
        For each authorization the keys of which nothing is known, sorted; keys with any ending as
        ``ec2:ResourceTag/*``, and ``ec2:*`` where the service authorization reference is not installed.
    context : mapping
        Keys of the whole call.  Those about the caller, such as ``aws:username``, are for whoever knows the caller.
    unknown_context : tuple of str
        Keys of the whole call of which nothing is known.
    parameters : mapping
        As in the request, decoded, without what signs it.
    unmapped : tuple of str
        Parameters that no resource and no key came from.
    is_dry_run : bool
        Whether it only asks if it might.
    """

    action: str
    version: str
    region: str
    authorizations: tuple[Authorization, ...]
    kinds: tuple[str, ...]
    unknown: tuple[tuple[str, ...], ...]
    context: Context
    unknown_context: tuple[str, ...]
    parameters: Mapping[str, str]
    unmapped: tuple[str, ...]
    is_dry_run: bool

    def settle(self, keys: Iterable[str]) -> tuple[Authorization, ...]:
        """Return the authorizations for policies that ask for ``keys``: those known to be absent are None.

        They are for ``Authorizer.authorize_call(..., unknown=OTHERS)``, where a key that a context does not name is
        unknown.  `authorize` does it all.
        """
        asked = _fold_asked(tuple(keys))
        settled = []
        for item, unknown in zip(self.authorizations, self.unknown, strict=True):
            told, names = fold_keys(item.context), fold_keys(unknown)
            absent: Context = {
                key: None for folded, key in asked if folded not in told and not _is_named(folded, names)
            }
            settled.append(Authorization(item.resource, {**absent, **item.context}, item.action))
        return tuple(settled)

    def authorize(
        self, authorizer: Authorizer, principal: str, caller: Mapping[str, object] | None = None
    ) -> CallAnswer:
        """Decide the call.

        Parameters
        ----------
        authorizer
            Knows the policies.
        principal
            ARN of the caller.
        caller
            Keys of the caller, None for one known to be absent; those that it does not name are unknown.  It does not
            tell the call's own keys.
        """
        own = fold_keys((*self.context, *self.unknown_context))
        context: dict[str, object] = dict(caller or {})
        if not own.isdisjoint(fold_keys(context)):
            context = {key: value for key, value in context.items() if fold_key(key) not in own}
        context |= self.context
        return authorizer.authorize_call(
            principal,
            self.action,
            self.settle(authorizer.table.keys),
            context,
            unknown=OTHERS,
        )


# A table asks for the same keys all its life.
@lru_cache(maxsize=64)
def _fold_asked(keys: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Return those keys that a resource may have, in lower case and as they stand; the last spelling of each."""
    folded = {fold_key(key): key for key in keys}
    return tuple(
        (low, key) for low, key in folded.items() if low.startswith(RESOURCE_KEYS) and low not in CREDENTIAL_KEYS
    )


def _is_named(key: str, names: set[str]) -> bool:
    """Tell whether a key in lower case is one of the names, of which some end in ``*``."""
    if key in names:
        return True
    if key.startswith("ec2:") and not key.startswith("ec2:resourcetag/") and "ec2:*" in names:
        return True
    head, slash, _ = key.partition("/")
    return bool(slash) and f"{head}/*" in names
