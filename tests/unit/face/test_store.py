"""The policy store reads what the aws command prints, and says everything that is wrong with it."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from shared import shared

import gatewright as gw
from gatewright.compiler.check import check_document
from gatewright.compiler.errors import Finding, PolicyError, Severity
from gatewright.compiler.policyset import Principal, PrincipalKind
from gatewright.compiler.source import Source
from gatewright.compiler.syntax import Document, PolicyKind
from gatewright.diagnostics import DIAGNOSTICS, STORE_DIAGNOSTICS
from gatewright.store import PolicyStore

ACCOUNT = "111122223333"
AWS_READ = "arn:aws:iam::aws:policy/ReadOnlyAccess"
LOCAL = f"arn:aws:iam::{ACCOUNT}:policy/Shared"
BOUND = f"arn:aws:iam::{ACCOUNT}:policy/Bound"

Details = dict[str, Any]
Change = Callable[[Details], object]


def policy(action: str = "s3:GetObject") -> Details:
    """Return a policy document."""
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]}


def managed(arn: str, action: str = "s3:GetObject") -> Details:
    """Return a managed policy with an older version, which would be wrong to use."""
    versions = [
        {"VersionId": "v1", "IsDefaultVersion": False, "Document": {"Version": "2012-10-17", "Statement": "old"}},
        {"VersionId": "v2", "IsDefaultVersion": True, "Document": policy(action)},
    ]
    return {"PolicyName": arn.rpartition("/")[2], "Arn": arn, "DefaultVersionId": "v2", "PolicyVersionList": versions}


def attached(*arns: str) -> list[Details]:
    """Return attachments of managed policies."""
    return [{"PolicyName": arn.rpartition("/")[2], "PolicyArn": arn} for arn in arns]


def details(account: str = ACCOUNT) -> Details:
    """Return the details of a small account in which everything is right."""
    local, bound = LOCAL.replace(ACCOUNT, account), BOUND.replace(ACCOUNT, account)
    trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    boundary = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": bound}
    return {
        "UserDetailList": [
            {
                "Path": "/",
                "UserName": "Bob",
                "UserId": "AIDA",
                "Arn": f"arn:aws:iam::{account}:user/Bob",
                "GroupList": ["Developers"],
                "UserPolicyList": [{"PolicyName": "Own", "PolicyDocument": policy("s3:PutObject")}],
                "AttachedManagedPolicies": attached(local),
                "PermissionsBoundary": boundary,
                "Tags": [{"Key": "team", "Value": "red"}],
            },
            {"UserName": "Ann", "Arn": f"arn:aws:iam::{account}:user/Ann", "GroupList": []},
        ],
        "GroupDetailList": [
            {
                "GroupName": "Developers",
                "Arn": f"arn:aws:iam::{account}:group/Developers",
                "GroupPolicyList": [{"PolicyName": "Launch", "PolicyDocument": policy("ec2:RunInstances")}],
                "AttachedManagedPolicies": attached(AWS_READ, local),
            }
        ],
        "RoleDetailList": [
            {
                "RoleName": "web",
                "Arn": f"arn:aws:iam::{account}:role/service/web",
                "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
                "RolePolicyList": [{"PolicyName": "Serve", "PolicyDocument": policy()}],
                "AttachedManagedPolicies": attached(bound),
            }
        ],
        "Policies": [managed(local), managed(AWS_READ, "s3:List*"), managed(bound, "s3:*")],
    }


def write(folder: Path, **accounts: object) -> Path:
    """Write a store with one file per account and return it."""
    (folder / "accounts").mkdir(parents=True, exist_ok=True)
    for name, value in accounts.items():
        (folder / "accounts" / f"{name}.json").write_text(json.dumps(value, indent=1), encoding="utf-8")
    return folder


def load_errors(path: str | Path) -> list[Finding]:
    """Return the errors of a store that must not load."""
    with pytest.raises(PolicyError) as caught:
        PolicyStore.load(path)
    return [finding for finding in caught.value.findings if finding.severity is Severity.ERROR]


def named(store: PolicyStore, principal: Principal) -> list[str]:
    """Return the names of a principal's identity policies."""
    return [store.policy_set.documents[index].name for index in principal.identity]


def test_a_user_is_under_its_own_policies_and_its_groups(tmp_path: Path) -> None:
    """A user has inline, attached, then its groups' policies; a policy that comes twice stands once."""
    store = PolicyStore.load(write(tmp_path, a=details()))
    root, bob, ann, web = store.policy_set.principals
    assert named(store, bob) == ["user Bob, inline Own", LOCAL, "group Developers, inline Launch", AWS_READ]
    assert named(store, ann) == []
    assert named(store, web) == ["role web, inline Serve", BOUND]
    assert [principal.kind for principal in (root, bob, web)] == ["root", "user", "role"]
    assert root == Principal(f"arn:aws:iam::{ACCOUNT}:root", PrincipalKind.ROOT, ())
    assert store.accounts == (ACCOUNT,)
    assert store.tags == {bob.arn: {"team": "red"}}


def test_a_boundary_is_a_document_of_its_own_kind(tmp_path: Path) -> None:
    """A policy that is attached here and a boundary there is one document of each kind."""
    store = PolicyStore.load(write(tmp_path, a=details()))
    _, bob, ann, _ = store.policy_set.principals
    assert bob.boundary is not None and ann.boundary is None
    kinds = [document.kind for document in store.policy_set.documents if document.name == BOUND]
    assert kinds == [PolicyKind.IDENTITY, PolicyKind.BOUNDARY]
    assert store.policy_set.documents[bob.boundary].kind is PolicyKind.BOUNDARY


def test_documents_are_numbered_in_the_order_that_is_documented(tmp_path: Path) -> None:
    """Users' inline policies come first, then groups', roles', managed ones, boundaries, trust policies."""
    store = PolicyStore.load(write(tmp_path, a=details()))
    assert [document.name for document in store.policy_set.documents] == [
        "user Bob, inline Own",
        "group Developers, inline Launch",
        "role web, inline Serve",
        LOCAL,
        AWS_READ,
        BOUND,
        BOUND,
        "role web, trust policy",
    ]


def test_compiling_a_store_checks_its_documents_no_second_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Compiling a store makes the table of its policy set, and checks only what loading did not check as that kind."""
    store = PolicyStore.load(write(tmp_path, a=details()))
    expected = bytes(gw.compile(store.policy_set))
    checked = []

    def check(document: Document) -> Any:
        checked.append((document.name, document.kind))
        return check_document(document)

    monkeypatch.setattr("gatewright.compiler.check_document", check)
    assert bytes(gw.compile(store)) == expected
    assert checked == [(BOUND, PolicyKind.BOUNDARY)]


def test_only_the_default_version_counts(tmp_path: Path) -> None:
    """An older version that is no policy at all is of no interest."""
    store = PolicyStore.load(write(tmp_path, a=details()))
    (shared_policy,) = [document for document in store.policy_set.documents if document.name == LOCAL]
    assert shared_policy.value == policy()


def test_a_policy_nobody_has_is_checked_but_not_compiled(tmp_path: Path) -> None:
    """What is attached to no one is not in the policy set, yet an error in it is reported."""
    account, spare = details(), managed(f"arn:aws:iam::{ACCOUNT}:policy/Spare")
    account["Policies"].append(spare)
    store = PolicyStore.load(write(tmp_path, a=account))
    assert not [document for document in store.policy_set.documents if document.name.endswith("Spare")]
    spare["PolicyVersionList"][1]["Document"] = {"Version": "2012-10-17"}
    (error,) = load_errors(write(tmp_path, a=account))
    assert error.path[:3] == ("Policies", 3, "PolicyVersionList")


def test_an_error_in_a_trust_policy_is_reported(tmp_path: Path) -> None:
    """Trust policies are checked, as trust policies."""
    account = details()
    account["RoleDetailList"][0]["AssumeRolePolicyDocument"]["Statement"][0]["Resource"] = "*"
    errors = load_errors(write(tmp_path, a=account))
    assert {error.path[:3] for error in errors} == {("RoleDetailList", 0, "AssumeRolePolicyDocument")}


def test_documents_may_be_percent_encoded_text(tmp_path: Path) -> None:
    """The API sends documents as percent-encoded text; they mean the same."""
    account = details()
    plain = PolicyStore.load(write(tmp_path / "plain", a=account)).policy_set
    for holder, name in (("UserDetailList", "UserPolicyList"), ("RoleDetailList", "RolePolicyList")):
        for inline in account[holder][0][name]:
            inline["PolicyDocument"] = quote(json.dumps(inline["PolicyDocument"]))
    trust = account["RoleDetailList"][0]["AssumeRolePolicyDocument"]
    account["RoleDetailList"][0]["AssumeRolePolicyDocument"] = json.dumps(trust)
    encoded = PolicyStore.load(write(tmp_path / "encoded", a=account)).policy_set
    assert encoded.principals == plain.principals
    assert [document.value for document in encoded.documents] == [document.value for document in plain.documents]


def test_accounts_share_the_policies_that_aws_manages(tmp_path: Path) -> None:
    """One AWS managed policy in several accounts is one document; accounts come in the order of their files."""
    other = "444455556666"
    store = PolicyStore.load(write(tmp_path, b=details(), a=details(other)))
    assert store.accounts == (other, ACCOUNT)
    assert [document.name for document in store.policy_set.documents].count(AWS_READ) == 1


def test_accounts_may_hold_different_versions_of_an_aws_policy(tmp_path: Path) -> None:
    """Each account keeps the version that it shows, and a warning says so."""
    older = details("444455556666")
    older["Policies"][1] = managed(AWS_READ, "s3:Get*")
    store = PolicyStore.load(write(tmp_path, a=details(), b=older))
    documents = [document for document in store.policy_set.documents if document.name == AWS_READ]
    assert [document.value for document in documents] == [policy("s3:List*"), policy("s3:Get*")]
    assert "GW625" in [finding.code for finding in store.findings]


def test_one_file_of_details_is_a_store(tmp_path: Path) -> None:
    """The output of the command can be given as it is."""
    folder = write(tmp_path, a=details())
    assert PolicyStore.load(folder / "accounts/a.json").accounts == PolicyStore.load(folder).accounts


def test_a_policy_with_a_principal_is_a_store(tmp_path: Path) -> None:
    """One document and an ARN make a policy set of one principal."""
    file = tmp_path / "policy.json"
    file.write_text(json.dumps(policy()), encoding="utf-8")
    arn = f"arn:aws:iam::{ACCOUNT}:role/web"
    for source in (file, str(file), Source(json.dumps(policy()), "text")):
        store = PolicyStore.from_policy(source, arn)
        assert store.policy_set.principals == (Principal(arn, PrincipalKind.ROLE, (0,)),)
        assert store.accounts == (ACCOUNT,)


@pytest.mark.parametrize(
    ("arn", "words"),
    [
        ("Bob", "is not the ARN of a user or role"),
        ("arn:aws:iam::111122223333:group/Developers", "is not the ARN of a user or role"),
        ("arn:aws:iam::11112222333:user/Bob", "is not the ARN of a user or role"),
        ("arn:aws:iam::111122223333:root", "the root user of an account has no policies"),
        ("arn:aws:sts::111122223333:assumed-role/web/session", "its sessions are judged as the role"),
        ("arn:aws:iam::111122223333:user/B\nob", r"user/B\nob` is not"),
    ],
)
def test_not_everyone_can_be_under_a_policy(arn: str, words: str) -> None:
    """Only users and roles have policies, and the message says what to write."""
    with pytest.raises(PolicyError, match=r"GW630") as caught:
        PolicyStore.from_policy(Source(json.dumps(policy()), "text"), arn)
    assert words in str(caught.value)


def first(name: str) -> Callable[[Details], Any]:
    """Return a function that picks the first thing of a list."""
    return lambda account: account[name][0]


user, group, role, shared_policy = map(first, ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies"))

WRONG: dict[str, tuple[str, Change]] = {
    "not details": ("GW610", lambda a: (a.clear(), a.update(policy()))),
    "a list of another type": ("GW611", lambda a: a.update(UserDetailList={})),
    "a user of another type": ("GW611", lambda a: a["UserDetailList"].append("Bob")),
    "a name of another type": ("GW611", lambda a: user(a).update(UserName=7)),
    "an empty name": ("GW611", lambda a: user(a).update(UserName="")),
    "a group's name of another type": ("GW611", lambda a: user(a).update(GroupList=[7])),
    "a tag's value of another type": ("GW611", lambda a: user(a).update(Tags=[{"Key": "a", "Value": 1}])),
    "a default of another type": (
        "GW611",
        lambda a: shared_policy(a)["PolicyVersionList"][1].update(IsDefaultVersion="true"),
    ),
    "an unknown member of the details": ("GW612", lambda a: a.update(UserDetailsList=[])),
    "a misspelt policy list": ("GW612", lambda a: user(a).update(UserPolicyLists=[])),
    "an unknown member of a boundary": ("GW612", lambda a: user(a)["PermissionsBoundary"].update(Arn="x")),
    "no ARN": ("GW613", lambda a: user(a).pop("Arn")),
    "no group name": ("GW613", lambda a: group(a).pop("GroupName")),
    "no policy document": ("GW613", lambda a: user(a)["UserPolicyList"][0].pop("PolicyDocument")),
    "no version document": ("GW613", lambda a: shared_policy(a)["PolicyVersionList"][1].pop("Document")),
    "no trust policy": ("GW613", lambda a: role(a).pop("AssumeRolePolicyDocument")),
    "an ARN of another kind": ("GW614", lambda a: user(a).update(Arn=f"arn:aws:iam::{ACCOUNT}:role/Bob")),
    "an ARN without an account": ("GW614", lambda a: user(a).update(Arn="arn:aws:iam::aws:user/Bob")),
    "two accounts": ("GW615", lambda a: role(a).update(Arn="arn:aws:iam::444455556666:role/web")),
    "a user twice": ("GW616", lambda a: a["UserDetailList"].append(user(a))),
    "a policy twice": ("GW616", lambda a: a["Policies"].append(shared_policy(a))),
    "more to come": ("GW617", lambda a: a.update(IsTruncated=True)),
    "a token of the next page": ("GW617", lambda a: a.update(NextToken="abc")),
    "nothing in it": ("GW618", lambda a: a.update({name: [] for name in a})),
    "a boundary that is no policy": (
        "GW619",
        lambda a: user(a)["PermissionsBoundary"].update(PermissionsBoundaryType="Group"),
    ),
    "no default version": (
        "GW620",
        lambda a: (
            shared_policy(a).pop("DefaultVersionId"),
            shared_policy(a)["PolicyVersionList"][1].update(IsDefaultVersion=False),
        ),
    ),
    "no version at all": ("GW620", lambda a: shared_policy(a).update(PolicyVersionList=[])),
    "two default versions": (
        "GW620",
        lambda a: (
            shared_policy(a).pop("DefaultVersionId"),
            shared_policy(a)["PolicyVersionList"][0].update(IsDefaultVersion=True),
        ),
    ),
    "contradicting default versions": ("GW621", lambda a: shared_policy(a).update(DefaultVersionId="v1")),
    "a group that is gone": ("GW622", lambda a: user(a)["GroupList"].append("Gone")),
    "an AWS policy that was filtered out": ("GW623", lambda a: a["Policies"].pop(1)),
    "an attached policy that is gone": (
        "GW623",
        lambda a: role(a).update(AttachedManagedPolicies=attached(LOCAL + "Gone")),
    ),
    "a boundary that is gone": (
        "GW624",
        lambda a: user(a)["PermissionsBoundary"].update(PermissionsBoundaryArn=BOUND + "Gone"),
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_with_details_is_an_error(name: str, tmp_path: Path) -> None:
    """Each wrong thing is reported with its code, one line, and its place in the file."""
    code, change = WRONG[name]
    account = details()
    change(account)
    errors = load_errors(write(tmp_path, a=account))
    assert {error.code for error in errors} == {code}
    for error in errors:
        assert "\n" not in str(error) and not error.message[0].isupper()
        assert error.source.endswith("a.json") and error.span is not None


def test_everything_wrong_is_reported_at_once(tmp_path: Path) -> None:
    """Loading does not stop at the first error, nor at the first file."""
    one, two = details(), details("444455556666")
    user(one)["GroupList"].append("Gone")
    user(one)["UserPolicyList"][0]["PolicyDocument"] = {"Version": "2012-10-17"}
    role(two).pop("Arn")
    errors = load_errors(write(tmp_path, a=one, b=two))
    assert {"GW613", "GW622"} < {error.code for error in errors}
    assert len(errors) == 3


@pytest.mark.parametrize("user_members", [{}, {"UserName": "x", "Arn": "", "GroupList": ["Gone"] * 1000}])
def test_a_hostile_file_brings_no_million_errors(user_members: Details, tmp_path: Path) -> None:
    """Errors of one file are listed up to a bound, and the last one says that there are more."""
    users = [
        user_members | ({"Arn": f"arn:aws:iam::{ACCOUNT}:user/u{index}"} if user_members else {})
        for index in range(300)
    ]
    errors = load_errors(write(tmp_path, a={"UserDetailList": users}))
    assert [error.code for error in errors].count("GW627") == 1
    assert len(errors) == 251


def test_near_names_are_offered(tmp_path: Path) -> None:
    """A misspelt member or group gets the name that was probably meant."""
    account = details()
    user(account)["UserPolicyLists"] = []
    user(account)["GroupList"] = ["Developer"]
    hints = {error.hint for error in load_errors(write(tmp_path, a=account))}
    assert hints == {"did you mean `UserPolicyList`?", "did you mean `Developers`?"}


def test_two_files_of_one_account_are_an_error(tmp_path: Path) -> None:
    """Which of them counts is for the user to say."""
    assert [error.code for error in load_errors(write(tmp_path, a=details(), b=details()))] == ["GW607"]


@pytest.mark.parametrize("name", ["endpoints", "images", "snapshots"])
def test_a_folder_of_resources_may_be_empty(name: str, tmp_path: Path) -> None:
    """A folder without files says nothing; a file or a dead link in its place is an error, never passed over."""
    plain = PolicyStore.load(write(tmp_path, a=details())).policy_set
    (tmp_path / name).mkdir()
    assert PolicyStore.load(tmp_path).policy_set.resources == plain.resources
    (tmp_path / name).rmdir()
    (tmp_path / name).write_text("{}", encoding="utf-8")
    assert [(error.code, error.source) for error in load_errors(tmp_path)] == [("GW602", str(tmp_path / name))]
    (tmp_path / name).unlink()
    (tmp_path / name).symlink_to(tmp_path / "nowhere")
    assert [error.code for error in load_errors(tmp_path)] == ["GW602"]


def test_resource_policies_are_a_file(tmp_path: Path) -> None:
    """A folder in the place of the file is an error."""
    (write(tmp_path, a=details()) / "resource-policies.json").mkdir()
    assert [error.code for error in load_errors(tmp_path)] == ["GW602"]


def test_other_files_are_a_warning(tmp_path: Path) -> None:
    """A file that is no part of a store is said to be unread; hidden files are not mentioned."""
    write(tmp_path, a=details())
    for name in ("notes.txt", "organisation.json", "accounts/a.json.bak", ".git", "accounts/.a.json"):
        (tmp_path / name).write_text("?", encoding="utf-8")
    found = [finding for finding in PolicyStore.load(tmp_path).findings if finding.code == "GW606"]
    assert [(Path(f.source).name, f.hint) for f in found] == [
        ("a.json.bak", "files of `accounts` are named `<any name>.json`"),
        ("notes.txt", ""),
        ("organisation.json", "did you mean `organization.json`?"),
    ]


def test_an_empty_store_says_what_to_do(tmp_path: Path) -> None:
    """A folder without accounts is an error whose hint is the command that makes one."""
    (error,) = load_errors(tmp_path)
    assert error.code == "GW605" and "aws iam get-account-authorization-details" in error.hint


def test_files_that_cannot_be_read_are_errors(tmp_path: Path) -> None:
    """Missing, dangling, folder, wrong encoding, not JSON: each is one line, and none stops the others."""
    write(tmp_path, ok=details(), broken="")
    accounts = tmp_path / "accounts"
    (accounts / "broken.json").write_text("{", encoding="utf-8")
    (accounts / "dangling.json").symlink_to(tmp_path / "nowhere")
    (accounts / "loop.json").symlink_to(accounts / "loop.json")
    (accounts / "folder.json").mkdir()
    (accounts / "latin.json").write_bytes(b'{"UserDetailList": "\xe9"}')
    codes = {Path(error.source).name: error.code for error in load_errors(tmp_path)}
    broken = codes.pop("broken.json")
    assert broken in DIAGNOSTICS and not broken.startswith("GW6")
    expected = {"dangling.json": "GW601", "loop.json": "GW601", "folder.json": "GW602", "latin.json": "GW001"}
    assert codes == expected
    assert [error.code for error in load_errors(tmp_path / "nowhere")] == ["GW601"]


def test_a_link_to_a_file_is_followed(tmp_path: Path) -> None:
    """Mounted configuration consists of links."""
    real = write(tmp_path / "real", a=details())
    (tmp_path / "store/accounts").mkdir(parents=True)
    (tmp_path / "store/accounts/a.json").symlink_to(real / "accounts/a.json")
    assert PolicyStore.load(tmp_path / "store").accounts == (ACCOUNT,)


def test_a_huge_file_is_refused(tmp_path: Path) -> None:
    """A file over the bound is refused before it is parsed."""
    write(tmp_path, a=details())
    with (tmp_path / "accounts/a.json").open("r+b") as file:
        file.truncate((64 << 20) + 1)
    assert [error.code for error in load_errors(tmp_path)] == ["GW003"]


def test_every_code_that_is_reported_is_in_the_catalogue() -> None:
    """What the tests above provoke is documented, and the codes stay apart from those of other passes."""
    codes = {entry.code for entry in STORE_DIAGNOSTICS}
    assert {code for code, _ in WRONG.values()} <= codes
    assert all(code[:3] in ("GW6", "GW9") for code in codes)


def test_loading_does_not_depend_on_the_input_object(tmp_path: Path) -> None:
    """Two loads of one store are equal in what they hold."""
    folder = write(tmp_path, a=copy.deepcopy(details()))
    one, two = PolicyStore.load(folder), PolicyStore.load(folder)
    assert one.policy_set.principals == two.policy_set.principals
    assert one.findings == two.findings


def test_real_account_details_load() -> None:
    """The output of a real account loads; one printed with a filter is refused for the policy that it lacks."""
    store = PolicyStore.load(shared("data/account-details/example.json"))
    assert len(store.policy_set.principals) == 7
    errors = load_errors(shared("data/account-details/example-v2.json"))
    assert {error.code for error in errors} == {"GW623"} and "without `--filter`" in errors[0].hint
