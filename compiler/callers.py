"""Find the principal parts that name each principal, as rows of the caller classifier."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from .lower import Classifier
from .normalize import entry_text
from .policyset import Account, Principal, PrincipalKind


class CallerRows(NamedTuple):
    """Rows of the entries for a principal's account, for its own ARN, and for the IAM user who federated it, if any."""

    account: int
    own: int
    federating: int | None


def find_caller_rows(
    callers: Classifier, principals: Iterable[Principal], accounts: Iterable[Account]
) -> list[CallerRows]:
    """Find the rows of principals, adding to the classifier those that are unions of others."""
    canonical_users = {account.id: account.canonical_user for account in accounts}
    return [_rows(callers, principal, canonical_users) for principal in principals]


def _rows(callers: Classifier, principal: Principal, canonical_users: Mapping[str, str | None]) -> CallerRows:
    _, partition, _, _, account, _ = principal.arn.split(":", 5)
    texts = [account, f"arn:{partition}:iam::{account}:root"]  # R54
    canonical_user = canonical_users.get(account)
    if canonical_user is not None:
        texts.append(entry_text("CanonicalUser", canonical_user))  # R61
    bits = 0
    for text in texts:
        bits |= callers.rows[callers.literals.get(text, 0)]
    federating = principal.federating_user
    has_federating = principal.kind is PrincipalKind.FEDERATED and federating is not None and ":user/" in federating
    return CallerRows(
        callers.row(bits),
        callers.literals.get(principal.arn, 0),
        callers.literals.get(federating or "", 0) if has_federating else None,
    )
