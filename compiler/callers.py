"""Find the principal parts that name each principal, as rows of the caller classifier."""

from __future__ import annotations

from collections.abc import Iterable
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
    account_rows: dict[tuple[str, str], int] = {}  # by partition and account; its principals share it
    found = []
    for principal in principals:
        _, partition, _, _, account, _ = principal.arn.split(":", 5)
        row = account_rows.get((partition, account))
        if row is None:
            row = _find_account_row(callers, partition, account, canonical_users.get(account))
            account_rows[partition, account] = row
        federating = principal.federating_user
        has_federating = principal.kind is PrincipalKind.FEDERATED and federating is not None and ":user/" in federating
        found.append(
            CallerRows(
                row,
                callers.literals.get(principal.arn, 0),
                callers.literals.get(federating or "", 0) if has_federating else None,
            )
        )
    return found


def _find_account_row(callers: Classifier, partition: str, account: str, canonical_user: str | None) -> int:
    texts = [account, f"arn:{partition}:iam::{account}:root"]  # R54
    if canonical_user is not None:
        texts.append(entry_text("CanonicalUser", canonical_user))  # R61
    bits = 0
    for text in texts:
        bits |= callers.rows[callers.literals.get(text, 0)]
    return callers.row(bits)
