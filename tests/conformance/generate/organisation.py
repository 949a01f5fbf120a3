"""Vectors of the chapter on evaluation, second part: organisations and VPC endpoints (R133, R134, R146, R38)."""

from __future__ import annotations

from itertools import product
from typing import Any, Final

from .evaluation import EVERYONE, KEY, LACKING
from .vector import (
    ACCOUNT,
    ACTION,
    ALLOWED,
    ANONYMOUS,
    FEDERATED,
    FULL,
    OBJECT,
    OTHER,
    ROLE,
    ROOT,
    SERVICE,
    SESSION,
    USER,
    Answer,
    Json,
    Vectors,
    allow,
    allowed,
    denied,
    deny,
    document,
    missing,
)

LIST_GREW = "the list of services under resource control policies grows"
NO_RESOURCE = "that a resource control policy does not count where no resource is authorised is inferred"


def build(vectors: Vectors) -> None:
    """Add the vectors."""
    add_services(vectors)
    add_rcp_callers(vectors)
    add_rcp_levels(vectors)
    add_scp_levels(vectors)
    add_scp_callers(vectors)
    add_scp_language(vectors)
    add_exemptions(vectors)
    add_endpoints(vectors)


def base_of(principal: str) -> tuple[Json, Answer]:
    """Return policies under which a caller is allowed, and the answer."""
    if principal in (SERVICE, ANONYMOUS):
        return {"resource_policy": EVERYONE}, allowed("resource")
    if principal == ROOT:
        return {}, ALLOWED
    return {"identity": [FULL], **({"session": FULL} if principal == FEDERATED else {})}, allowed()


CALLERS: Final = (USER, SESSION, FEDERATED, ROOT, SERVICE, ANONYMOUS)


def add_services(vectors: Vectors) -> None:
    """Resource control policies count for the listed services only (R133)."""
    covered = {
        "s3": ("GetObject", OBJECT),
        "sqs": ("SendMessage", f"arn:aws:sqs:eu-west-1:{ACCOUNT}:pears"),
        "kms": ("Decrypt", KEY),
        "secretsmanager": ("GetSecretValue", f"arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:pears"),
        "cognito-idp": ("AdminGetUser", f"arn:aws:cognito-idp:eu-west-1:{ACCOUNT}:userpool/p"),
        "cognito-identity": ("DescribeIdentityPool", f"arn:aws:cognito-identity:eu-west-1:{ACCOUNT}:identitypool/p"),
        "logs": ("GetLogEvents", f"arn:aws:logs:eu-west-1:{ACCOUNT}:log-group:g"),
        "dynamodb": ("GetItem", f"arn:aws:dynamodb:eu-west-1:{ACCOUNT}:table/t"),
        "ecr": ("BatchGetImage", f"arn:aws:ecr:eu-west-1:{ACCOUNT}:repository/r"),
        "aoss": ("APIAccessAll", f"arn:aws:aoss:eu-west-1:{ACCOUNT}:collection/c"),
        "events": ("PutEvents", f"arn:aws:events:eu-west-1:{ACCOUNT}:event-bus/b"),
        "firehose": ("PutRecord", f"arn:aws:firehose:eu-west-1:{ACCOUNT}:deliverystream/d"),
        "sts": ("AssumeRole", ROLE),
        "appconfig": ("GetApplication", f"arn:aws:appconfig:eu-west-1:{ACCOUNT}:application/a"),
        "autoscaling": ("DeleteAutoScalingGroup", f"arn:aws:autoscaling:eu-west-1:{ACCOUNT}:autoScalingGroup:u:g"),
        "autoscaling-plans": ("DeleteScalingPlan", f"arn:aws:autoscaling-plans:eu-west-1:{ACCOUNT}:scalingPlan/p"),
        "cloudfront": ("GetDistribution", f"arn:aws:cloudfront::{ACCOUNT}:distribution/E1"),
        "codeartifact": ("ReadFromRepository", f"arn:aws:codeartifact:eu-west-1:{ACCOUNT}:repository/d/r"),
        "codebuild": ("StartBuild", f"arn:aws:codebuild:eu-west-1:{ACCOUNT}:project/p"),
        "ecr-public": ("DescribeImages", f"arn:aws:ecr-public::{ACCOUNT}:repository/r"),
        "opensearch": ("ApplicationAccessAll", f"arn:aws:opensearch:eu-west-1:{ACCOUNT}:application/a"),
        "servicediscovery": ("GetNamespace", f"arn:aws:servicediscovery:eu-west-1:{ACCOUNT}:namespace/n"),
        "wafv2": ("GetWebACL", f"arn:aws:wafv2:eu-west-1:{ACCOUNT}:regional/webacl/w/1"),
        "xray": ("GetGroup", f"arn:aws:xray:eu-west-1:{ACCOUNT}:group/g/1"),
    }
    first = ("s3", "sqs", "kms", "secretsmanager", "sts")
    for service, (name, resource) in covered.items():
        marks: Json = {} if service in first else {"uncertain": LIST_GREW}
        trusted: Json = {}
        if service == "sts":
            trust = document(allow("sts:AssumeRole", None, {"AWS": ACCOUNT}))
            trusted = {"resource_policy": trust, "facts": {"resource_kind": "role-trust"}}
        for pattern, hit in (
            (f"{service}:{name}", True),
            (f"{service}:*", True),
            (f"{service}:{name}x", False),
            ("sqs:DeleteQueue", False),
        ):
            rcps = [[document(deny(pattern, "*", "*"))]]
            answer = denied("rcp") if hit else allowed()
            vectors.add(
                "R133",
                "service",
                f"a Deny of {pattern} and {service}:{name}",
                answer,
                identity=[FULL],
                rcps=rcps,
                action=f"{service}:{name}",
                resource=resource,
                **trusted,
                **marks,
            )
    for action, resource in (
        ("sns:Publish", f"arn:aws:sns:eu-west-1:{ACCOUNT}:pears"),
        ("ec2:StartInstances", f"arn:aws:ec2:eu-west-1:{ACCOUNT}:instance/i-0a"),
        ("iam:GetRole", ROLE),
        ("lambda:InvokeFunction", f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:press"),
        # The name of a service on the list begins this one.
        ("s3-object-lambda:GetObject", f"arn:aws:s3-object-lambda:eu-west-1:{ACCOUNT}:accesspoint/pears"),
        # The one begins the name of a service on the list, the other is its older name.
        ("waf:GetWebACL", f"arn:aws:waf::{ACCOUNT}:webacl/w"),
        ("es:ESHttpGet", f"arn:aws:es:eu-west-1:{ACCOUNT}:domain/d"),
    ):
        for pattern in (action, "s3:*", "*"):
            rcps = [[document(deny(pattern, "*", "*"))]]
            refusable = None if pattern == "s3:*" else "an action that resource control policies cannot name"
            vectors.add(
                "R133",
                "uncovered",
                f"a Deny of {pattern} does not reach {action}, whose service is not on the list",
                allowed(),
                identity=[FULL],
                rcps=rcps,
                action=action,
                resource=resource,
                refusable=refusable,
                uncertain=LIST_GREW,
            )
    for action in ("s3:ListAllMyBuckets", "s3:CreateJob", "sqs:ListQueues"):
        vectors.add(
            "R133",
            "no-resource",
            f"{action} authorises no resource",
            allowed(),
            identity=[FULL],
            rcps=[[document(deny(action, "*", "*"))]],
            action=action,
            resource="*",
            uncertain=NO_RESOURCE,
        )


def add_rcp_callers(vectors: Vectors) -> None:
    """They cover callers of every kind and from everywhere, in the resource's organisation (R133)."""
    rcp = document(deny("s3:*", "*", "*", condition={"Bool": {"aws:SecureTransport": "false"}}))
    for principal, account, secure in product(CALLERS, (ACCOUNT, OTHER), ("true", "false")):
        held, answer = base_of(principal)
        if account == OTHER:
            held = {**held, "resource_policy": EVERYONE}
            answer = allowed("resource") if principal in (ROOT, SERVICE, ANONYMOUS) else answer
        answer = denied("rcp") if secure == "false" else answer
        where = "of the resource's account" if account == ACCOUNT else "of another account"
        vectors.add(
            "R133",
            "caller",
            f"{principal} {where}, TLS {secure}",
            answer,
            principal=principal,
            account=account,
            rcps=[[], [rcp]],
            context={"aws:SecureTransport": secure},
            **held,
        )
    exempting = document(
        deny(
            "s3:*",
            "*",
            "*",
            condition={
                "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
                "StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-pears00001"},
            },
        )
    )
    for principal, context, hit in (
        (USER, {"aws:PrincipalIsAWSService": "false", "aws:PrincipalOrgID": "o-pears00001"}, False),
        (USER, {"aws:PrincipalIsAWSService": "false", "aws:PrincipalOrgID": "o-plums00001"}, True),
        (USER, {"aws:PrincipalIsAWSService": "false"}, True),
        (SERVICE, {"aws:PrincipalIsAWSService": "true"}, False),
        (ANONYMOUS, {}, True),
        (ROOT, {"aws:PrincipalIsAWSService": "false", "aws:PrincipalOrgID": "o-plums00001"}, True),
        (SESSION, {"aws:PrincipalIsAWSService": "false", "aws:PrincipalOrgID": "o-pears00001"}, False),
    ):
        held, answer = base_of(principal)
        vectors.add(
            "R133",
            "perimeter",
            f"a perimeter around the organisation, {principal} with {context}",
            denied("rcp") if hit else answer,
            principal=principal,
            context=context,
            rcps=[[exempting]],
            **held,
        )


def add_rcp_levels(vectors: Vectors) -> None:
    """A Deny on any level counts; no level can lack the Allow (R133)."""
    hit, other = document(deny("s3:GetObject", "*", "*")), document(deny("s3:PutObject", "*", "*"))
    for depth in (1, 2, 3, 4):
        for place in (None, *range(depth)):
            levels: list[list[Json]] = [[other] if level % 2 else [] for level in range(depth)]
            before = 0
            if place is not None:
                before = sum(len(level) for level in levels[:place]) + len(levels[place])
                levels[place] = [*levels[place], hit]
            answer = allowed() if place is None else denied("rcp", before)
            vectors.add(
                "R133",
                "level",
                f"{depth} levels, a Deny on {'none' if place is None else f'level {place + 1}'}",
                answer,
                identity=[FULL],
                rcps=levels,
            )
    for statements, place in (([0, 1], 1), ([1, 0], 0), ([0, 0, 1], 2)):
        rcp = document(*(deny("s3:GetObject" if item else "s3:PutObject", "*", "*") for item in statements))
        vectors.add(
            "R133",
            "statement",
            "one of several statements of a document denies",
            denied("rcp", 0, place),
            identity=[FULL],
            rcps=[[rcp]],
        )


def add_scp_levels(vectors: Vectors) -> None:
    """An Allow is needed on every level; a Deny on any refuses; an empty level allows nothing (R134)."""
    for depth in (1, 2, 3, 4):
        for lacking in (None, *range(depth)):
            for form in ("empty", "other", "two documents"):
                if lacking is None and form != "other":
                    continue
                levels: list[list[Json]] = [[FULL] for _ in range(depth)]
                if lacking is not None:
                    levels[lacking] = {
                        "empty": [],
                        "other": [LACKING],
                        "two documents": [LACKING, document(allow("s3:PutObject"))],
                    }[form]
                why = f"{depth} levels, {'all allow' if lacking is None else f'level {lacking + 1} does not ({form})'}"
                answer = allowed() if lacking is None else missing("scp")
                for principal in (USER, SESSION):
                    vectors.add("R134", "level", why, answer, identity=[FULL], scps=levels, principal=principal)
        for place in range(depth):
            levels = [[FULL] for _ in range(depth)]
            levels[place] = [document(deny("s3:Put*")), FULL, document(allow("s3:*"), deny("s3:Get*"))]
            for action, answer in (
                ("s3:GetObject", denied("scp", place + 2, 1)),
                ("s3:PutObject", denied("scp", place)),
                ("s3:ListBucket", allowed()),
            ):
                vectors.add(
                    "R134",
                    "deny",
                    f"{depth} levels, a Deny on level {place + 1}, {action}",
                    answer,
                    identity=[FULL],
                    scps=levels,
                    action=action,
                )
    get, put = document(allow("s3:Get*")), document(allow("s3:Put*"))
    sets = {"get": [get], "put": [put], "both": [get, put], "full": [FULL]}
    covers = {
        "get": ("s3:GetObject",),
        "put": ("s3:PutObject",),
        "both": ("s3:GetObject", "s3:PutObject"),
        "full": ("s3:GetObject", "s3:PutObject", "s3:ListBucket"),
    }
    for first, second, action in product(sets, sets, ("s3:GetObject", "s3:PutObject", "s3:ListBucket")):
        answer = allowed() if action in covers[first] and action in covers[second] else missing("scp")
        vectors.add(
            "R134",
            "intersection",
            f"the root level holds {first}, the account's {second}; {action}",
            answer,
            identity=[FULL],
            scps=[sets[first], sets[second]],
            action=action,
        )
    for scps, answer in (
        (None, allowed()),
        ([], allowed()),
        ([[]], missing("scp")),
        ([[], [FULL]], missing("scp")),
        ([[FULL], []], missing("scp")),
    ):
        vectors.add(
            "R134",
            "none",
            f"documents per level: {[len(level) for level in scps] if scps is not None else 'no levels'}",
            answer,
            identity=[FULL],
            scps=scps,
        )
    for identity in ([], [LACKING]):
        vectors.add(
            "R134", "no-grant", "service control policies grant nothing", missing(), identity=identity, scps=[[FULL]]
        )


def add_scp_callers(vectors: Vectors) -> None:
    """Judged in the caller's account: its principals and its root user, nobody else (R134)."""
    for principal, form, account in product(CALLERS, ("allow", "lack", "deny"), (ACCOUNT, OTHER)):
        held, answer = base_of(principal)
        if account == OTHER:
            held = {**held, "resource_policy": EVERYONE}
            answer = allowed("resource") if principal == ROOT else answer
        scps = {
            "allow": [[FULL], [FULL]],
            "lack": [[FULL], [LACKING]],
            "deny": [[FULL], [document(allow("*"), deny(ACTION))]],
        }[form]
        is_covered = principal not in (SERVICE, ANONYMOUS)
        if is_covered and form != "allow":
            answer = missing("scp") if form == "lack" else denied("scp", 1, 1)
        uncertain = (
            "that no service control policy reaches unsigned callers is inferred"
            if principal == ANONYMOUS and form != "allow"
            else None
        )
        where = "a resource of its own account" if account == ACCOUNT else "a resource of another account"
        vectors.add(
            "R134",
            "caller",
            f"{principal} and {where}; the caller's policies {form}",
            answer,
            principal=principal,
            account=account,
            scps=scps,
            uncertain=uncertain,
            **held,
        )
    for entry, principal in (({"AWS": SESSION}, SESSION), ("*", USER), ({"AWS": USER}, USER)):
        for scps, answer in (
            ([[FULL]], allowed("resource")),
            ([[LACKING]], missing("scp")),
            ([[document(allow("*"), deny("s3:*"))]], denied("scp", 0, 1)),
        ):
            vectors.add(
                "R134",
                "direct",
                f"a direct grant to {principal} is limited too",
                answer,
                principal=principal,
                scps=scps,
                resource_policy=document(allow(ACTION, "*", entry)),
            )


def add_scp_language(vectors: Vectors) -> None:
    """The full language in Allow and Deny alike (R36)."""
    context = {"aws:RequestedRegion": "eu-west-1", "aws:PrincipalArn": ROLE, "aws:PrincipalTag/team": "red"}
    statements: tuple[tuple[str, Json, bool], ...] = (
        (
            "a Region",
            {
                "Action": "*",
                "Resource": "*",
                "Condition": {"StringEquals": {"aws:RequestedRegion": ["eu-west-1", "eu-central-1"]}},
            },
            True,
        ),
        (
            "another Region",
            {
                "Action": "*",
                "Resource": "*",
                "Condition": {"StringNotEquals": {"aws:RequestedRegion": ["eu-west-1", "eu-central-1"]}},
            },
            False,
        ),
        ("all but some services", {"NotAction": ["iam:*", "sts:*"], "Resource": "*"}, True),
        ("all but this service", {"NotAction": ["iam:*", "s3:*"], "Resource": "*"}, False),
        ("a resource", {"Action": "s3:*", "Resource": "arn:aws:s3:::pears/*"}, True),
        ("another resource", {"Action": "s3:*", "Resource": "arn:aws:s3:::plums/*"}, False),
        ("all but a resource", {"Action": "s3:*", "NotResource": "arn:aws:s3:::plums/*"}, True),
        ("all but this resource", {"Action": "s3:*", "NotResource": "arn:aws:s3:::pears/*"}, False),
        ("a wildcard in the middle", {"Action": "s3:*Obj*t", "Resource": "*"}, True),
        (
            "a principal by ARN",
            {"Action": "*", "Resource": "*", "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/B*"}}},
            True,
        ),
        (
            "any principal but one",
            {
                "Action": "*",
                "Resource": "*",
                "Condition": {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/Baker"}},
            },
            False,
        ),
        (
            "a variable",
            {
                "Action": "*",
                "Resource": "*",
                "Condition": {"StringEquals": {"aws:PrincipalTag/team": "${aws:PrincipalTag/team}"}},
            },
            True,
        ),
    )
    for (said, parts, applies), principal in product(statements, (SESSION, ROOT)):
        held, base = base_of(principal)
        answer = base if applies else missing("scp")
        vectors.add(
            "R36",
            "allow",
            f"an Allow for {said}, {principal}",
            answer,
            principal=principal,
            context=context,
            scps=[[FULL], [document({"Effect": "Allow", **parts})]],
            **held,
        )
        answer = denied("scp", 2) if applies else base
        vectors.add(
            "R36",
            "deny",
            f"a Deny for {said}, {principal}",
            answer,
            principal=principal,
            context=context,
            scps=[[FULL], [FULL, document({"Effect": "Deny", **parts})]],
            **held,
        )


def add_exemptions(vectors: Vectors) -> None:
    """Who and what is under neither (R146)."""
    both = document(deny("s3:*", "*", "*"))
    facts: tuple[tuple[str, bool, bool], ...] = (
        ("principal_in_management_account", True, False),
        ("resource_in_management_account", False, True),
        ("service_linked_role", True, True),
        ("service_linked_role_resource", False, True),
        ("aws_managed_key", False, True),
    )
    for (fact, no_scp, no_rcp), value in product(facts, (True, False)):
        exempt_scp, exempt_rcp = no_scp and value, no_rcp and value
        named = {fact: value}
        for form, scps in (("lack", [[LACKING]]), ("deny", [[FULL, document(deny("s3:*"))]])):
            answer = allowed() if exempt_scp else missing("scp") if form == "lack" else denied("scp", 1)
            for principal in (SESSION,) if fact == "service_linked_role" else (USER, SESSION):
                vectors.add(
                    "R146",
                    "scp",
                    f"{fact} is {str(value).lower()}: service control policies "
                    f"{'do not count' if exempt_scp else 'count'} ({form}), {principal}",
                    answer,
                    identity=[FULL],
                    scps=scps,
                    principal=principal,
                    facts=named,
                )
        answer = allowed() if exempt_rcp else denied("rcp")
        vectors.add(
            "R146",
            "rcp",
            f"{fact} is {str(value).lower()}: resource control policies {'do not count' if exempt_rcp else 'count'}",
            answer,
            identity=[FULL],
            rcps=[[both]],
            principal=SESSION,
            facts=named,
        )
    for principal in (ROOT,):
        for value in (True, False):
            answer = ALLOWED if value else missing("scp")
            vectors.add(
                "R146",
                "root",
                f"the root user of {'the management' if value else 'a member'} account",
                answer,
                principal=principal,
                scps=[[LACKING]],
                facts={"principal_in_management_account": value},
            )
    key_policy = document(allow("kms:*", "*", {"AWS": ACCOUNT}))
    for action, hit in (
        ("kms:RetireGrant", False),
        ("kms:retiregrant", False),
        ("kms:CreateGrant", True),
        ("kms:RevokeGrant", True),
        ("kms:Decrypt", True),
    ):
        answer = denied("rcp") if hit else allowed()
        vectors.add(
            "R146",
            "grant",
            f"{action} {'is' if hit else 'is not'} under resource control policies",
            answer,
            identity=[FULL],
            rcps=[[document(deny("kms:*", "*", "*"))]],
            action=action,
            resource=KEY,
            resource_policy=key_policy,
            facts={"resource_kind": "kms-key"},
        )


# --- R38 --------------------------------------------------------------------------------------------------------------


def add_endpoints(vectors: Vectors) -> None:
    """An endpoint's policy must allow whoever passes it, grants nothing, and its Deny is a Deny (R38)."""
    open_, closed = EVERYONE, document(allow("orchard:Water", "*", "*"))
    denying = document(allow("*", "*", "*"), deny(ACTION, "*", "*"))
    for principal, (form, held_vpce) in product(CALLERS, (("allows", open_), ("lacks", closed), ("denies", denying))):
        for kind in ("interface", "gateway", None):
            held, answer = base_of(principal)
            if form != "allows":
                answer = missing("vpc-endpoint") if form == "lacks" else denied("vpc-endpoint", 0, 1)
            facts = {"vpce_type": kind} if kind else {}
            vectors.add(
                "R38",
                "caller",
                f"the policy of an endpoint (type {kind or 'not told'}) {form}, {principal}",
                answer,
                principal=principal,
                vpce=[held_vpce],
                facts=facts,
                **held,
            )
    entries: tuple[tuple[Any, tuple[bool, ...], tuple[bool, ...]], ...] = (
        ("*", (True,) * 4, (True,) * 4),
        ({"AWS": "*"}, (True,) * 4, (True,) * 4),
        ({"AWS": ACCOUNT}, (True, True, True, False), (False, False, True, False)),
        ({"AWS": ROOT}, (True, True, True, False), (False, False, True, False)),
        ({"AWS": USER}, (True, False, False, False), (False,) * 4),
        ({"AWS": ROLE}, (False, True, False, False), (False,) * 4),
        ({"AWS": SESSION}, (False, True, False, False), (False,) * 4),
        ({"Service": SERVICE}, (False, False, False, True), (False,) * 4),
        ({"AWS": OTHER}, (False,) * 4, (False,) * 4),
    )
    for entry, at_interface, at_gateway in entries:
        for kind, means in (("interface", at_interface), ("gateway", at_gateway)):
            for principal, meant in zip((USER, SESSION, ROOT, SERVICE), means, strict=True):
                held, base = base_of(principal)
                why = (
                    f"an entry for {entry} at {'an interface' if kind == 'interface' else 'a gateway'} "
                    f"endpoint {'means' if meant else 'does not mean'} {principal}"
                )
                vectors.add(
                    "R38",
                    "entry",
                    why,
                    base if meant else missing("vpc-endpoint"),
                    principal=principal,
                    vpce=[document(allow("*", "*", entry))],
                    facts={"vpce_type": kind},
                    **held,
                )
                answer = denied("vpc-endpoint", 0, 1) if meant else base
                vectors.add(
                    "R38",
                    "entry-deny",
                    f"a Deny, {why}",
                    answer,
                    principal=principal,
                    vpce=[document(allow("*", "*", "*"), deny("*", "*", entry))],
                    facts={"vpce_type": kind},
                    **held,
                )
    for (principal, entry), kind, effect in product(
        ((USER, USER), (SESSION, ROLE), (SESSION, SESSION)), ("interface", "gateway"), ("Allow", "Deny")
    ):
        granting, denying_one = allow(ACTION, "*", {"AWS": entry}), deny(ACTION, "*", {"AWS": entry})
        vectors.add(
            "R38",
            "resource-policy",
            f"the type of the endpoint is nothing to a resource policy: {kind}, {effect} for {entry}",
            allowed("resource") if effect == "Allow" else denied("resource"),
            identity=[] if effect == "Allow" else [FULL],
            principal=principal,
            resource_policy=document(granting if effect == "Allow" else denying_one),
            vpce=[open_],
            facts={"vpce_type": kind},
        )
    for names in product(("allows", "lacks", "denies"), repeat=2):
        chosen = {"allows": open_, "lacks": closed, "denies": denying}
        answer = (
            denied("vpc-endpoint", names.index("denies"), 1)
            if "denies" in names
            else missing("vpc-endpoint")
            if "lacks" in names
            else allowed()
        )
        vectors.add(
            "R38",
            "two",
            f"two endpoints: the first {names[0]}, the second {names[1]}",
            answer,
            identity=[FULL],
            vpce=[chosen[name] for name in names],
        )
    fenced = document(allow("*", "*", "*", condition={"StringEquals": {"aws:PrincipalOrgID": "o-pears00001"}}))
    for context, answer in (
        ({"aws:PrincipalOrgID": "o-pears00001"}, allowed()),
        ({"aws:PrincipalOrgID": "o-plums00001"}, missing("vpc-endpoint")),
        ({}, missing("vpc-endpoint")),
    ):
        vectors.add(
            "R38",
            "condition",
            f"an endpoint for the organisation, {context}",
            answer,
            identity=[FULL],
            vpce=[fenced],
            context=context,
        )
    for resource, answer in ((OBJECT, allowed()), ("arn:aws:s3:::plums/x", missing("vpc-endpoint"))):
        vectors.add(
            "R38",
            "resource",
            f"an endpoint for one bucket, {resource}",
            answer,
            identity=[FULL],
            vpce=[document(allow("s3:*", "arn:aws:s3:::pears/*", "*"))],
            resource=resource,
        )
    for identity, granted in product(([], [FULL]), ([], ["*"])):
        resource_policy = document(allow(ACTION, "*", granted[0])) if granted else None
        answer = allowed() if identity else allowed("resource") if granted else missing()
        vectors.add(
            "R38",
            "no-grant",
            f"an open endpoint grants nothing; identity policies {'allow' if identity else 'do not'}, "
            f"resource policy {'allows' if granted else 'is not there'}",
            answer,
            identity=identity,
            vpce=[open_],
            resource_policy=resource_policy,
        )
