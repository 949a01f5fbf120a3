"""The reference tells who calls and whom a statement means as the rules on principals say."""

from __future__ import annotations

from typing import Any

import pytest
from reference_principals import Grant, grant_of, read_caller

A, B = "210987654321", "345678901234"
USER = f"arn:aws:iam::{A}:user/mara"
SESSION = f"arn:aws:sts::{A}:assumed-role/Harvester/run-42"
ROLE = f"arn:aws:iam::{A}:role/Harvester"
FEDERATED = f"arn:aws:sts::{A}:federated-user/crew"
ROOT = f"arn:aws:iam::{A}:root"
SAML = f"arn:aws:iam::{A}:saml-provider/Orchard"
CLOUDFRONT = "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1"
CANONICAL = "79ab" * 16
EVERYONE = (USER, SESSION, ROLE, FEDERATED, ROOT, "ec2.amazonaws.com", SAML, "accounts.google.com", "anonymous")
FACTS = {"federating_user": USER, "canonical_user": CANONICAL}


def grant(principals: Any, caller: str, action: str = "s3:GetObject", **options: Any) -> Grant | None:
    """Tell how an Allow with a Principal means a caller."""
    statement = {"Effect": "Allow", "Principal": principals}
    return grant_of(statement, read_caller(caller, FACTS), action, **{"has_boundary": False, **options})


@pytest.mark.parametrize("principals", ["*", {"AWS": "*"}, {"AWS": [USER, "*"]}])
def test_star_means_everyone_directly(principals: Any) -> None:
    """Both spellings of everyone mean every kind of caller, directly (R53, R65)."""
    for caller in (*EVERYONE, CLOUDFRONT):
        assert grant(principals, caller) is Grant.DIRECT


@pytest.mark.parametrize("entry", [{"AWS": A}, {"AWS": ROOT}, {"CanonicalUser": CANONICAL}])
def test_account_means_its_principals_as_delegation(entry: dict[str, str]) -> None:
    """An account entry means the root user directly, the account's others by delegation, and nobody else (R54, R61)."""
    assert grant(entry, ROOT) is Grant.DIRECT
    for caller in (USER, SESSION, ROLE, FEDERATED):
        assert grant(entry, caller) is Grant.ACCOUNT
    for caller in (f"arn:aws:iam::{B}:user/bela", "ec2.amazonaws.com", SAML, "accounts.google.com", "anonymous"):
        assert grant({"AWS": A}, caller) is None
    assert grant({"AWS": f"arn:aws-cn:iam::{A}:root"}, USER) is None


@pytest.mark.parametrize(
    ("entry", "caller", "expected"),
    [
        ({"AWS": USER}, USER, Grant.DIRECT),
        ({"AWS": USER}, FEDERATED, Grant.USER_OF_FED),
        ({"AWS": FEDERATED}, FEDERATED, Grant.DIRECT),
        ({"AWS": FEDERATED}, USER, None),
        ({"AWS": ROLE}, SESSION, Grant.ROLE),
        ({"AWS": ROLE}, ROLE, Grant.ROLE),
        ({"AWS": SESSION}, SESSION, Grant.DIRECT),
        ({"AWS": SESSION}, ROLE, None),
        ({"AWS": [A, ROLE, SESSION]}, SESSION, Grant.DIRECT),
        ({"AWS": [A, ROLE]}, SESSION, Grant.ROLE),
        ({"AWS": [USER, A]}, FEDERATED, Grant.USER_OF_FED),
        ({"AWS": CLOUDFRONT}, CLOUDFRONT, Grant.DIRECT),
        ({"Service": "ec2.amazonaws.com"}, "ec2.amazonaws.com", Grant.DIRECT),
        ({"AWS": "ec2.amazonaws.com"}, "ec2.amazonaws.com", None),
        ({"Service": "*"}, "ec2.amazonaws.com", None),
        ({"Service": USER}, USER, None),
        ({"Federated": "*"}, SAML, None),
        ({"CanonicalUser": "*"}, USER, None),
        ({"CanonicalUser": USER}, USER, None),
        ({"AWS": "AIDAEXAMPLE"}, USER, None),
        ({"AWS": "None"}, "ec2.amazonaws.com", None),
        ({"AWS": f"arn:aws:iam::{A}:user/*"}, USER, None),
        ({"AWS": []}, USER, None),
        ({}, USER, None),
    ],
)
def test_entry_means(entry: dict[str, Any], caller: str, expected: Grant | None) -> None:
    """An entry means whom its text names, and the strongest entry counts (R20, R55 to R59, R62, R65)."""
    assert grant(entry, caller) is expected


@pytest.mark.parametrize(
    ("provider", "action", "expected"),
    [
        (SAML, "sts:AssumeRoleWithSAML", Grant.DIRECT),
        (SAML, "STS:tagsession", Grant.DIRECT),
        (SAML, "sts:AssumeRoleWithWebIdentity", None),
        (SAML, "sts:AssumeRole", None),
        ("accounts.google.com", "sts:AssumeRoleWithWebIdentity", Grant.DIRECT),
        ("accounts.google.com", "sts:AssumeRoleWithSAML", None),
        (f"arn:aws:iam::{A}:oidc-provider/x", "sts:AssumeRoleWithWebIdentity", Grant.DIRECT),
        (USER, "sts:AssumeRoleWithWebIdentity", None),
    ],
)
def test_provider_fits_its_action(provider: str, action: str, expected: Grant | None) -> None:
    """A provider's entry means its callers for the actions that they make (R60)."""
    assert grant({"Federated": provider}, provider, action) is expected


def test_session_is_judged_by_the_role_of_the_fact() -> None:
    """The role behind a session counts, not the text of the session's ARN (R56)."""
    caller = read_caller(SESSION, {"role_arn": f"arn:aws:iam::{A}:role/ops/Harvester"})
    for role, expected in ((f"arn:aws:iam::{A}:role/ops/Harvester", Grant.ROLE), (ROLE, None)):
        statement = {"Effect": "Allow", "Principal": {"AWS": role}}
        assert grant_of(statement, caller, "s3:GetObject", has_boundary=False) is expected


def test_gateway_endpoint_knows_everyone_and_root() -> None:
    """In a gateway endpoint's policy only everyone and, by an account's entry, its root user are meant (R38)."""
    assert grant("*", USER, is_gateway=True) is Grant.DIRECT
    assert grant({"AWS": A}, ROOT, is_gateway=True) is Grant.DIRECT
    for entry in (A, USER, ROOT):
        assert grant({"AWS": entry}, USER, is_gateway=True) is None


@pytest.mark.parametrize(
    ("listed", "caller", "is_hit"),
    [
        ({"AWS": [A, USER]}, USER, False),
        ({"AWS": [ROOT, USER]}, USER, False),
        ({"AWS": USER, "CanonicalUser": CANONICAL}, USER, False),
        ({"AWS": [A]}, USER, True),
        ({"AWS": [USER]}, USER, True),
        ({"AWS": [A]}, ROOT, False),
        ({"AWS": [USER]}, ROOT, True),
        ({"AWS": [A, ROLE, SESSION]}, SESSION, False),
        ({"AWS": [A, ROLE]}, SESSION, True),
        ({"AWS": [A, SESSION]}, SESSION, True),
        ({"AWS": [ROLE, SESSION]}, SESSION, True),
        ({"AWS": [A, ROLE]}, ROLE, False),
        ({"AWS": [A, USER, FEDERATED]}, FEDERATED, False),
        ({"AWS": [A, FEDERATED]}, FEDERATED, True),
        ({"AWS": [A, USER]}, FEDERATED, True),
        ({"Service": "ec2.amazonaws.com"}, "ec2.amazonaws.com", False),
        ({"AWS": "ec2.amazonaws.com"}, "ec2.amazonaws.com", True),
        ({"Federated": SAML}, SAML, False),
        ({"AWS": CLOUDFRONT}, CLOUDFRONT, False),
        ("*", USER, False),
        ("*", "anonymous", True),
    ],
)
def test_deny_with_not_principal_hits(listed: Any, caller: str, is_hit: bool) -> None:
    """A Deny with NotPrincipal spares only a caller of whom each identity is listed (R64)."""
    statement = {"Effect": "Deny", "NotPrincipal": listed}
    got = grant_of(statement, read_caller(caller, FACTS), "s3:GetObject", has_boundary=False)
    assert (got is not None) is is_hit
    assert grant_of(statement, read_caller(caller, FACTS), "s3:GetObject", has_boundary=True) is Grant.DIRECT


@pytest.mark.parametrize(
    ("listed", "caller", "expected"),
    [
        ({"AWS": CLOUDFRONT}, USER, Grant.DIRECT),
        ({"AWS": CLOUDFRONT}, "anonymous", Grant.DIRECT),
        ({"AWS": "anonymous"}, "anonymous", Grant.DIRECT),
        ({"AWS": USER}, USER, None),
        ({"AWS": A}, USER, None),
        ("*", USER, None),
        ("*", "anonymous", None),
    ],
)
def test_allow_with_not_principal_grants(listed: Any, caller: str, expected: Grant | None) -> None:
    """An Allow with NotPrincipal, which no page supports, grants whom nothing lists (R21)."""
    statement = {"Effect": "Allow", "NotPrincipal": listed}
    assert grant_of(statement, read_caller(caller, FACTS), "s3:GetObject", has_boundary=False) is expected


def test_nobody_may_be_known_to_have_federated_a_user() -> None:
    """A federated user of whom nothing else is told is its own session and of its account (R58, R64)."""
    caller = read_caller(FEDERATED, {})
    for listed, expected in (([A, FEDERATED], None), ([A, USER], Grant.DIRECT), ([FEDERATED], Grant.DIRECT)):
        statement = {"Effect": "Deny", "NotPrincipal": {"AWS": listed}}
        assert grant_of(statement, caller, "s3:GetObject", has_boundary=False) is expected


def test_unknown_principal_is_refused() -> None:
    """A principal of no known kind is an error, not a caller without policies."""
    sts = ("root", "user/x", "role/x", "saml-provider/x", "oidc-provider/x", "assumed-rol/x/y")
    iam = ("group/pickers", "roots", "assumed-role/x/y", "federated-user/x")
    texts = ["mara", f"arn:aws:s3::{A}:user/x"]
    texts += [f"arn:aws:sts::{A}:{name}" for name in sts] + [f"arn:aws:iam::{A}:{name}" for name in iam]
    for text in texts:
        with pytest.raises(ValueError, match="unknown principal"):
            read_caller(text, {})
