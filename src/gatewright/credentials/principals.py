"""Principals that have access keys, by their ARNs."""

from __future__ import annotations

import re
from typing import NamedTuple

from gatewright.credentials.errors import CredentialError

# "IAM identifiers" and "IAM and AWS STS quotas" (IAM User Guide): names of 64 characters, paths of 512.
_NAME = r"[\w+=,.@-]{1,64}"
_ARN = re.compile(
    rf"arn:(?P<partition>aws(?:-[a-z]{{1,10}})*):iam::(?P<account>\d{{12}}):"
    rf"(?:root|user(?P<path>/(?:[!-.0-~]{{1,512}}/){{0,64}})(?P<name>{_NAME}))",
    re.ASCII,
)
ARN_LIMIT = 700


class Principal(NamedTuple):
    """A user, or the root user of an account; `name` is None for the latter."""

    arn: str
    partition: str
    account: str
    path: str
    name: str | None


def read_principal(arn: str) -> Principal:
    """Read the ARN of a user or a root user.

    Raises
    ------
    CredentialError
        It is that of something else, or of nothing.
    """
    match = _ARN.fullmatch(arn) if len(arn) <= ARN_LIMIT else None
    if match is None:
        shown = arn if arn.isprintable() and len(arn) <= 100 else f"{arn[:60].encode('unicode_escape').decode()}..."
        hint = "write `arn:aws:iam::111122223333:user/NAME` or `arn:aws:iam::111122223333:root`"
        raise CredentialError(f"`{shown}` is no user", hint)
    return Principal(arn, match["partition"], match["account"], match["path"] or "/", match["name"])
