"""Vectors of the chapter on the grammar, second part: principals, empty parts, kinds of policy (R15 to R37)."""

from __future__ import annotations

from itertools import product
from typing import Any, Final

from .actions import like
from .grammar import LAYER_OF, for_kind, under
from .principals import CANONICAL, OIDC, SAML
from .vector import (
    ACCOUNT,
    ACTION,
    ANONYMOUS,
    BUCKET,
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


def build(vectors: Vectors) -> None:
    """Add the vectors."""
    add_principals(vectors)
    add_empty(vectors)
    add_kinds(vectors)


EMPTY_NOT = "that an empty list in a Not-element has no effect follows from the wording only"


EMPTY_REFUSED = "an empty list, which the interface refuses to store"


PARTIAL = "a wildcard inside a principal, which saving refuses"


NO_PRINCIPAL = "that a resource policy's statement without Principal means nobody is inferred"


OAI: Final = "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1PEARS"


def add_principals(vectors: Vectors) -> None:
    """Shapes and entries of Principal (R15 to R21)."""
    user_and = f"arn:aws:iam::{ACCOUNT}:user/bob"
    shapes: tuple[tuple[Any, bool, bool, bool], ...] = (
        ("*", True, True, True),
        ({"AWS": "*"}, True, True, True),
        ({"AWS": USER}, True, False, False),
        ({"AWS": [USER]}, True, False, False),
        ({"AWS": [user_and, USER]}, True, False, False),
        ({"AWS": user_and}, False, False, False),
        ({"AWS": USER, "Service": SERVICE}, True, True, False),
        ({"Service": SERVICE}, False, True, False),
        ({"Service": [SERVICE, "sqs.amazonaws.com"], "AWS": [user_and]}, False, True, False),
        ({"AWS": []}, False, False, False),
        ({}, False, False, False),
        ({"AWS": [], "Service": SERVICE}, False, True, False),
        ({"CanonicalUser": CANONICAL, "Service": SERVICE}, False, True, False),
    )
    for shape, *means in shapes:
        for caller, meant in zip((USER, SERVICE, ANONYMOUS), means, strict=True):
            layer = "identity" if caller == USER else "resource"
            refusable = (
                EMPTY_REFUSED
                if shape in ({}, {"AWS": []}) or (isinstance(shape, dict) and shape.get("AWS") == [])
                else None
            )
            why = f"Principal {shape} {'means' if meant else 'does not mean'} {caller}"
            vectors.add(
                "R15",
                "allow",
                why,
                allowed("resource") if meant else missing(layer),
                principal=caller,
                resource_policy=document(allow(ACTION, OBJECT, shape)),
                refusable=refusable,
            )
            statements = [allow(ACTION, OBJECT, "*"), deny(ACTION, OBJECT, shape)]
            vectors.add(
                "R15",
                "deny",
                f"Deny, {why}",
                denied("resource", 0, 1) if meant else allowed("resource"),
                principal=caller,
                resource_policy=document(*statements),
                refusable=refusable,
            )
    entries = (
        (ACCOUNT, USER, "account"),
        (ROOT, USER, "account"),
        (USER, USER, "direct"),
        (ROLE, SESSION, "direct"),
        (SESSION, SESSION, "direct"),
        (OTHER, USER, ""),
        (OAI, OAI, "direct"),
        (OAI, USER, ""),
        (OAI + "2", OAI, ""),
        (f"arn:aws:iam::{ACCOUNT}:group/pickers", USER, ""),
        (f"arn:aws:iam::{ACCOUNT}:instance-profile/Baker", SESSION, ""),
        (f"arn:aws-cn:iam::{ACCOUNT}:root", USER, ""),
        ("AIDAEXAMPLEPEARS00000", USER, ""),
        (f"arn:aws:iam::{ACCOUNT}:user/division/team/ana", f"arn:aws:iam::{ACCOUNT}:user/division/team/ana", "direct"),
    )
    for entry, caller, strength in entries:
        refusable = (
            "groups and instance profiles are never principals" if "group/" in entry or "-profile/" in entry else None
        )
        uncertain = (
            "policies keep unique ids in place of ARNs; with ARNs alone an id is nobody"
            if entry.startswith("AIDA")
            else None
        )
        marks: Json = {"refusable": refusable, "uncertain": uncertain}
        layer = "identity" if caller != OAI else "resource"
        why = f"the entry {entry} {'means' if strength else 'does not mean'} {caller}"
        answer = allowed("resource") if strength == "direct" else missing(layer)
        vectors.add(
            "R16",
            "allow",
            why + " (an account's entry delegates)" * (strength == "account"),
            answer,
            principal=caller,
            resource_policy=document(allow(ACTION, OBJECT, {"AWS": entry})),
            **marks,
        )
        statements = [allow(ACTION, OBJECT, "*"), deny(ACTION, OBJECT, {"AWS": entry})]
        answer = denied("resource", 0, 1) if strength else allowed("resource")
        vectors.add(
            "R16", "deny", f"Deny, {why}", answer, principal=caller, resource_policy=document(*statements), **marks
        )
    names = (
        "ec2.amazonaws.com",
        "s3.ap-east-1.amazonaws.com",
        "s3.amazonaws.com",
        "delivery.logs.amazonaws.com",
        "logs.amazonaws.com",
    )
    for entry, caller in product(names, names):
        statements = [allow(ACTION, OBJECT, "*"), deny(ACTION, OBJECT, {"Service": entry})]
        why = f"the name {entry} and the service {caller}: the full name counts"
        vectors.add(
            "R17",
            "name",
            why,
            denied("resource", 0, 1) if entry == caller else allowed("resource"),
            principal=caller,
            resource_policy=document(*statements),
        )
    web, saml = "sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML"
    for caller, entry in product(
        (SAML, OIDC, "accounts.google.com", "www.amazon.com"),
        (
            SAML,
            SAML + "2",
            OIDC,
            f"arn:aws:iam::{OTHER}:oidc-provider/token.orchard.example",
            "accounts.google.com",
            "www.amazon.com",
        ),
    ):
        action = saml if "saml" in caller else web
        vectors.add(
            "R18",
            "provider",
            f"the entry {entry} and the provider {caller}",
            allowed("trust") if entry == caller else missing("trust"),
            principal=caller,
            action=action,
            resource=ROLE,
            facts={"resource_kind": "role-trust"},
            resource_policy=document(allow(action, None, {"Federated": entry})),
        )
    for entry, caller, known in product((CANONICAL, "f" * 64), (USER, SESSION), (True, False)):
        facts = {"canonical_user": CANONICAL} if known else {}
        meant = known and entry == CANONICAL
        for identity in ([], [FULL]):
            answer = missing() if not identity else allowed()
            why = (
                f"an Allow for a canonical id {'of the account' if meant else 'of another account'} "
                f"delegates only, identity policies {'allow' if identity else 'do not'}"
            )
            vectors.add(
                "R19",
                "allow",
                why,
                answer,
                principal=caller,
                facts=facts,
                identity=identity,
                resource_policy=document(allow(ACTION, OBJECT, {"CanonicalUser": entry})),
            )
        statements = [allow(ACTION, OBJECT, "*"), deny(ACTION, OBJECT, {"CanonicalUser": entry})]
        vectors.add(
            "R19",
            "deny",
            f"a Deny for a canonical id {'of the account' if meant else 'of another account'}",
            denied("resource", 0, 1) if meant else allowed("resource"),
            principal=caller,
            facts=facts,
            resource_policy=document(*statements),
        )
    for entry in (
        f"arn:aws:iam::{ACCOUNT}:user/*",
        "arn:aws:iam::*:root",
        f"arn:aws:sts::{ACCOUNT}:assumed-role/Baker/*",
        f"arn:aws:iam::{ACCOUNT}:role/B*",
        f"arn:aws:iam::{ACCOUNT}:user/an?",
    ):
        for caller, effect in product((USER, SESSION), ("Allow", "Deny")):
            statements = (
                [allow(ACTION, OBJECT, {"AWS": entry})]
                if effect == "Allow"
                else [allow(ACTION, OBJECT, "*"), deny(ACTION, OBJECT, {"AWS": entry})]
            )
            answer = missing() if effect == "Allow" else allowed("resource")
            vectors.add(
                "R20",
                "partial",
                f"{effect} for {entry} never means {caller}",
                answer,
                principal=caller,
                resource_policy=document(*statements),
                refusable=PARTIAL,
            )
    stars: tuple[tuple[Any, bool], ...] = (("*", True), (["*", USER], True), ([USER, "*"], True), ("**", False))
    for star, means_star in stars:
        refusable = PARTIAL if star == "**" else None
        vectors.add(
            "R20",
            "star",
            f"only a lone star means everyone: {star}",
            allowed("resource") if means_star else missing(),
            principal=SESSION,
            resource_policy=document(allow(ACTION, OBJECT, {"AWS": star})),
            refusable=refusable,
        )
    spared = {"AWS": [ACCOUNT, USER]}
    for caller, hit in (
        (USER, False),
        (SESSION, True),
        (f"arn:aws:iam::{ACCOUNT}:user/bob", True),
        (ROOT, False),
        (SERVICE, True),
        (ANONYMOUS, True),
    ):
        resource_policy = document(allow(ACTION, OBJECT, "*"), deny(ACTION, OBJECT, NotPrincipal=spared))
        answer = denied("resource", 0, 1) if hit else Answer("allow") if caller == ROOT else allowed("resource")
        vectors.add(
            "R21",
            "deny",
            f"a Deny with NotPrincipal for a user and its account, and {caller}",
            answer,
            principal=caller,
            resource_policy=resource_policy,
        )


def add_empty(vectors: Vectors) -> None:
    """A statement with an empty list in a part has no effect (R30)."""
    for member, other in (
        ("Action", "Resource"),
        ("NotAction", "Resource"),
        ("Resource", "Action"),
        ("NotResource", "Action"),
    ):
        for effect in ("Allow", "Deny"):
            parts = {member: [], other: "*"}
            marks: Json = {"uncertain": EMPTY_NOT if "Not" in member else None, "refusable": EMPTY_REFUSED}
            vectors.probe_statement(
                "R30", "part", f"an empty {member} covers nothing", False, parts, effect=effect, **marks
            )
            held = document({"Effect": effect, **parts}, allow("s3:Get*"))
            vectors.add(
                "R30",
                "beside",
                f"{effect} with an empty {member} beside a statement that counts",
                allowed("identity", 0, 1),
                identity=[held],
                **marks,
            )
    nobody: tuple[Json, ...] = ({"AWS": []}, {}, {"Service": []})
    for principal, effect in product(nobody, ("Allow", "Deny")):
        resource_policy = document({"Effect": effect, "Principal": principal, "Action": ACTION, "Resource": OBJECT})
        for identity in ([], [FULL]):
            why = f"{effect} for the empty Principal {principal} means nobody"
            vectors.add(
                "R30",
                "principal",
                why,
                allowed() if identity else missing(),
                identity=identity,
                resource_policy=resource_policy,
                refusable=EMPTY_REFUSED,
            )
    for identity in ([], [document(allow("orchard:Water"))], [FULL, document(allow("orchard:Water"))]):
        answer = allowed() if len(identity) == 2 else missing()
        vectors.add("R30", "documents", f"{len(identity)} documents", answer, identity=identity)


def add_kinds(vectors: Vectors) -> None:
    """What each kind of policy does to a call: grant, limit, deny (R31 to R36)."""
    rules = {"identity": "R31", "resource": "R32", "boundary": "R34", "session": "R35", "scps": "R36"}
    uses: tuple[tuple[str, Json, str, str], ...] = (
        ("plain", {"Action": "s3:Get*", "Resource": "*"}, "s3:GetObject", "s3:PutObject"),
        ("not-action", {"NotAction": "s3:Put*", "Resource": "*"}, "s3:GetObject", "s3:PutObject"),
        (
            "condition",
            {"Action": "*", "Resource": "*", "Condition": {"StringLike": {"orchard:Action": "s3:Get*"}}},
            "s3:GetObject",
            "s3:PutObject",
        ),
        ("not-resource", {"Action": "s3:Get*", "NotResource": "arn:aws:s3:::plums/*"}, "s3:GetObject", "s3:PutObject"),
        ("wildcards", {"Action": "s3:*et*ject", "Resource": "arn:aws:s3:::p*s/*"}, "s3:GetObject", "s3:PutObject"),
    )
    for (kind, rule), (topic, parts, covered, uncovered) in product(rules.items(), uses):
        layer = LAYER_OF.get(kind, kind)
        for action, covers in ((covered, True), (uncovered, False)):
            context = {"orchard:Action": action}
            held = document(for_kind(kind, {"Effect": "Allow", **parts}))
            policies = under(kind, held)
            if kind == "resource":
                policies["identity"] = []
                answer = allowed("resource") if covers else missing()
            else:
                answer = allowed() if covers else missing(layer)
            vectors.add(
                rule,
                topic,
                f"an Allow in kind {layer}, {topic}, {action}",
                answer,
                **policies,
                action=action,
                context=context,
            )
            held = document(for_kind(kind, allow("*")), for_kind(kind, {"Effect": "Deny", **parts}))
            answer = denied(layer, 0, 1) if covers else allowed("identity", 0, 0)
            vectors.add(
                rule,
                topic,
                f"a Deny in kind {layer}, {topic}, {action}",
                answer,
                **under(kind, held),
                action=action,
                context=context,
            )
    for kind in ("boundary", "session", "scps", "vpce"):
        policies = under(kind, document(for_kind(kind, allow("*"))))
        policies["identity"] = []
        rule = rules.get(kind, "R38")
        vectors.add(
            rule, "grants-nothing", f"an Allow in kind {LAYER_OF.get(kind, kind)} grants nothing", missing(), **policies
        )
    for effect, identity in product(("Allow", "Deny"), ([], [FULL])):
        held = document({"Effect": effect, "Action": ACTION, "Resource": OBJECT})
        answer = allowed() if identity else missing()
        vectors.add(
            "R32",
            "no-principal",
            f"{effect} without Principal in a resource policy means nobody",
            answer,
            identity=identity,
            resource_policy=held,
            uncertain=NO_PRINCIPAL,
            refusable="a statement without Principal in a resource policy",
        )
    for (action, resource, has_part), effect in product(
        (
            ("ecr:BatchGetImage", f"arn:aws:ecr:eu-west-1:{ACCOUNT}:repository/pears", False),
            ("ECR:batchGetImage", f"arn:aws:ecr:eu-west-1:{ACCOUNT}:repository/pears", False),
            ("sqs:SendMessage", f"arn:aws:sqs:eu-west-1:{ACCOUNT}:pears", True),
            (ACTION, OBJECT, True),
        ),
        ("Allow", "Deny"),
    ):
        applies = (allowed if effect == "Allow" else denied)("resource")
        vectors.add(
            "R32",
            "no-resource",
            f"{effect} of {action} without Resource, which policies of its service {'have' if has_part else 'lack'}",
            (missing() if effect == "Allow" else allowed()) if has_part else applies,
            identity=[] if effect == "Allow" else [FULL],
            action=action,
            resource=resource,
            resource_policy=document({"Effect": effect, "Principal": {"AWS": USER}, "Action": "*"}),
            refusable="a statement without Resource in a resource policy",
        )
    for part, effect in product(("Resource", "NotResource"), ("Allow", "Deny")):
        vectors.add(
            "R32",
            "empty-resource",
            f"{effect} of ecr:BatchGetImage with an empty list in {part}, which is not a statement without one (R30)",
            missing() if effect == "Allow" else allowed(),
            identity=[] if effect == "Allow" else [FULL],
            action="ecr:BatchGetImage",
            resource=f"arn:aws:ecr:eu-west-1:{ACCOUNT}:repository/pears",
            resource_policy=document({"Effect": effect, "Principal": {"AWS": USER}, "Action": "*", part: []}),
            uncertain=EMPTY_NOT if part == "NotResource" else None,
            refusable=EMPTY_REFUSED,
        )
    for resource, covers in ((OBJECT, True), (BUCKET, False), ("arn:aws:s3:::pears/x", True)):
        held = document(allow("s3:*", BUCKET + "/*", "*"))
        vectors.add(
            "R32",
            "below",
            "a bucket policy for what is below the bucket",
            allowed("resource") if covers else missing(),
            resource_policy=held,
            resource=resource,
        )
    add_trust_kind(vectors)
    add_rcp_kind(vectors)


def add_trust_kind(vectors: Vectors) -> None:
    """A trust policy says who may take the role, by which of its actions (R33)."""
    actions = ("sts:AssumeRole", "sts:TagSession", "sts:SetContext", "sts:AssumeRoleWithSAML")
    for pattern, action in product(
        (*actions, "sts:*", "*", ["sts:AssumeRole", "sts:TagSession"], "sts:Assume*", "sts:SetSourceIdentity"), actions
    ):
        listed = [pattern] if isinstance(pattern, str) else pattern
        covers = any(like(item.lower(), action.lower()) for item in listed)
        why = f"a trust policy that allows {pattern}, and {action}"
        vectors.add(
            "R33",
            "action",
            why,
            allowed("trust") if covers else missing("trust"),
            action=action,
            resource=ROLE,
            facts={"resource_kind": "role-trust"},
            resource_policy=document(allow(pattern, None, {"AWS": USER})),
        )
    for principal, meant in (
        ({"AWS": USER}, True),
        ({"AWS": ROLE}, False),
        ({"AWS": "*"}, True),
        ({"Service": SERVICE}, False),
    ):
        for effect in ("Allow", "Deny"):
            statements = (
                [allow("sts:AssumeRole", None, {"AWS": USER}), deny("sts:AssumeRole", None, principal)]
                if effect == "Deny"
                else [allow("sts:AssumeRole", None, principal)]
            )
            answer = (
                (denied("trust", 0, 1) if meant else allowed("trust"))
                if effect == "Deny"
                else allowed("trust")
                if meant
                else missing("trust")
            )
            vectors.add(
                "R33",
                "principal",
                f"a trust policy's {effect} for {principal}",
                answer,
                action="sts:AssumeRole",
                resource=ROLE,
                facts={"resource_kind": "role-trust"},
                resource_policy=document(*statements),
            )


def add_rcp_kind(vectors: Vectors) -> None:
    """A resource control policy only denies, to everyone whom its conditions mean (R37)."""
    uses: tuple[tuple[Json, str, str, bool], ...] = (
        ({"Action": "s3:*", "Resource": "*"}, ACTION, OBJECT, True),
        ({"Action": "s3:Put*", "Resource": "*"}, ACTION, OBJECT, False),
        ({"Action": "s3:*", "Resource": "arn:aws:s3:::pears/*"}, ACTION, OBJECT, True),
        ({"Action": "s3:*", "Resource": "arn:aws:s3:::plums/*"}, ACTION, OBJECT, False),
        ({"Action": "s3:*", "NotResource": "arn:aws:s3:::plums/*"}, ACTION, OBJECT, True),
        ({"Action": "s3:*", "NotResource": "arn:aws:s3:::pears/*"}, ACTION, OBJECT, False),
        ({"Action": ["s3:Get?bject", "sqs:*"], "Resource": "*"}, ACTION, OBJECT, True),
        (
            {
                "Action": "s3:*",
                "Resource": "*",
                "Condition": {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-pears"}},
            },
            ACTION,
            OBJECT,
            True,
        ),
        (
            {
                "Action": "s3:*",
                "Resource": "*",
                "Condition": {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-plums"}},
            },
            ACTION,
            OBJECT,
            False,
        ),
    )
    callers: tuple[tuple[str, Json], ...] = (
        (USER, {"identity": [FULL]}),
        (SESSION, {"identity": [FULL]}),
        (ROOT, {}),
        (SERVICE, {"resource_policy": document(allow("s3:*", "*", "*"))}),
    )
    for (parts, action, resource, hit), (caller, held) in product(uses, callers):
        allowing = allowed() if "identity" in held else Answer("allow") if caller == ROOT else allowed("resource")
        rcps = [[document({"Effect": "Deny", "Principal": "*", **parts})]]
        why = f"a Deny of {parts} {'reaches' if hit else 'does not reach'} {caller}"
        vectors.add(
            "R37",
            "deny",
            why,
            denied("rcp") if hit else allowing,
            principal=caller,
            action=action,
            resource=resource,
            context={"aws:PrincipalOrgID": "o-plums"},
            rcps=rcps,
            **held,
        )
    empty: tuple[list[list[Json]], ...] = ([], [[]], [[], []])
    for levels in empty:
        vectors.add(
            "R37",
            "empty",
            f"{len(levels)} levels without policies of the customer: full access is implied",
            allowed(),
            identity=[FULL],
            rcps=levels,
        )
