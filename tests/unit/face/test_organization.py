"""``organization.json`` puts accounts under service control policies, and what it leaves open is an error."""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from layout import ROOT
from reference_kinds import decide_request
from reference_layers import Policies

import gatewright as gw
from gatewright.answers import MISSING, answer_members
from gatewright.cli import main
from gatewright.compiler.errors import Finding, PolicyError, Severity
from gatewright.compiler.policyset import PrincipalKind
from gatewright.compiler.syntax import PolicyKind
from gatewright.diagnostics import STORE_DIAGNOSTICS
from gatewright.runtime.layout import LayerKind
from gatewright.store import PolicyStore

MANAGEMENT, WEB, DATA = "111111111111", "222222222222", "333333333333"

Json = dict[str, Any]
Change = Callable[[Json], object]


def policy(*statements: tuple[str, str | list[str]]) -> Json:
    """Return a policy document of effects and actions."""
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": effect, "Action": action, "Resource": "*"} for effect, action in statements],
    }


FULL = policy(("Allow", "*"))
RCP_FULL = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}],
}
NO_S3 = policy(("Deny", "s3:DeleteBucket"))
RCP_DENY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}],
}

RCP_ALLOW = {"Version": "2012-10-17", "Statement": [RCP_DENY["Statement"][0] | {"Effect": "Allow"}]}  # type: ignore[dict-item]


def node(node_id: str, name: str, *scps: object, **more: object) -> Json:
    """Return a root, unit or account."""
    return {"Id": node_id, "Name": name, "ServiceControlPolicies": list(scps), **more}


def tree() -> Json:
    """Return an organization in which everything is right."""
    web = node(WEB, "web", FULL, NO_S3, ResourceControlPolicies=[RCP_FULL])
    production = node("ou-ab12-prod", "Production", policy(("Allow", ["s3:*", "ec2:*"])), Accounts=[web])
    data = node("ou-ab12-data", "Data", FULL, Accounts=[node(DATA, "data", FULL)])
    root = node("r-ab12", "Root", FULL, OrganizationalUnits=[production, data], ResourceControlPolicies=[])
    root["Accounts"] = [node(MANAGEMENT, "management", policy(("Deny", "*")))]
    return {"Id": "o-a1b2c3d4e5", "ManagementAccountId": MANAGEMENT, "Root": root}


def production(organization: Json) -> Json:
    """Return the unit Production."""
    unit: Json = organization["Root"]["OrganizationalUnits"][0]
    return unit


def web(organization: Json) -> Json:
    """Return the account web."""
    account: Json = production(organization)["Accounts"][0]
    return account


def details(account: str) -> Json:
    """Return the details of an account with a user, a role and a service-linked role, who may do everything."""
    roles = [("web", "/"), ("AWSServiceRoleForSupport", "/aws-service-role/support.amazonaws.com/")]
    trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    own = [{"PolicyName": "All", "PolicyDocument": FULL}]
    return {
        "UserDetailList": [{"UserName": "Ann", "Arn": f"arn:aws:iam::{account}:user/Ann", "UserPolicyList": own}],
        "RoleDetailList": [
            {
                "RoleName": name,
                "Arn": f"arn:aws:iam::{account}:role{path}{name}",
                "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
                "RolePolicyList": own,
            }
            for name, path in roles
        ],
    }


def write(folder: Path, organization: object, *accounts: str) -> Path:
    """Write a store and return it."""
    (folder / "accounts").mkdir(parents=True, exist_ok=True)
    for account in accounts or (MANAGEMENT, WEB, DATA):
        (folder / f"accounts/{account}.json").write_text(json.dumps(details(account), indent=1), encoding="utf-8")
    (folder / "organization.json").write_text(json.dumps(organization, indent=1), encoding="utf-8")
    return folder


def load_errors(folder: Path) -> list[Finding]:
    """Return the errors of a store that must not load."""
    with pytest.raises(PolicyError) as caught:
        PolicyStore.load(folder)
    return [finding for finding in caught.value.findings if finding.severity is Severity.ERROR]


def user(account: str) -> str:
    """Return the ARN of the user of an account."""
    return f"arn:aws:iam::{account}:user/Ann"


def linked(account: str) -> str:
    """Return the ARN of the service-linked role of an account."""
    return f"arn:aws:iam::{account}:role/aws-service-role/support.amazonaws.com/AWSServiceRoleForSupport"


def decide(authorizer: gw.Authorizer, principal: str, action: str) -> tuple[str, str | None]:
    """Return the decision and the kind of policy that made it."""
    explanation = authorizer.explain(principal, action)
    answer = explanation.answer
    kind = answer.statements[0].kind if answer.statements else explanation.missing
    return answer.decision.name.lower(), kind


def compile_store(folder: Path) -> gw.Authorizer:
    """Return an authorizer of a store."""
    return gw.Authorizer(gw.compile(PolicyStore.load(folder)))


def test_levels_are_the_path_from_the_root_to_the_account(tmp_path: Path) -> None:
    """Everybody in a member account is under one level each of root, units and account, in this order (R134)."""
    store = PolicyStore.load(write(tmp_path, tree()))
    documents, principals = store.policy_set.documents, {p.arn: p for p in store.policy_set.principals}
    for arn in (user(WEB), f"arn:aws:iam::{WEB}:role/web", f"arn:aws:iam::{WEB}:root"):
        scps = principals[arn].scps
        assert scps is not None
        assert [[documents[index].name for index in level] for level in scps] == [
            ["SCP 1 of root Root (r-ab12)"],
            ["SCP 1 of unit Production (ou-ab12-prod)"],
            [f"SCP {number} of account web ({WEB})" for number in (1, 2)],
        ]
        assert {documents[index].kind for level in scps for index in level} == {PolicyKind.SCP}
    kinds = [document.kind for document in documents]
    order = list(dict.fromkeys(kinds))
    assert order == [PolicyKind.IDENTITY, PolicyKind.TRUST, PolicyKind.SCP], "kinds are numbered one behind the other"
    assert kinds == sorted(kinds, key=order.index)


def test_who_is_exempt_is_under_no_level(tmp_path: Path) -> None:
    """The management account, its root user included, and service-linked roles are under none (R134, R146)."""
    store = PolicyStore.load(write(tmp_path, tree()))
    exempt = {principal.arn for principal in store.policy_set.principals if principal.scps is None}
    own = {p.arn for p in store.policy_set.principals if f":{MANAGEMENT}:" in p.arn}
    assert len(own) == 4 and exempt == own | {linked(WEB), linked(DATA)}
    authorizer = compile_store(tmp_path)
    for arn in exempt:
        assert decide(authorizer, arn, "s3:DeleteBucket")[0] == "allow"


@pytest.mark.parametrize("who", [user(WEB), f"arn:aws:iam::{WEB}:role/web", f"arn:aws:iam::{WEB}:root"])
def test_every_level_must_allow_and_none_may_deny(who: str, tmp_path: Path) -> None:
    """A level without an applying Allow refuses, and a Deny in any of them is an explicit one (R131, R134, R143)."""
    authorizer = compile_store(write(tmp_path, tree()))
    assert decide(authorizer, who, "s3:GetObject")[0] == "allow"
    assert decide(authorizer, who, "iam:CreateUser") == ("implicit_deny", "scp")
    assert decide(authorizer, who, "s3:DeleteBucket") == ("explicit_deny", "scp")
    assert decide(authorizer, who.replace(WEB, DATA), "iam:CreateUser")[0] == "allow"


def test_a_service_control_policy_grants_nothing(tmp_path: Path) -> None:
    """Where no identity policy allows, an Allow on every level is of no use (R134)."""
    folder = write(tmp_path, tree())
    account = details(DATA)
    account["UserDetailList"][0]["UserPolicyList"] = []
    (folder / f"accounts/{DATA}.json").write_text(json.dumps(account), encoding="utf-8")
    assert decide(compile_store(folder), user(DATA), "s3:GetObject") == ("implicit_deny", "identity")


def grow(chance: random.Random, paths: dict[str, list[list[Json]]], above: list[list[Json]]) -> Json:
    """Return a generated unit and what is below it, and enter the levels on the path to each of its accounts."""
    patterns = ["*", "s3:*", "s3:Get*", "ec2:*", "iam:*", "s3:PutObject"]

    def draw_level() -> list[Json]:
        effects = chance.choices(["Allow", "Deny"], [2, 1], k=chance.choice([1, 2]))
        return [policy((effect, chance.sample(patterns, 2))) for effect in effects] + [FULL] * chance.choice([0, 1, 1])

    levels = [*above, draw_level()]
    account = str(200000000000 + len(paths))
    paths[account] = [*levels, draw_level()]
    grown = node(f"ou-{account}", "unit", *levels[-1], Accounts=[node(account, "account", *paths[account][-1])])
    if len(levels) < 4:
        grown["OrganizationalUnits"] = [grow(chance, paths, levels) for _ in range(chance.choice([1, 2]))]
    return grown


def test_decisions_are_those_of_the_reference(tmp_path: Path) -> None:
    """On generated organizations the engine decides as the reference does with the levels on the path."""
    seen = {answer for seed in range(12) for answer in compare(seed, tmp_path / str(seed))}
    assert seen == {("allow", "identity"), ("allow", None), ("explicit_deny", "scp"), ("implicit_deny", "scp")}


def compare(seed: int, folder: Path) -> set[tuple[str, str | None]]:
    """Compare the decisions on one generated organization with the reference's and return them."""
    paths: dict[str, list[list[Json]]] = {}
    root = grow(random.Random(seed), paths, [])
    organization = {"Id": "o-x", "ManagementAccountId": min(paths), "Root": root}
    authorizer = compile_store(write(folder, organization, *paths))
    seen = set()
    for account, path in paths.items():
        facts = {"principal_in_management_account": account == min(paths)}
        principals: list[tuple[str, list[Json], Json]] = [
            (user(account), [FULL], facts),
            (f"arn:aws:iam::{account}:root", [], facts),
            (linked(account), [FULL], facts | {"service_linked_role": True}),
        ]
        for arn, identity, known in principals:
            for action in ("s3:GetObject", "s3:PutObject", "ec2:RunInstances", "iam:CreateUser"):
                policies = Policies(identity, None, None, [], path, None, [])
                expected = decide_request(policies, caller(arn), action, "*", {}, None, known)
                answer = decide(authorizer, arn, action)
                assert answer == (expected.effect, expected.layer), (seed, account, arn, action)
                seen.add(answer)
    return seen


def caller(arn: str) -> str:
    """Return the ARN that calls: of a role one of its sessions."""
    if ":role/" not in arn:
        return arn
    return f"arn:aws:sts::{arn.split(':')[4]}:assumed-role/{arn.rpartition('/')[2]}/session"


# --- what is wrong ----------------------------------------------------------------------------------------------------


def deepen(organization: Json, count: int) -> None:
    """Nest units below the root."""
    unit = organization["Root"]
    for number in range(count):
        below = node(f"ou-ab12-deep{number}", "Deep", FULL)
        unit.setdefault("OrganizationalUnits", []).append(below)
        unit = below


WRONG: dict[str, tuple[str, str, Change]] = {
    "an account's id as the root": ("GW631", "Root", lambda o: o.update(Root="r-ab12")),
    "a list of units that is none": (
        "GW631",
        "Root.OrganizationalUnits",
        lambda o: o["Root"].update(OrganizationalUnits={}),
    ),
    "a list of accounts that is none": ("GW631", "Root.Accounts", lambda o: o["Root"].update(Accounts=WEB)),
    "policies that are no list": (
        "GW631",
        "Root.OrganizationalUnits.0.ServiceControlPolicies",
        lambda o: production(o).update(ServiceControlPolicies=FULL),
    ),
    "policies that are null": (
        "GW631",
        "Root.OrganizationalUnits.0.ServiceControlPolicies",
        lambda o: production(o).update(ServiceControlPolicies=None),
    ),
    "resource policies that are no list": (
        "GW631",
        "Root.ResourceControlPolicies",
        lambda o: o["Root"].update(ResourceControlPolicies=RCP_FULL),
    ),
    "an account that is a text": ("GW631", "Root.Accounts.1", lambda o: o["Root"]["Accounts"].append(WEB)),
    "a number as an id": ("GW631", "ManagementAccountId", lambda o: o.update(ManagementAccountId=111111111111)),
    "an empty name": ("GW631", "Root.Name", lambda o: o["Root"].update(Name="")),
    "an unknown member of the organization": ("GW632", "Organization", lambda o: o.update(Organization={})),
    "a misspelt list of units": (
        "GW632",
        "Root.OrganizationalUnits.0.OrganizationUnits",
        lambda o: production(o).update(OrganizationUnits=[]),
    ),
    "units in an account": (
        "GW632",
        "Root.OrganizationalUnits.0.Accounts.0.Accounts",
        lambda o: web(o).update(Accounts=[]),
    ),
    "no id of the organization": ("GW633", "", lambda o: o.pop("Id")),
    "no management account": ("GW633", "", lambda o: o.pop("ManagementAccountId")),
    "no root": ("GW633", "", lambda o: o.pop("Root")),
    "no id of a unit": ("GW633", "Root.OrganizationalUnits.0", lambda o: production(o).pop("Id")),
    "no name": ("GW633", "Root.OrganizationalUnits.0.Accounts.0", lambda o: web(o).pop("Name")),
    "a level that alone has no policies": (
        "GW633",
        "Root.OrganizationalUnits.0",
        lambda o: production(o).pop("ServiceControlPolicies"),
    ),
    "an account that alone has no policies": (
        "GW633",
        "Root.OrganizationalUnits.0.Accounts.0",
        lambda o: web(o).pop("ServiceControlPolicies"),
    ),
    "an account id of eleven digits": (
        "GW634",
        "Root.OrganizationalUnits.0.Accounts.0.Id",
        lambda o: web(o).update(Id=WEB[1:]),
    ),
    "a management account by its name": (
        "GW634",
        "ManagementAccountId",
        lambda o: o.update(ManagementAccountId="main"),
    ),
    "an account in two places": ("GW635", "Root.Accounts.1.Id", lambda o: o["Root"]["Accounts"].append(web(o))),
    "two units with one id": (
        "GW635",
        "Root.OrganizationalUnits.1.Id",
        lambda o: o["Root"]["OrganizationalUnits"][1].update(Id="ou-ab12-prod"),
    ),
    "a management account that is not there": (
        "GW636",
        "ManagementAccountId",
        lambda o: o.update(ManagementAccountId="999999999999"),
    ),
    "six levels of units": (
        "GW638",
        "Root.OrganizationalUnits.2" + 5 * ".OrganizationalUnits.0",
        lambda o: deepen(o, 6),
    ),
    "sixty-five policies": (
        "GW640",
        "Root.ServiceControlPolicies",
        lambda o: o["Root"].update(ServiceControlPolicies=[FULL] * 65),
    ),
    "a resource control policy that allows": (
        "GW350",
        "Root.ResourceControlPolicies.1.Statement.0.Effect",
        lambda o: o["Root"].update(ResourceControlPolicies=[RCP_FULL, RCP_ALLOW]),
    ),
    "a service control policy that is none": (
        "GW100",
        "Root.ServiceControlPolicies.0",
        lambda o: o["Root"].update(ServiceControlPolicies=[7]),
    ),
    "a principal in a service control policy": (
        "GW340",
        "Root.ServiceControlPolicies.0.Statement.0.Principal",
        lambda o: o["Root"].update(ServiceControlPolicies=[RCP_FULL]),
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_with_an_organization_is_an_error(name: str, tmp_path: Path) -> None:
    """Each wrong thing is one error with its code, hint and place in the file, and no other follows from it."""
    code, place, change = WRONG[name]
    organization = tree()
    change(organization)
    (error,) = load_errors(write(tmp_path, organization))
    assert error.code == code, str(error)
    assert "\n" not in str(error) and error.message[0] in "`abcdefghijklmnopqrstuvwxyz" and error.hint
    assert error.source.endswith("organization.json") and error.span is not None
    assert ".".join(map(str, error.path)) == place


def test_every_code_is_provoked() -> None:
    """The tests here provoke every code of the catalogue that speaks of organizations."""
    codes = {entry.code for entry in STORE_DIAGNOSTICS if "GW631" <= entry.code <= "GW640"}
    assert codes - {code for code, _, _ in WRONG.values()} == {"GW637", "GW639"}


@pytest.mark.parametrize("value", [[], "text", 7, None])
def test_a_file_that_is_no_object_is_an_error(value: object, tmp_path: Path) -> None:
    """Whatever JSON the file holds, the answer is one error."""
    (error,) = load_errors(write(tmp_path, value))
    assert error.code == "GW631" and "docs/getting-started.md" in error.hint


def test_an_account_without_a_place_is_an_error(tmp_path: Path) -> None:
    """An account of the store that the organization does not name would be under nothing: that is not guessed."""
    organization = tree()
    production(organization)["Accounts"] = []
    (error,) = load_errors(write(tmp_path, organization))
    assert (error.code, Path(error.source).name) == ("GW637", f"{WEB}.json")
    assert error.span is not None and WEB in error.message and error.hint


def test_an_account_that_could_not_be_read_is_not_missed(tmp_path: Path) -> None:
    """Where a part of the tree is broken, that is reported, and not that accounts are not there."""
    organization = tree()
    organization["Root"]["OrganizationalUnits"][0] = "Production"
    organization["Root"]["Accounts"][0]["Id"] = "1"
    assert {error.code for error in load_errors(write(tmp_path, organization))} == {"GW631", "GW634"}


def test_accounts_without_details_are_no_matter(tmp_path: Path) -> None:
    """The organization may have more accounts than the store."""
    store = PolicyStore.load(write(tmp_path, tree(), WEB))
    assert store.accounts == (WEB,)
    names = [document.name for document in store.policy_set.documents if document.kind is PolicyKind.SCP]
    assert len(names) == 4 and not any("data" in name for name in names)


def test_policies_nobody_is_under_are_checked(tmp_path: Path) -> None:
    """An error in a policy of the management account, or of an account without details, is found."""
    organization = tree()
    organization["Root"]["Accounts"][0]["ServiceControlPolicies"] = [policy(("Alow", "*"))]
    (error,) = load_errors(write(tmp_path, organization, WEB))
    assert error.path[:4] == ("Root", "Accounts", 0, "ServiceControlPolicies")


def test_a_level_without_policies_allows_nothing(tmp_path: Path) -> None:
    """That is what AWS decides (R134), and a warning names the level; the management account does not matter."""
    organization = tree()
    production(organization)["ServiceControlPolicies"] = []
    organization["Root"]["Accounts"][0]["ServiceControlPolicies"] = []
    folder = write(tmp_path, organization)
    (warning,) = [finding for finding in PolicyStore.load(folder).findings if finding.code == "GW639"]
    assert warning.severity is Severity.WARNING and "unit Production (ou-ab12-prod)" in warning.message
    assert warning.path == ("Root", "OrganizationalUnits", 0, "ServiceControlPolicies") and warning.span is not None
    authorizer = compile_store(folder)
    assert decide(authorizer, user(WEB), "s3:GetObject") == ("implicit_deny", "scp")
    assert decide(authorizer, f"arn:aws:iam::{WEB}:root", "s3:GetObject") == ("implicit_deny", "scp")
    assert decide(authorizer, user(DATA), "s3:GetObject")[0] == "allow"
    assert decide(authorizer, user(MANAGEMENT), "s3:GetObject")[0] == "allow"


def test_many_levels_without_policies_do_not_refuse_a_store(tmp_path: Path) -> None:
    """Warnings are bounded and say how many levels there are; they never become an error."""
    organization = tree()
    organization["Root"]["Accounts"] += [node(str(500000000000 + number), "empty") for number in range(400)]
    found = [finding for finding in PolicyStore.load(write(tmp_path, organization)).findings if finding.code == "GW639"]
    assert len(found) == 20 and all("(and 399 levels more like it)" in finding.message for finding in found)


def test_an_organization_without_service_control_policies_limits_nobody(tmp_path: Path) -> None:
    """Where no level has the member, such policies are not in use (R134)."""
    text = json.dumps(tree())
    organization = json.loads(text, object_hook=lambda o: {k: v for k, v in o.items() if k != "ServiceControlPolicies"})
    folder = write(tmp_path, organization)
    assert all(principal.scps is None for principal in PolicyStore.load(folder).policy_set.principals)
    assert decide(compile_store(folder), user(WEB), "iam:CreateUser")[0] == "allow"


def test_documents_may_be_texts(tmp_path: Path) -> None:
    """Policies as JSON text, also percent-encoded, as the API sends them, mean the same."""
    plain = PolicyStore.load(write(tmp_path / "plain", tree())).policy_set
    organization = tree()
    organization["Root"]["ServiceControlPolicies"] = [json.dumps(FULL)]
    web(organization)["ServiceControlPolicies"] = [quote(json.dumps(document)) for document in (FULL, NO_S3)]
    web(organization)["ResourceControlPolicies"] = [quote(json.dumps(RCP_FULL))]
    folder = write(tmp_path / "text", organization)
    texts = PolicyStore.load(folder).policy_set
    assert texts.principals == plain.principals
    assert [(d.name, d.value) for d in texts.documents] == [(d.name, d.value) for d in plain.documents]
    web(organization)["ServiceControlPolicies"][1] = "{"
    (error,) = load_errors(write(folder, organization))
    place = "Root.OrganizationalUnits[0].Accounts[0].ServiceControlPolicies[1]"
    assert error.source == f"{folder / 'organization.json'}#{place}"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({}, None),
        ({"Statement": RCP_FULL["Statement"][0]}, None),
        ({"Statement": [RCP_FULL["Statement"][0] | {"Sid": "EnableAWSServiceAccess"}]}, None),
        ({"Version": "2008-10-17"}, "GW341"),
        ({"Id": "x"}, "GW350"),
        ({"Statement": []}, "GW107"),
        ({"Statement": RCP_FULL["Statement"] * 2}, "GW350"),
        ({"Statement": [RCP_FULL["Statement"][0] | {"Condition": {}}]}, "GW350"),
        ({"Statement": [RCP_FULL["Statement"][0] | {"Action": "s3:*"}]}, "GW350"),
        ({"Statement": [RCP_FULL["Statement"][0] | {"Sid": None}]}, "GW350"),
    ],
)
def test_only_the_builtin_resource_control_policy_may_allow(change: Json, code: str | None, tmp_path: Path) -> None:
    """The policy that AWS attaches everywhere changes no decision and is left out; no other may allow (R37, R133)."""
    organization = tree()
    web(organization)["ResourceControlPolicies"] = [RCP_FULL | change]
    folder = write(tmp_path, organization)
    if code is None:
        policy_set = PolicyStore.load(folder).policy_set
        assert policy_set.accounts == () and PolicyKind.RCP not in {document.kind for document in policy_set.documents}
        return
    errors = load_errors(folder)
    place = ("Root", "OrganizationalUnits", 0, "Accounts", 0, "ResourceControlPolicies", 0)
    assert code in {error.code for error in errors} and {error.path[: len(place)] for error in errors} == {place}


def test_five_levels_of_units_are_taken(tmp_path: Path) -> None:
    """Units nest as deep as in AWS, and each is a level."""
    organization = tree()
    deepen(organization, 5)
    unit = organization["Root"]["OrganizationalUnits"][2]
    while "OrganizationalUnits" in unit:
        (unit,) = unit["OrganizationalUnits"]
    unit["Accounts"] = [node("444444444444", "deep", FULL)]
    store = PolicyStore.load(write(tmp_path, organization, "444444444444"))
    assert {len(principal.scps or ()) for principal in store.policy_set.principals} == {0, 7}


def test_a_hostile_file_is_answered(tmp_path: Path) -> None:
    """Deep nesting and thousands of errors end in a bounded list of errors."""
    unit = node("ou-ab12-last", "Last", FULL)
    for number in range(10):
        unit = node(f"ou-ab12-{number}", "Deep", FULL, OrganizationalUnits=[unit])
    organization = tree()
    organization["Root"]["OrganizationalUnits"] = [unit]
    organization["Root"]["Accounts"] = [{}] * 1000
    errors = load_errors(write(tmp_path / "many", organization))
    assert len(errors) == 251 and [error.code for error in errors].count("GW627") == 1
    for text in ("[" * 100_000, '{"Root": ' * 10_000, "", "\x00"):
        folder = write(tmp_path / "text", tree())
        (folder / "organization.json").write_text(text, encoding="utf-8")
        (error,) = load_errors(folder)
        assert error.source.endswith("organization.json") and error.code < "GW100"


def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    """A folder of that name, or a link to nowhere, is not taken for an absent organization."""
    folder = write(tmp_path, tree())
    (folder / "organization.json").unlink()
    (folder / "organization.json").symlink_to(folder / "nowhere")
    assert [error.code for error in load_errors(folder)] == ["GW601"]
    (folder / "organization.json").unlink()
    (folder / "organization.json").mkdir()
    assert [error.code for error in load_errors(folder)] == ["GW602"]


# --- the guide --------------------------------------------------------------------------------------------------------

FAKE = """#!{python}
import json, sys
tree = json.loads({tree!r})
words = sys.argv[2:-2]
options = dict(zip(words[1::2], words[2::2]))
nodes, policies, pending = {{}}, {{}}, [tree["Root"]]
while pending:
    found = pending.pop()
    nodes[found["Id"]] = found
    pending += found.get("OrganizationalUnits", []) + found.get("Accounts", [])
    for kind in ("ServiceControlPolicies", "ResourceControlPolicies"):
        for number, document in enumerate(found.get(kind, [])):
            policies[found["Id"] + kind[0] + str(number)] = document
def short(entries):
    return [{{"Id": entry["Id"], "Name": entry["Name"], "Arn": "arn"}} for entry in entries]
def answer(command):
    if command == "describe-organization":
        return {{"Organization": {{"Id": tree["Id"], "MasterAccountId": tree["ManagementAccountId"], "Arn": "arn"}}}}
    if command == "list-roots":
        kinds = [{{"Type": kind, "Status": "ENABLED"}} for kind in {enabled!r}]
        return {{"Roots": [{{**short([tree["Root"]])[0], "PolicyTypes": kinds}}]}}
    if command == "describe-policy":
        return {{"Policy": {{"PolicySummary": {{}}, "Content": json.dumps(policies[options["--policy-id"]])}}}}
    if command == "list-policies-for-target":
        start = options["--target-id"] + options["--filter"][0]
        return {{"Policies": [{{"Id": one}} for one in sorted(policies) if one.startswith(start)]}}
    node = nodes[options["--parent-id"]]
    member = "Accounts" if "accounts" in command else "OrganizationalUnits"
    return {{member: short(node.get(member, []))}}
print(json.dumps(answer(words[0])))
"""


@pytest.mark.parametrize("enabled", [["SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"], []])
def test_the_script_of_the_guide_writes_the_file(enabled: list[str], tmp_path: Path) -> None:
    """What the documented script makes of the command line's answers is the organization."""
    guide = (ROOT / "docs/getting-started.md").read_text(encoding="utf-8")
    (script,) = re.findall(r"```python\n(import json\nimport subprocess\n.*?)```", guide, re.DOTALL)
    (tmp_path / "bin").mkdir()
    fake = tmp_path / "bin/aws"
    fake.write_text(FAKE.format(python=sys.executable, tree=json.dumps(tree()), enabled=enabled), encoding="utf-8")
    fake.chmod(0o755)
    environment = os.environ | {"PATH": f"{fake.parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run([sys.executable, "-c", script], env=environment, stdout=subprocess.PIPE, check=True)
    got = PolicyStore.load(write(tmp_path / "got", json.loads(done.stdout))).policy_set
    want = PolicyStore.load(write(tmp_path / "want", tree())).policy_set
    if not enabled:
        assert {principal.scps for principal in got.principals} == {None}
        return
    assert got.principals == want.principals
    assert [(d.name, d.value) for d in got.documents] == [(d.name, d.value) for d in want.documents]


# --- the command line -------------------------------------------------------------------------------------------------


def test_check_reports_the_organization(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``check`` shows the line and points at the place, and SARIF has the title of the code."""
    organization = tree()
    folder = write(tmp_path, organization)
    assert main(["check", str(folder)]) == 0
    production(organization)["OrganizationUnits"] = []
    write(tmp_path, organization)
    capsys.readouterr()
    assert main(["check", str(folder)]) == 1
    shown = capsys.readouterr().out
    assert f"{folder / 'organization.json'}:" in shown and "did you mean `OrganizationalUnits`?" in shown
    assert '"OrganizationUnits": []' in shown
    assert main(["check", "--format", "sarif", str(folder)]) == 1
    (run,) = json.loads(capsys.readouterr().out)["runs"]
    titles = {rule["id"]: rule["shortDescription"]["text"] for rule in run["tool"]["driver"]["rules"]}
    assert titles["GW632"] == next(entry.title for entry in STORE_DIAGNOSTICS if entry.code == "GW632")


def ask(folder: Path, principal: str, action: str, *more: str) -> int:
    """Run ``gatewright authorize``."""
    return main(["authorize", "--store", str(folder), "--principal", principal, "--action", action, *more])


def test_authorize_says_which_kind_of_policy_refuses(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A missing Allow is told by its kind, in text, with every statement, and as JSON; a Deny by its place."""
    folder = write(tmp_path, tree())
    assert ask(folder, user(WEB), "iam:CreateUser") == 1
    reason = "no service control policy of some level allows it"
    assert capsys.readouterr().out.splitlines()[1] == f"  {reason}"
    ask(folder, user(WEB), "iam:CreateUser", "--explain")
    shown = capsys.readouterr().out
    assert reason in shown and "does not apply: Allow statement 1 of SCP 1 of unit Production (ou-ab12-prod)" in shown
    ask(folder, user(WEB), "iam:CreateUser", "--json")
    value = json.loads(capsys.readouterr().out)
    assert (value["decision"], value["missing"], value["reason"]) == ("implicit_deny", "scp", reason)
    ask(folder, user(WEB), "s3:DeleteBucket")
    shown = capsys.readouterr().out
    assert f"by Deny statement 1 of SCP 2 of account web ({WEB}) ({folder / 'organization.json'}:" in shown
    ask(folder, user(WEB), "s3:GetObject", "--json")
    value = json.loads(capsys.readouterr().out)
    assert (value["decision"], value["missing"]) == ("allow", None)


def test_authorize_tells_what_no_policy_can_allow(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A call that STS refuses to roles is not put down to a policy (R149)."""
    ask(write(tmp_path, tree()), f"arn:aws:iam::{DATA}:role/web", "sts:GetSessionToken", "--json")
    value = json.loads(capsys.readouterr().out)
    assert (value["decision"], value["missing"]) == ("implicit_deny", "authentication")
    assert value["reason"].startswith("it is refused before policies are read")


WORDS = {
    "identity": "identity policy",
    "boundary": "boundary",
    "session": "session policy",
    "scp": "service control policy",
    "resource": "policy of the resource",
    "trust": "trust policy",
    "vpc-endpoint": "VPC endpoint",
    "ec2-attribute": "image or a snapshot",
    "authentication": "before policies are read",
}


@pytest.mark.parametrize("kind", WORDS)
def test_every_kind_that_can_be_missing_has_words(kind: str) -> None:
    """The reason of an implicit deny names the kind of policy that allows nothing (R150)."""
    denied = gw.Explanation(gw.Answer(gw.Decision.IMPLICIT_DENY, (), ()), True, kind, ())
    members = answer_members(denied, {}, is_full=True)
    assert members["missing"] == kind and WORDS[kind] in str(members["reason"])


def test_the_kinds_that_can_be_missing_are_those_of_the_kernel() -> None:
    """There are words for every layer of a table but resource control policies, which only deny (R133)."""
    names = {layer.name.lower().replace("_", "-") for layer in LayerKind}
    assert set(WORDS) == set(MISSING) == names - {"rcp"}


def test_kinds_of_principal_are_kept(tmp_path: Path) -> None:
    """Putting principals under policies changes nothing else about them."""
    with_tree = PolicyStore.load(write(tmp_path, tree())).policy_set.principals
    (tmp_path / "organization.json").unlink()
    without = PolicyStore.load(tmp_path).policy_set.principals
    assert [(p.arn, p.kind, p.identity) for p in with_tree] == [(p.arn, p.kind, p.identity) for p in without]
    assert {p.scps for p in without} == {None} and PrincipalKind.ROOT in {p.kind for p in without}
