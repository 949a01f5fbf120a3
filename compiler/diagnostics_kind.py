"""Diagnostics of principals and policy kinds (GW3xx), of risky statements (GW4xx) and of the 2011 rules (GW5xx)."""

from __future__ import annotations

from .diagnostic_entry import Diagnostic, Profile, example_document
from .errors import Severity
from .syntax import PolicyKind

_ERROR, _SECURITY, _WARNING, _SUGGESTION = (
    Severity.ERROR, Severity.SECURITY_WARNING, Severity.WARNING, Severity.SUGGESTION,
)  # fmt: skip
_ACCOUNT = "arn:aws:iam::210987654321"
_GITHUB = f"{_ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"


def _granted(principal: object) -> str:
    return example_document({"Principal": principal})


def _trust(principal: object, action: object = "sts:AssumeRole", **members: object) -> str:
    return example_document({"Principal": principal, "Action": action, "Resource": None, **members})


def _web_trust(provider: str, condition: object) -> str:
    return _trust({"Federated": provider}, "sts:AssumeRoleWithWebIdentity", Condition=condition)


def _rcp(**members: object) -> str:
    return example_document({"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*", **members})


def _endpoint(**members: object) -> str:
    return example_document({"Principal": "*", **members})


def _old_ec2(**members: object) -> str:
    return example_document({"Action": "ec2:RunInstances", "Resource": "*", **members}, Version=None)


PRINCIPAL_DIAGNOSTICS = (
    Diagnostic(
        "GW300", _ERROR, "this kind of policy names no principal: it applies to whom it is attached",
        "remove the element", _granted("*"), "UNSUPPORTED_PRINCIPAL", is_refused=True,
    ),
    Diagnostic(
        "GW301", _ERROR, "the statement has neither `Principal` nor `NotPrincipal`",
        "add `Principal`", example_document(), "MISSING_PRINCIPAL", PolicyKind.RESOURCE, is_refused=True,
    ),
    Diagnostic(
        "GW302", _ERROR, "the principal is neither `*` nor an object",
        "write an object such as `{\"AWS\": \"...\"}`", _granted(f"{_ACCOUNT}:user/mara"), "INVALID_PRINCIPAL_FORMAT",
        PolicyKind.RESOURCE, is_refused=True,
    ),
    Diagnostic(
        "GW303", _ERROR, "there is no such type of principal; the case counts",
        "use `AWS`, `Service`, `Federated` or `CanonicalUser`", _granted({"Aws": f"{_ACCOUNT}:user/mara"}),
        "INVALID_PRINCIPAL_KEY", PolicyKind.RESOURCE, is_refused=True,
    ),
    Diagnostic(
        "GW304", _ERROR, "a principal takes no wildcard except a lone `*` under `AWS`",
        "name the principals, or test `aws:PrincipalArn` in `Condition`", _granted({"AWS": f"{_ACCOUNT}:user/*"}),
        "UNSUPPORTED_WILDCARD_IN_PRINCIPAL", PolicyKind.RESOURCE, is_error_on_save=True,
    ),
    Diagnostic(
        "GW305", _ERROR, "the principal is no account id: those have twelve digits",
        "write the twelve digits", _granted({"AWS": "12345"}), None, PolicyKind.RESOURCE, is_error_on_save=True,
    ),
    Diagnostic(
        "GW306", _ERROR, "groups and instance profiles are never principals",
        "name the users or the role", _granted({"AWS": f"{_ACCOUNT}:group/Pickers"}), None, PolicyKind.RESOURCE,
        is_error_on_save=True,
    ),
    Diagnostic(
        "GW307", _ERROR, "the principal is no account, user, role, session or `*`",
        "write the ARN of the principal", _granted({"AWS": "arn:aws:s3:::orchard-ledger"}), None, PolicyKind.RESOURCE,
        is_error_on_save=True,
    ),
    Diagnostic(
        "GW308", _ERROR, "a canonical user id has 64 hexadecimal digits",
        "correct the id", _granted({"CanonicalUser": "79a59d"}), None, PolicyKind.RESOURCE, is_error_on_save=True,
    ),
    Diagnostic(
        "GW309", _ERROR, "a service principal is a domain name such as `ec2.amazonaws.com`",
        "write the full name", _trust({"Service": "ec2"}), "INVALID_SERVICE_PRINCIPAL_FORMAT", PolicyKind.TRUST,
    ),
    Diagnostic(
        "GW310", _ERROR, "identity providers are principals in role trust policies only",
        "name a role that trusts the provider", _granted({"Federated": "accounts.google.com"}),
        "FEDERATED_PRINCIPAL_NOT_SUPPORTED", PolicyKind.RESOURCE,
    ),
    Diagnostic(
        "GW311", _ERROR, "the identity provider is neither an ARN of a provider nor one of the known names",
        "write the provider's ARN", _trust({"Federated": "*"}, "sts:AssumeRoleWithSAML"),
        "INVALID_FEDERATED_PRINCIPAL_SYNTAX_IN_ROLE_TRUST_POLICY", PolicyKind.TRUST,
    ),
    Diagnostic(
        "GW312", _SUGGESTION, "the list of principals is empty and names nobody",
        "name a principal or remove the statement", _granted({"AWS": []}), "EMPTY_ARRAY_PRINCIPAL", PolicyKind.RESOURCE,
    ),
    Diagnostic(
        "GW313", _SUGGESTION, "the principal is an empty object and names nobody",
        "name a principal or remove the statement", _granted({}), "EMPTY_OBJECT_PRINCIPAL", PolicyKind.RESOURCE,
    ),
    Diagnostic(
        "GW314", _WARNING, "the unique id of a role, left behind when the role was deleted",
        "write the role's ARN", _trust({"AWS": "AROAEXAMPLEID123456"}), "INVALID_ROLE_REFERENCE", PolicyKind.TRUST,
    ),
    Diagnostic(
        "GW315", _WARNING, "the unique id of a user, left behind when the user was deleted",
        "write the user's ARN", _trust({"AWS": "AIDAEXAMPLEID123456"}), "INVALID_USER_REFERENCE", PolicyKind.TRUST,
    ),
    Diagnostic(
        "GW316", _SECURITY, "Allow with `NotPrincipal` grants to everybody else, unsigned callers included",
        "use `Principal` and conditions", example_document({"NotPrincipal": {"AWS": "210987654321"}}),
        "ALLOW_WITH_NOT_PRINCIPAL", PolicyKind.RESOURCE,
    ),
    Diagnostic(
        "GW317", _SECURITY, "the statement lets a service act without saying for whom",
        "test `aws:SourceArn` or `aws:SourceAccount`", _granted({"Service": "cloudtrail.amazonaws.com"}),
        "RESTRICT_ACCESS_TO_SERVICE_PRINCIPAL", PolicyKind.RESOURCE,
    ),
    Diagnostic(
        "GW318", _ERROR, "the key tells of users and roles, and the statement is about services, which lack it",
        "test `aws:SourceArn`, `aws:SourceAccount`, `aws:SourceOrgID` or `aws:SourceOrgPaths`",
        example_document({
            "Principal": {"Service": "cloudtrail.amazonaws.com"},
            "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5", "aws:SourceAccount": "210987654321"}},
        }),
        "UNSUPPORTED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL", PolicyKind.RESOURCE,
    ),
    Diagnostic(
        "GW319", _WARNING, "a resource policy is about one resource, and its actions are of several services",
        "leave the actions of the other service to a policy of its own resource",
        example_document(Statement=[
            {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"},
            {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"},
        ]),
        "UNSUPPORTED_ACTION_IN_POLICY", PolicyKind.RESOURCE,
    ),
    Diagnostic(
        "GW320", _ERROR, "role trust policies take no `NotPrincipal`",
        "use `Principal` and conditions",
        _trust(None, Effect="Deny", NotPrincipal={"AWS": f"{_ACCOUNT}:user/mara"}),
        "ROLE_TRUST_POLICY_SYNTAX_ERROR_NOTPRINCIPAL", PolicyKind.TRUST, is_refused=True,
    ),
    Diagnostic(
        "GW321", _ERROR, "role trust policies take no resource: it is the role itself",
        "remove the element", _trust({"AWS": "210987654321"}, Resource="*"), "ROLE_TRUST_POLICY_SYNTAX_ERROR_RESOURCE",
        PolicyKind.TRUST, is_refused=True,
    ),
    Diagnostic(
        "GW322", _ERROR, "a role that trusts everybody",
        "name the principals; `{\"AWS\": \"*\"}` with conditions is possible", _trust("*"),
        "ROLE_TRUST_POLICY_UNSUPPORTED_WILDCARD_IN_PRINCIPAL", PolicyKind.TRUST,
    ),
    Diagnostic(
        "GW323", _ERROR, "role trust policies are about assuming the role only",
        "use `sts:AssumeRole` or one of its relatives", _trust({"AWS": "210987654321"}, "s3:GetObject"),
        "UNSUPPORTED_ACTION_IN_POLICY", PolicyKind.TRUST, is_refused=True,
    ),
    Diagnostic(
        "GW324", _ERROR, "the action does not fit the type of the principal, so the statement lets nobody in",
        "use `sts:AssumeRole`, `sts:AssumeRoleWithSAML` or `sts:AssumeRoleWithWebIdentity` as the principal needs",
        _trust({"Federated": f"{_ACCOUNT}:saml-provider/P"}), "MISMATCHED_ACTION_FOR_PRINCIPAL", PolicyKind.TRUST,
    ),
    Diagnostic(
        "GW325", _ERROR, "IAM Roles Anywhere needs three actions: AssumeRole, SetSourceIdentity and TagSession",
        "add the missing actions", _trust({"Service": "rolesanywhere.amazonaws.com"}),
        "MISSING_ACTION_FOR_ROLES_ANYWHERE_TRUST_POLICY", PolicyKind.TRUST,
    ),
    Diagnostic(
        "GW326", _SUGGESTION, "the session's role is named too, which covers the session",
        "remove the session",
        _trust({"AWS": [f"{_ACCOUNT}:role/Harvester", "arn:aws:sts::210987654321:assumed-role/Harvester/run-42"]}),
        "REDUNDANT_PRINCIPAL_IN_ROLE_TRUST_POLICY", PolicyKind.TRUST,
    ),
    Diagnostic(
        "GW327", _SECURITY, "everybody with an account at the OpenID Connect provider may assume the role",
        "test the provider's `aud` or `sub`", _web_trust(f"{_ACCOUNT}:oidc-provider/idp.example.com", None),
        "MISSING_CONDITION_KEY_FOR_OIDC_PRINCIPAL", PolicyKind.TRUST,
    ),
    Diagnostic(
        "GW328", _SECURITY, "every repository on GitHub may assume the role",
        "test `token.actions.githubusercontent.com:sub`",
        _web_trust(_GITHUB, {"StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"}}),
        "MISSING_GITHUB_REPO_CONDITION_KEY", PolicyKind.TRUST,
    ),
    Diagnostic(
        "GW329", _WARNING, "many repositories or branches on GitHub may assume the role",
        "name the repository and the branch",
        _web_trust(_GITHUB, {"StringLike": {"token.actions.githubusercontent.com:sub": "repo:orchard/*"}}),
        "SPECIFIC_GITHUB_REPO_AND_BRANCH_RECOMMENDED", PolicyKind.TRUST,
    ),
    Diagnostic(
        "GW330", _SECURITY, "the audience of a web identity has a single value, to which set qualifiers do not apply",
        "remove the qualifier",
        _web_trust(
            f"{_ACCOUNT}:oidc-provider/idp.example.com",
            {"ForAnyValue:StringEquals": {"idp.example.com:aud": "orchard"}},
        ),
        "FORANYVALUE_WITH_AUDIENCE_CLAIM_TYPE", PolicyKind.TRUST,
    ),
    Diagnostic(
        "GW331", _ERROR, "the key is judged with a further action, which no statement allows",
        "add `sts:TagSession` for tags, `sts:SetSourceIdentity` for a source identity",
        _trust({"AWS": "210987654321"}, Condition={"StringLike": {"aws:RequestTag/team": "pickers-*"}}),
        "MISSING_ACTION_FOR_CONDITION_KEY", PolicyKind.TRUST,
    ),
    Diagnostic(
        "GW332", _SUGGESTION, "`ForAllValues` on the audience of a web identity, which mostly has a single value",
        "see in the provider's tokens whether `aud` is a text or a list, and remove the qualifier if it is a text",
        _web_trust(
            f"{_ACCOUNT}:oidc-provider/idp.example.com",
            {
                "ForAllValues:StringEquals": {"idp.example.com:aud": ["orchard", "ledger"]},
                "StringEquals": {"idp.example.com:sub": "mara"},
            },
        ),
        "CONFIRM_AUDIENCE_CLAIM_TYPE", PolicyKind.TRUST,
    ),
    Diagnostic(
        "GW340", _ERROR, "service control policies name no principal",
        "remove the element, or test `aws:PrincipalArn` in `Condition`",
        example_document({"Principal": "*", "Action": "*", "Resource": "*"}), "SCP_SYNTAX_ERROR_PRINCIPAL",
        PolicyKind.SCP, is_refused=True,
    ),
    Diagnostic(
        "GW341", _ERROR, "organization policies must have the version 2012-10-17",
        "write `\"Version\": \"2012-10-17\"`", example_document({"Effect": "Deny"}, Version="2008-10-17"),
        "INVALID_VERSION", PolicyKind.SCP, is_refused=True,
    ),
    Diagnostic(
        "GW342", _ERROR, "organization policies must have a `Version`",
        "add `\"Version\": \"2012-10-17\"`", example_document({"Effect": "Deny"}, Version=None), "MISSING_VERSION",
        PolicyKind.SCP, is_refused=True,
    ),
    Diagnostic(
        "GW350", _ERROR, "resource control policies only deny: the Allow is built in",
        "write `Deny`", _rcp(Effect="Allow"), "RCP_SYNTAX_ERROR_ALLOW", PolicyKind.RCP, is_refused=True,
    ),
    Diagnostic(
        "GW351", _ERROR, "resource control policies are about everybody",
        "write `\"Principal\": \"*\"`, and test `aws:PrincipalArn` in `Condition`",
        _rcp(Principal={"AWS": "210987654321"}), "RCP_SYNTAX_ERROR_PRINCIPAL", PolicyKind.RCP, is_refused=True,
    ),
    Diagnostic(
        "GW352", _ERROR, "resource control policies take no `NotAction`",
        "use `Action`", _rcp(Action=None, NotAction="s3:GetObject"), "RCP_SYNTAX_ERROR_NOTACTION", PolicyKind.RCP,
        is_refused=True,
    ),
    Diagnostic(
        "GW353", _ERROR, "resource control policies name a service in each action",
        "write actions such as `s3:*`", _rcp(Action="*"), "RCP_SYNTAX_ERROR_ACTION", PolicyKind.RCP, is_refused=True,
    ),
    Diagnostic(
        "GW354", _WARNING, "the Deny on a key of the principal hits AWS services, which lack the key",
        "add `\"BoolIfExists\": {\"aws:PrincipalIsAWSService\": \"false\"}`",
        _rcp(Condition={"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}),
        "RCP_MISSING_RELATED_PRINCIPAL_CONDITION_KEY", PolicyKind.RCP,
    ),
    Diagnostic(
        "GW355", _WARNING, "the Deny on a key of calling services hits users and roles too, which lack the key",
        "add `\"BoolIfExists\": {\"aws:PrincipalIsAWSService\": \"true\"}`",
        _rcp(Condition={
            "StringNotEqualsIfExists": {"aws:SourceOrgID": "o-a1b2c3d4e5"}, "Null": {"aws:SourceAccount": "false"},
        }),
        "RCP_MISSING_RELATED_SERVICE_PRINCIPAL_CONDITION_KEY", PolicyKind.RCP,
    ),
    Diagnostic(
        "GW356", _WARNING, "the Deny on a key of calling services hits services that act for no resource",
        "add `\"Null\": {\"aws:SourceAccount\": \"false\"}`",
        _rcp(Condition={
            "StringNotEqualsIfExists": {"aws:SourceOrgID": "o-a1b2c3d4e5"},
            "BoolIfExists": {"aws:PrincipalIsAWSService": "true"},
        }),
        "RCP_MISSING_SERVICE_CONDITION_KEY_NULL_CHECK", PolicyKind.RCP,
    ),
    Diagnostic(
        "GW360", _WARNING, "endpoint policies take no wildcard and no number for an id that AWS makes up",
        "write the ids out, under an operator such as `StringEquals`",
        _endpoint(Condition={"StringLike": {"aws:PrincipalOrgMasterAccountId": "2109*"}}), None,
        PolicyKind.VPC_ENDPOINT,
    ),
    Diagnostic(
        "GW361", _WARNING, "in an endpoint policy six characters in a row stand before or behind each wildcard",
        "write more of the text",
        _endpoint(Condition={"StringLike": {"s3:prefix": "jam/*"}}), None, PolicyKind.VPC_ENDPOINT,
    ),
    Diagnostic(
        "GW362", _WARNING, "in an endpoint policy the account of an ARN is an id or a wildcard, never both",
        "write the id out, or `*` alone",
        _endpoint(Resource="arn:aws:sqs:eu-west-1:2109876*:pears"), None, PolicyKind.VPC_ENDPOINT,
    ),
)  # fmt: skip


def _wide(code: int, severity: Severity, name: str, what: str, action: str, key: str) -> tuple[Diagnostic, ...]:
    """Six variants of one problem: which form the action part has, and which the resource part."""
    forms: tuple[tuple[str, str, dict[str, object]], ...] = (
        ("STAR_IN_RESOURCE", "on every resource", {"Action": action, "Resource": "*"}),
        ("STAR_IN_ACTION_AND_RESOURCE", "by a wildcard, on every resource", {"Action": "iam:*", "Resource": "*"}),
        ("STAR_IN_RESOURCE_AND_NOT_ACTION", "by `NotAction`, on every resource",
         {"Action": None, "NotAction": "ec2:*", "Resource": "*"}),
        ("NOT_RESOURCE", "by `NotResource`", {"Action": action, "Resource": None, "NotResource": f"{_ACCOUNT}:role/x"}),
        ("STAR_IN_ACTION_AND_NOT_RESOURCE", "by a wildcard and `NotResource`",
         {"Action": "iam:*", "Resource": None, "NotResource": f"{_ACCOUNT}:role/x"}),
        ("NOT_ACTION_AND_NOT_RESOURCE", "by `NotAction` and `NotResource`",
         {"Action": None, "NotAction": "ec2:*", "Resource": None, "NotResource": f"{_ACCOUNT}:role/x"}),
    )  # fmt: skip
    return tuple(
        Diagnostic(
            f"GW{code + i}", severity, f"the statement allows {what} {how}",
            f"name the roles, and test `{key}`", example_document(members), f"{name}_WITH_{form}",
        )
        for i, (form, how, members) in enumerate(forms)
    )  # fmt: skip


LINT_DIAGNOSTICS = (
    *_wide(400, _SECURITY, "PASS_ROLE", "passing roles", "iam:PassRole", "iam:PassedToService"),
    *_wide(410, _WARNING, "CREATE_SLR", "creating service-linked roles", "iam:CreateServiceLinkedRole",
           "iam:AWSServiceName"),
    Diagnostic(
        "GW420", _SECURITY, "Allow with `NotResource` grants on everything else that the actions reach",
        "use `Resource`",
        example_document({"Action": "s3:*", "Resource": None, "NotResource": "arn:aws:s3:::orchard-ledger/*"}),
    ),
    Diagnostic(
        "GW430", _SECURITY, "the policy allows its holder to gain permissions that it does not give",
        "name the resources, or test keys such as `iam:PermissionsBoundary` and `iam:PassedToService`",
        example_document({"Action": "iam:PutUserPolicy", "Resource": "*"}),
    ),
    Diagnostic(
        "GW431", _SUGGESTION, "the statement allows to get credentials, on every resource",
        "name the resources", example_document({"Action": "sts:GetFederationToken", "Resource": "*"}),
    ),
    Diagnostic(
        "GW432", _SECURITY, "the statement allows to replace a resource's own policy, which can give all else on it",
        "give the action to those who administer the resource",
        example_document({
            "Action": ["s3:ListBucket", "s3:PutBucketPolicy"], "Resource": "arn:aws:s3:::orchard-ledger",
        }),
    ),
)  # fmt: skip

PROFILE_DIAGNOSTICS = (
    Diagnostic(
        "GW500", _ERROR, "in 2011 the prefix of EC2 actions must be in lower case",
        "write `ec2:`", _old_ec2(Action="EC2:RunInstances"), profile=Profile.EC2_2011, is_refused=True,
    ),
    Diagnostic(
        "GW501", _ERROR, "in 2011 EC2 has no ARNs: the resource of its actions must be `*`",
        "write `\"Resource\": \"*\"`", _old_ec2(Resource="arn:aws:ec2:us-east-1:210987654321:instance/*"),
        profile=Profile.EC2_2011, is_refused=True,
    ),
    Diagnostic(
        "GW502", _ERROR, "in 2011 EC2 has no condition keys of its own",
        "use one of the AWS-wide keys", _old_ec2(Condition={"StringEquals": {"ec2:InstanceType": "m1.small"}}),
        profile=Profile.EC2_2011, is_refused=True,
    ),
    Diagnostic(
        "GW503", _ERROR, "in 2011 EC2 supplies five AWS-wide condition keys only",
        "use `aws:CurrentTime`, `aws:EpochTime`, `aws:SecureTransport`, `aws:SourceIp` or `aws:UserAgent`",
        _old_ec2(Condition={"StringEquals": {"aws:PrincipalTag/team": "x"}}), profile=Profile.EC2_2011, is_refused=True,
    ),
    Diagnostic(
        "GW504", _WARNING, "the service speaks TLS only, so `aws:SecureTransport` is always true there",
        "remove the key",
        example_document(
            {"Action": "rds:*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "true"}}}, Version=None
        ),
        profile=Profile.EC2_2011,
    ),
)  # fmt: skip
