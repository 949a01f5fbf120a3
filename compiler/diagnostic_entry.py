"""What one diagnostic is, and how its example is written; `diagnostics` holds the catalogue of them all."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from .errors import Severity
from .syntax import PolicyKind


class Profile(StrEnum):
    """Which rules a document is checked against."""

    CURRENT = "current"
    """Today's language: EC2 has resource-level permissions and keys of its own."""
    EC2_2011 = "ec2-2011"
    """The rules that EC2 had in 2011 (R160, R123, R125)."""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One thing that the compiler can say of a document.

    Attributes
    ----------
    title : str
        What is wrong, in general; findings name the particular text.
    hint : str
        How to mend it; the hint of findings that bring none of their own.
    example : str
        Smallest document with such a finding, a policy of kind ``kind`` under ``profile``.
    aws_check : str or None
        Issue code of IAM Access Analyzer's policy check.
    is_refused : bool
        The document does not compile.
    is_error_on_save : bool
        Today's IAM API refuses to store the document although the language allows it; an error in save mode.
    is_document : bool
        ``example`` is a text; False where it describes what no text can show, such as an unreadable file.
    """

    code: str
    severity: Severity
    title: str
    hint: str
    example: str
    aws_check: str | None = None
    kind: PolicyKind = PolicyKind.IDENTITY
    profile: Profile = Profile.CURRENT
    is_refused: bool = False
    is_error_on_save: bool = False
    is_document: bool = True


def example_document(statement: Mapping[str, object] | None = None, **members: object) -> str:
    """Write an example: a policy of one sound statement, changed by ``statement`` and ``members``.

    A value of None takes a member out.
    """
    sound: dict[str, object] = {
        "Effect": "Allow",
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::orchard-ledger/*",
    }
    document: dict[str, object] = {"Version": "2012-10-17", "Statement": _merge(sound, statement or {})}
    return json.dumps(_merge(document, members))


def _merge(base: Mapping[str, object], changes: Mapping[str, object]) -> dict[str, object]:
    merged = {**base, **changes}
    return {name: value for name, value in merged.items() if value is not None}
