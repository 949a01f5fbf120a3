"""Whose a resource is, and whether a policy at its side must grant.

The owner is in the resource's ARN, or else in the event's ``resources``.  The account whose log holds the record tells
it only where the caller is of another one.  In a caller's log CloudTrail may hide who owns another account's bucket
(CloudTrail User Guide, "Redacting bucket owner account IDs for data events called by other accounts").
"""

from __future__ import annotations

import re
from typing import NamedTuple

from .cloudtrail import Event
from .known import holder_of

_ACCOUNT = re.compile(r"(?!0{12})\d{12}")
_ARN_ACCOUNT = re.compile(r"arn:[^:]*:[^:]*:[^:]*:(\d{12}):")
# Images and snapshots have no owner in the ARN; they are shared by attributes, not by policies (R161, R163).
_SHARED = re.compile(r"arn:[^:]*:ec2:[^:]*::(?:image|snapshot)/")
_TRUST = frozenset({"sts:TagSession", "sts:SetSourceIdentity"})


class Owner(NamedTuple):
    """Whether another account than the caller's owns a resource.

    ``account`` is that one where the record alone tells it; with ``is_hidden`` neither the record nor the ARN does.
    """

    account: str | None
    is_other: bool
    is_hidden: bool = False


SAME = Owner(None, False)


class Owners:
    """Tells the owners of the resources of one event.

    Parameters
    ----------
    account
        The caller's, empty where it has none.
    """

    def __init__(self, event: Event, account: str) -> None:
        self._account = account
        self._recipient = _foreign_recipient(event, account)
        self._told = {
            entry.arn or "": entry.account_id
            for entry in event.resources or ()
            if not isinstance(entry, str) and entry.account_id
        }

    def owner_of(self, resource: str | None) -> Owner:
        """Return the owner of a resource."""
        if resource is None:
            # Which resource it is, is not told; one of another account must not pass for the caller's own.
            return Owner(None, True, is_hidden=True)
        match = _ARN_ACCOUNT.match(resource)
        if match is not None:
            return Owner(None, match[1] != self._account)
        if resource == "*" or _SHARED.match(resource):
            return SAME
        told = self._told.get(resource) or self._told.get(holder_of(resource))
        if told is None:
            return Owner(self._recipient, True) if self._recipient is not None else SAME
        if told == self._account:
            return SAME
        return Owner(told, True) if is_account(told) else Owner(None, True, is_hidden=True)


def owners_of(event: Event, account: str) -> Owners | None:
    """Return what tells the owners of an event's resources; None where nothing speaks of another account."""
    recipient = event.recipient_account_id
    if recipient is None or recipient == account or _foreign_recipient(event, account) is None:
        for entry in event.resources or ():
            if not isinstance(entry, str) and entry.account_id and entry.account_id != account:
                return Owners(event, account)
        return None
    return Owners(event, account)


def is_foreign(resource: str | None, account: str) -> bool:
    """Tell whether an ARN names another account."""
    match = _ARN_ACCOUNT.match(resource) if resource is not None else None
    return match is not None and match[1] != account


def _foreign_recipient(event: Event, account: str) -> str | None:
    recipient = event.recipient_account_id
    return recipient if recipient and recipient != account and is_account(recipient) else None


def is_account(text: str) -> bool:
    """Tell whether a text is an account's id."""
    return _ACCOUNT.fullmatch(text) is not None


def needs_trust(action: str) -> bool:
    """Tell whether a role's trust policy must grant, whoever calls (R141)."""
    return action.startswith("sts:") and (action.startswith("sts:AssumeRole") or action in _TRUST)
