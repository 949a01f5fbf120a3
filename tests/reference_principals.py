"""The reference: who calls, and whom a statement of a resource, endpoint or resource control policy means."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

from reference import fold_ascii, texts_of

USER: Final = "user"
ROLE: Final = "role"
FEDERATED: Final = "federated user"
ROOT: Final = "root"
SERVICE: Final = "service"
PROVIDER: Final = "identity provider"
ANONYMOUS: Final = "anonymous"
OUTSIDE: Final = "outside"
"""Outside every customer account, such as an origin access identity of CloudFront (R16)."""

WEB_PROVIDERS: Final = ("cognito-identity.amazonaws.com", "www.amazon.com", "graph.facebook.com", "accounts.google.com")
"""Identity providers that are named by a domain (R18)."""

ACTIONS_OF_PROVIDERS: Final = {
    "saml": ("sts:assumerolewithsaml", "sts:tagsession", "sts:setsourceidentity", "sts:setcontext"),
    "web": ("sts:assumerolewithwebidentity", "sts:tagsession", "sts:setsourceidentity", "sts:setcontext"),
}
"""The actions that fit an identity provider (R60), with those that go with them on the same role (R33, R141)."""


class Grant(IntEnum):
    """How strong a grant of a resource policy is, by the entry that matched (R65)."""

    ACCOUNT = 1
    USER_OF_FED = 2
    ROLE = 3
    DIRECT = 4


@dataclass(frozen=True)
class Caller:
    """Who calls; what is not given does not apply to the kind of caller.

    `text` is what the request names.  A role that calls without a session is any session of it.
    """

    kind: str
    text: str
    account: str | None = None
    partition: str | None = None
    role_arn: str | None = None
    federating_user: str | None = None
    canonical_user: str | None = None

    @property
    def has_account(self) -> bool:
        """Tell whether the caller is under the policies of an account of its own (R130)."""
        return self.kind in (USER, ROLE, FEDERATED, ROOT)


def read_caller(text: str, facts: Mapping[str, Any]) -> Caller:
    """Read the principal of a request; the facts tell what its name does not."""
    if text == "anonymous":
        return Caller(ANONYMOUS, text)
    if text in WEB_PROVIDERS:
        return Caller(PROVIDER, text)
    if not text.startswith("arn:"):
        if "." not in text:
            raise ValueError(f"unknown principal `{text}`")
        return Caller(SERVICE, text)
    _, partition, service, _, account, name = text.split(":", 5)
    canonical_user = facts.get("canonical_user")
    if service == "iam" and name.startswith(("saml-provider/", "oidc-provider/")):
        return Caller(PROVIDER, text)
    if not re.fullmatch("[0-9]{12}", account):
        return Caller(OUTSIDE, text)
    if service == "iam" and name == "root":
        return Caller(ROOT, text, account, partition, canonical_user=canonical_user)
    if service == "iam" and name.startswith("user/"):
        return Caller(USER, text, account, partition, canonical_user=canonical_user)
    if service == "iam" and name.startswith("role/"):
        return Caller(ROLE, text, account, partition, role_arn=text, canonical_user=canonical_user)
    if service == "sts" and name.startswith("assumed-role/"):
        # R56: a session's ARN holds no path, so the fact counts and not the text.
        role_arn = facts.get("role_arn") or f"arn:{partition}:iam::{account}:role/{name.split('/')[1]}"
        return Caller(ROLE, text, account, partition, role_arn=role_arn, canonical_user=canonical_user)
    if service == "sts" and name.startswith("federated-user/"):
        federating_user = facts.get("federating_user")
        return Caller(
            FEDERATED, text, account, partition, federating_user=federating_user, canonical_user=canonical_user
        )
    raise ValueError(f"unknown principal `{text}`")


def entries_of(principals: Any) -> list[tuple[str, str]]:
    """Return the entries of a Principal or NotPrincipal with their types (R15); everyone has two spellings (R53)."""
    if principals == "*":
        return [("AWS", "*")]
    entries = []
    for kind, texts in principals.items():
        for text in texts_of(texts):
            entries.append((kind, text))
    return entries


def grant_of(
    statement: Mapping[str, Any], caller: Caller, action: str, *, has_boundary: bool, is_gateway: bool = False
) -> Grant | None:
    """Tell by which class of entry a statement means a caller (R65); None if it does not mean it.

    `is_gateway`: the statement stands in the policy of a gateway endpoint, which knows but two entries (R38).
    """
    if "NotPrincipal" in statement:
        entries = entries_of(statement["NotPrincipal"])
        if statement["Effect"] == "Deny":
            return Grant.DIRECT if is_hit(entries, caller, has_boundary=has_boundary) else None
        # R21: no page supports it; it grants to everyone of whom nothing is listed, unsigned callers included.
        listed = [identity for identity in identities_of(caller) if is_listed(identity, entries)]
        return None if listed or ("AWS", "*") in entries else Grant.DIRECT
    if "Principal" not in statement:  # R32: matches nobody
        return None
    strongest: Grant | None = None
    for kind, text in entries_of(statement["Principal"]):
        grant = grant_of_entry(kind, text, caller, action)
        if is_gateway and text != "*" and caller.kind != ROOT:
            grant = None
        if grant is not None and (strongest is None or grant > strongest):
            strongest = grant
    return strongest


def grant_of_entry(kind: str, text: str, caller: Caller, action: str) -> Grant | None:
    """Tell by which class one entry means a caller (R53 to R63, R65); parts of entries are never wildcards (R20)."""
    if (kind, text) == ("AWS", "*"):  # R53: unsigned callers and services too
        return Grant.DIRECT
    if kind == "Service":  # R59; R17: no wildcard
        return Grant.DIRECT if caller.kind == SERVICE and text == caller.text else None
    if kind == "Federated":  # R60
        is_fit = caller.kind == PROVIDER and fits_provider(caller.text, action)
        return Grant.DIRECT if is_fit and text == caller.text else None
    if (kind, text) in account_entries(caller):  # R54, R61
        return Grant.DIRECT if caller.kind == ROOT else Grant.ACCOUNT
    if kind != "AWS":
        return None
    if caller.kind in (USER, FEDERATED, OUTSIDE) and text == caller.text:  # R55, R58, R16
        return Grant.DIRECT
    if text == caller.role_arn:  # R56
        return Grant.ROLE
    if caller.kind == ROLE and text == caller.text:  # R57
        return Grant.DIRECT
    if text == caller.federating_user:  # R58
        return Grant.USER_OF_FED
    return None  # R62: a unique id is nobody's ARN


def fits_provider(provider: str, action: str) -> bool:
    """Tell whether an action is one that callers of an identity provider make (R60)."""
    kind = "saml" if ":saml-provider/" in provider else "web"
    return fold_ascii(action) in ACTIONS_OF_PROVIDERS[kind]


def account_entries(caller: Caller) -> list[tuple[str, str]]:
    """Return the entries that stand for the caller's account: its id, its root ARN, its canonical id (R54, R61)."""
    if not caller.has_account:
        return []
    entries = [("AWS", str(caller.account)), ("AWS", f"arn:{caller.partition}:iam::{caller.account}:root")]
    if caller.canonical_user is not None:
        entries.append(("CanonicalUser", caller.canonical_user))
    return entries


def identities_of(caller: Caller) -> list[list[tuple[str, str]]]:
    """Return the identities of a caller, each as the entries any of which lists it (R64)."""
    if caller.kind == ANONYMOUS:
        return []
    if caller.kind == SERVICE:
        return [[("Service", caller.text)]]
    if caller.kind == PROVIDER:
        return [[("Federated", caller.text)]]
    if caller.kind == OUTSIDE:
        return [[("AWS", caller.text)]]
    identities = [account_entries(caller)]
    if caller.kind == ROLE:
        identities.append([("AWS", str(caller.role_arn))])
    if caller.federating_user is not None and ":user/" in caller.federating_user:
        identities.append([("AWS", caller.federating_user)])
    if caller.kind != ROOT:
        identities.append([("AWS", caller.text)])
    return identities


def is_listed(identity: list[tuple[str, str]], entries: list[tuple[str, str]]) -> bool:
    """Tell whether one identity of a caller is among the entries of a NotPrincipal."""
    return any(entry in entries for entry in identity)


def is_hit(entries: list[tuple[str, str]], caller: Caller, *, has_boundary: bool) -> bool:
    """Tell whether a Deny with NotPrincipal reaches a caller: unless each of its identities is listed (R64)."""
    if has_boundary or caller.kind == ANONYMOUS:
        return True
    if ("AWS", "*") in entries:
        return False
    return not all(is_listed(identity, entries) for identity in identities_of(caller))
