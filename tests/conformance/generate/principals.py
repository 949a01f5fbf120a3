"""Vectors of the chapter on matching, third part: whom a statement of a resource policy means (R53 to R65)."""

from __future__ import annotations

from itertools import combinations, product
from typing import Any, Final, NamedTuple

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
    unknown,
)

CANONICAL: Final = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"
SAML: Final = f"arn:aws:iam::{ACCOUNT}:saml-provider/Gate"
OIDC: Final = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.orchard.example"
WEB: Final = "accounts.google.com"
PATH_ROLE: Final = f"arn:aws:iam::{ACCOUNT}:role/kitchen/Baker"

NOT_PRINCIPAL_ALLOW = "current pages do not support Allow with NotPrincipal; older engines granted everybody else"
FEDERATING = "whether the federating user must be listed too is not told"
FEDERATED_BY_ROOT = "the documents do not tell which identities a session has that the root user federated"
ACCOUNT_ALONE = "some services may tolerate a NotPrincipal without the account"
UNIQUE = "policies keep unique ids in place of ARNs; with ARNs alone an id is nobody"
SERVICE_STAR = "whether a star under Service means every service is not told"
DENY_ON_USER = "whether a Deny on the federating user reaches the session is not told"
PARTIAL = "a wildcard inside a principal, which saving refuses"


class Caller(NamedTuple):
    """A caller, what its name does not tell, and the entries that mean it by their strength (R65)."""

    said: str
    principal: str
    facts: Json
    direct: tuple[tuple[str, str], ...]
    weak: tuple[tuple[str, str], ...] = ()
    by_account: tuple[tuple[str, str], ...] = ()


ACCOUNT_ENTRIES: Final = (("AWS", ACCOUNT), ("AWS", ROOT), ("CanonicalUser", CANONICAL))
OWNED: Final = {"canonical_user": CANONICAL}

CALLERS: Final = (
    Caller("a user", USER, OWNED, (("AWS", USER),), (), ACCOUNT_ENTRIES),
    Caller("a role session", SESSION, OWNED, (("AWS", SESSION),), (("AWS", ROLE),), ACCOUNT_ENTRIES),
    Caller(
        "a session of a role with a path",
        SESSION,
        {**OWNED, "role_arn": PATH_ROLE},
        (("AWS", SESSION),),
        (("AWS", PATH_ROLE),),
        ACCOUNT_ENTRIES,
    ),
    Caller("a federated user", FEDERATED, OWNED, (("AWS", FEDERATED),), (("AWS", USER),), ACCOUNT_ENTRIES),
    Caller("the root user", ROOT, OWNED, ACCOUNT_ENTRIES),
    Caller("a service", SERVICE, {}, (("Service", SERVICE),)),
    Caller("an unsigned caller", ANONYMOUS, {}, ()),
)

ENTRIES: Final = (
    ("AWS", "*"),
    ("AWS", ACCOUNT),
    ("AWS", ROOT),
    ("AWS", USER),
    ("AWS", ROLE),
    ("AWS", PATH_ROLE),
    ("AWS", SESSION),
    ("AWS", FEDERATED),
    ("AWS", OTHER),
    ("AWS", f"arn:aws:iam::{OTHER}:root"),
    ("AWS", USER.replace(ACCOUNT, OTHER)),
    ("AWS", ROLE.replace(ACCOUNT, OTHER)),
    ("AWS", SESSION.replace(ACCOUNT, OTHER)),
    ("AWS", f"arn:aws:iam::{ACCOUNT}:user/team/ana"),
    ("AWS", f"arn:aws:iam::{ACCOUNT}:user/Ana"),
    ("AWS", f"arn:aws:iam::{ACCOUNT}:user/anab"),
    ("AWS", f"arn:aws:iam::{ACCOUNT}:role/Bake"),
    ("AWS", SESSION + "2"),
    ("AWS", f"arn:aws:sts::{ACCOUNT}:federated-user/gues"),
    ("Service", SERVICE),
    ("Service", "sqs.amazonaws.com"),
    ("Service", "sns.eu-west-1.amazonaws.com"),
    ("CanonicalUser", CANONICAL),
    ("CanonicalUser", "0" * 64),
)

RULE_OF_ENTRY: Final = {"*": "R53", ACCOUNT: "R54", ROOT: "R54", OTHER: "R54"}


def rule_of(kind: str, text: str) -> str:
    """Return the rule of an entry's form."""
    if kind == "Service":
        return "R59"
    if kind == "CanonicalUser":
        return "R61"
    if text in RULE_OF_ENTRY or text.endswith(":root"):
        return RULE_OF_ENTRY.get(text, "R54")
    forms = {":user/": "R55", ":role/": "R56", ":assumed-role/": "R57", ":federated-user/": "R58"}
    return next(rule for form, rule in forms.items() if form in text)


def means(entry: tuple[str, str], caller: Caller) -> bool:
    """Tell whether an entry means a caller, in whatever class."""
    return entry == ("AWS", "*") or entry in (*caller.direct, *caller.weak, *caller.by_account)


def build(vectors: Vectors) -> None:
    """Add the vectors."""
    add_denies(vectors)
    add_grants(vectors)
    add_shapes(vectors)
    add_providers(vectors)
    add_services(vectors)
    add_unique_ids(vectors)
    add_unsigned(vectors)
    add_not_principals(vectors)
    add_strengths(vectors)


def granting(caller: Caller) -> Answer:
    """Return the answer under an Allow for everyone and identity policies that allow everything."""
    has_policies = caller.principal in (USER, SESSION, FEDERATED)
    return (
        allowed()
        if has_policies
        else allowed("resource")
        if caller.principal in (SERVICE, ANONYMOUS)
        else Answer("allow")
    )


def own_policies(caller: Caller) -> Json:
    """Return policies of the caller that allow everything."""
    held: Json = {"identity": [FULL]} if caller.principal in (USER, SESSION, FEDERATED) else {"identity": []}
    return {**held, "session": FULL} if caller.principal == FEDERATED else held


def add_denies(vectors: Vectors) -> None:
    """A Deny for an entry reaches whom the entry means, in whatever class (R53 to R61)."""
    for caller, (kind, text) in product(CALLERS, ENTRIES):
        hit = means((kind, text), caller)
        why = f"a Deny for {kind} {text} {'reaches' if hit else 'does not reach'} {caller.said}"
        resource_policy = document(allow(ACTION, OBJECT, "*"), deny(ACTION, OBJECT, {kind: text}))
        answer = denied("resource", 0, 1) if hit else granting(caller)
        is_federating = hit and caller.principal == FEDERATED and text == USER
        vectors.add(
            rule_of(kind, text),
            "deny",
            why,
            answer,
            **own_policies(caller),
            resource_policy=resource_policy,
            principal=caller.principal,
            facts=caller.facts,
            uncertain=DENY_ON_USER if is_federating else None,
        )


def add_grants(vectors: Vectors) -> None:
    """An Allow for an entry grants whom it means; an account's entry only delegates (R53 to R61, R54)."""
    for caller, (kind, text) in product(CALLERS, ENTRIES):
        entry = (kind, text)
        if caller.principal == ROOT:
            continue  # allowed in its own account whatever is granted
        is_star = entry == ("AWS", "*")
        alone = is_star or entry in caller.direct
        ceiling = caller.principal == FEDERATED  # a session policy is passed below
        grants = alone or (entry in caller.weak)
        why = (
            f"an Allow for {kind} {text} {'grants' if grants else 'does not grant'} "
            f"{caller.said} without identity policies"
        )
        resource_policy = document(allow(ACTION, OBJECT, {kind: text}))
        layer = "resource" if caller.principal in (SERVICE, ANONYMOUS) else "identity"
        held: Json = {"session": FULL} if ceiling else {}
        answer = allowed("resource") if grants else missing(layer)
        vectors.add(
            rule_of(kind, text),
            "allow",
            why,
            answer,
            resource_policy=resource_policy,
            principal=caller.principal,
            facts=caller.facts,
            **held,
        )


def add_shapes(vectors: Vectors) -> None:
    """`*` and `{"AWS": "*"}` are one; several types and several entries are alternatives (R53, R15)."""
    shapes: tuple[tuple[Any, bool], ...] = (
        ("*", True),
        ({"AWS": "*"}, True),
        ({"AWS": ["*"]}, True),
        ({"AWS": [USER, "*"]}, True),
    )
    for (shape, _), caller, effect in product(shapes, CALLERS, ("Allow", "Deny")):
        if caller.principal == ROOT and effect == "Allow":
            continue
        why = f"{effect} for {shape} and {caller.said}"
        if effect == "Allow":
            held: Json = {"session": FULL} if caller.principal == FEDERATED else {}
            vectors.add(
                "R53",
                "shape",
                why,
                allowed("resource"),
                resource_policy=document(allow(ACTION, OBJECT, shape)),
                principal=caller.principal,
                facts=caller.facts,
                **held,
            )
        else:
            resource_policy = document(deny(ACTION, OBJECT, shape))
            vectors.add(
                "R53",
                "shape",
                why,
                denied("resource"),
                **own_policies(caller),
                resource_policy=resource_policy,
                principal=caller.principal,
                facts=caller.facts,
            )
    for text in (
        f"arn:aws:iam::{ACCOUNT}:user/*",
        "arn:aws:iam::*:root",
        f"arn:aws:iam::{ACCOUNT}:*",
        f"arn:aws:iam::{ACCOUNT}:user/an?",
        "1111*",
        "arn:aws:iam::*:user/ana",
    ):
        for effect in ("Allow", "Deny"):
            statement = (allow if effect == "Allow" else deny)(ACTION, OBJECT, {"AWS": text})
            answer = missing() if effect == "Allow" else allowed()
            held = {"identity": [FULL]} if effect == "Deny" else {}
            vectors.add(
                "R53",
                "partial",
                f"{effect} for {text}: a wildcard in an entry is text",
                answer,
                resource_policy=document(statement),
                refusable=PARTIAL,
                **held,
            )


def add_providers(vectors: Vectors) -> None:
    """An identity provider is meant by its own entry, and by the action that fits it (R60)."""
    web, saml = "sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML"
    fitting = {
        SAML: saml,
        OIDC: web,
        WEB: web,
        "cognito-identity.amazonaws.com": web,
        "www.amazon.com": web,
        "graph.facebook.com": web,
    }
    for caller, entry, action in product(fitting, (SAML, OIDC, WEB, "www.amazon.com", "*"), (web, saml)):
        kind = "AWS" if entry == "*" else "Federated"
        hit = (entry == caller and fitting[caller] == action) or entry == "*"
        if entry == "*" and fitting[caller] != action:
            continue
        why = f"{action} by {caller} under an Allow for {kind} {entry}"
        vectors.add(
            "R60",
            "provider",
            why,
            allowed("trust") if hit else missing("trust"),
            principal=caller,
            action=action,
            resource=ROLE,
            facts={"resource_kind": "role-trust"},
            resource_policy=document(allow(action, None, {kind: entry})),
        )
    alongside = ("sts:TagSession", "sts:SetSourceIdentity", "sts:SetContext")  # they go with both (R33, R141)
    for caller, action in product(fitting, (saml, web, *alongside, "sts:AssumeRole")):
        fits = action in (fitting[caller], *alongside)
        vectors.add(
            "R60",
            "action",
            f"{action} {'fits' if fits else 'does not fit'} {caller}, whose entry stands under sts:*",
            allowed("trust") if fits else missing("trust"),
            principal=caller,
            action=action,
            resource=ROLE,
            facts={"resource_kind": "role-trust"},
            resource_policy=document(allow("sts:*", None, {"Federated": caller})),
        )
    for caller, effect in product((SAML, OIDC, WEB), ("Allow", "Deny")):
        action = fitting[caller]
        statements = [allow(action, None, {"Federated": [SAML, OIDC, WEB]}), deny(action, None, {"Federated": OIDC})][
            : 1 + (effect == "Deny")
        ]
        hit = effect == "Deny" and caller == OIDC
        vectors.add(
            "R60",
            "list",
            f"{caller} under a list of providers{', one of them denied' if effect == 'Deny' else ''}",
            denied("trust", 0, 1) if hit else allowed("trust"),
            principal=caller,
            action=action,
            resource=ROLE,
            facts={"resource_kind": "role-trust"},
            resource_policy=document(*statements),
        )


def add_services(vectors: Vectors) -> None:
    """Names of services are compared as text, and no account stands for one (R59, R17)."""
    names = (
        "ec2.amazonaws.com",
        "EC2.amazonaws.com",
        "s3.ap-east-1.amazonaws.com",
        "s3.amazonaws.com",
        "lambda.amazonaws.com",
        "ecs-tasks.amazonaws.com",
    )
    for entry, caller in product(names, names):
        why = f"the entry {entry} and the service {caller}"
        answer = allowed("resource") if entry == caller else missing("resource")
        vectors.add(
            "R59",
            "name",
            why,
            answer,
            principal=caller,
            resource_policy=document(allow(ACTION, OBJECT, {"Service": entry})),
        )
    for entry in ("*", "*.amazonaws.com", "ec2.*"):
        why = f"no wildcards in the name of a service: {entry}"
        vectors.add(
            "R59",
            "wildcard",
            why,
            missing("resource"),
            principal="ec2.amazonaws.com",
            resource_policy=document(allow(ACTION, OBJECT, {"Service": entry})),
            uncertain=SERVICE_STAR,
            refusable=PARTIAL,
        )
    both = {"Service": ["ec2.amazonaws.com", "lambda.amazonaws.com"], "AWS": USER}
    for caller, hit in (("ec2.amazonaws.com", True), ("lambda.amazonaws.com", True), ("sqs.amazonaws.com", False)):
        vectors.add(
            "R59",
            "list",
            f"a list of services, and {caller}",
            allowed("resource") if hit else missing("resource"),
            principal=caller,
            resource_policy=document(allow(ACTION, OBJECT, both)),
        )
    vectors.add(
        "R59",
        "list",
        "a user in a map of services and users",
        allowed("resource"),
        resource_policy=document(allow(ACTION, OBJECT, both)),
    )


def add_unique_ids(vectors: Vectors) -> None:
    """The unique id of a deleted identity is nobody's ARN (R62); aws:userid pins a role by its id."""
    for entry, effect in product(("AIDAEXAMPLEPEARS00000", "AROAEXAMPLEPEARS00000"), ("Allow", "Deny")):
        for principal in (USER, SESSION):
            statement = (allow if effect == "Allow" else deny)(ACTION, OBJECT, {"AWS": entry})
            answer = missing() if effect == "Allow" else allowed()
            held: Json = {"identity": [FULL]} if effect == "Deny" else {}
            vectors.add(
                "R62",
                "id",
                f"{effect} for the unique id {entry}",
                answer,
                principal=principal,
                resource_policy=document(statement),
                uncertain=UNIQUE,
                **held,
            )
    for value, holds in (
        ("AROAEXAMPLEPEARS00000:oven", True),
        ("AROAEXAMPLEPEARS00001:oven", False),
        ("AROAEXAMPLEPEARS00000", False),
    ):
        condition: Json = {"StringLike": {"aws:userid": "AROAEXAMPLEPEARS00000:*"}}
        for effect in ("Allow", "Deny"):
            vectors.probe(
                "R62",
                "userid",
                f"aws:userid {value} against an id and any session",
                holds,
                condition,
                {"aws:userid": value},
                effect=effect,
                principal=SESSION,
            )


def add_unsigned(vectors: Vectors) -> None:
    """An unsigned caller is meant by `*` alone; its few principal keys have fixed values (R63)."""
    keys = {"aws:PrincipalAccount": ANONYMOUS, "aws:userid": ANONYMOUS, "aws:PrincipalType": "Anonymous"}
    conditions: tuple[tuple[Json, bool], ...] = (
        ({"StringEquals": {"aws:PrincipalAccount": ANONYMOUS}}, True),
        ({"StringEquals": {"aws:PrincipalAccount": ACCOUNT}}, False),
        ({"StringEquals": {"aws:userid": ANONYMOUS}}, True),
        ({"StringEquals": {"aws:PrincipalType": "Anonymous"}}, True),
        ({"StringEquals": {"aws:PrincipalType": "User"}}, False),
        ({"StringNotEquals": {"aws:PrincipalAccount": ACCOUNT}}, True),
        ({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:*"}}, False),
        ({"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:*"}}, True),
        ({"Null": {"aws:PrincipalArn": "true"}}, True),
        ({"Null": {"aws:PrincipalOrgID": "true"}}, True),
        ({"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-pears"}}, True),
        ({"StringEquals": {"aws:PrincipalOrgID": "o-pears"}}, False),
    )
    for (condition, holds), effect in product(conditions, ("Allow", "Deny")):
        why = f"{effect} for everyone under {condition}"
        statements = [allow(ACTION, OBJECT, "*", condition=condition)]
        if effect == "Deny":
            statements = [allow(ACTION, OBJECT, "*"), deny(ACTION, OBJECT, "*", condition=condition)]
        answer = (
            denied("resource", 0, 1)
            if effect == "Deny" and holds
            else allowed("resource")
            if effect == "Deny" or holds
            else missing("resource")
        )
        vectors.add(
            "R63", "keys", why, answer, principal=ANONYMOUS, context=keys, resource_policy=document(*statements)
        )
    for entry in (
        {"AWS": ACCOUNT},
        {"AWS": ROOT},
        {"Service": SERVICE},
        {"CanonicalUser": CANONICAL},
        {"AWS": ["*", ACCOUNT]},
        "*",
        {"AWS": ANONYMOUS},
    ):
        hit = entry == "*" or (isinstance(entry, dict) and "*" in entry.get("AWS", ""))
        refusable = "an entry that is no principal" if entry == {"AWS": ANONYMOUS} else None
        vectors.add(
            "R63",
            "entry",
            f"an unsigned caller under an Allow for {entry}",
            allowed("resource") if hit else missing("resource"),
            principal=ANONYMOUS,
            resource_policy=document(allow(ACTION, OBJECT, entry)),
            refusable=refusable,
        )


# --- R64 --------------------------------------------------------------------------------------------------------------

IDENTITIES: Final = {
    USER: (("AWS", ACCOUNT), ("AWS", USER)),
    SESSION: (("AWS", ACCOUNT), ("AWS", ROLE), ("AWS", SESSION)),
    FEDERATED: (("AWS", ACCOUNT), ("AWS", USER), ("AWS", FEDERATED)),
    ROOT: (("AWS", ROOT),),
    SERVICE: (("Service", SERVICE),),
    ANONYMOUS: (),
}


def entry_map(entries: tuple[tuple[str, str], ...]) -> Json:
    """Return entries as a Principal map."""
    found: dict[str, list[str]] = {}
    for kind, text in entries:
        found.setdefault(kind, []).append(text)
    return dict(found)


def add_not_principals(vectors: Vectors) -> None:
    """A Deny with NotPrincipal spares a caller only if each of its identities is listed (R64)."""
    callers = {caller.principal: caller for caller in CALLERS if "role_arn" not in caller.facts}
    stranger = (("AWS", f"arn:aws:iam::{OTHER}:root"),)
    for principal, identities in IDENTITIES.items():
        caller = callers[principal]
        for count in range(len(identities) + 1):
            for listed in combinations(identities, count):
                for extra in ((), stranger):
                    entries = (*listed, *extra)
                    if not entries:
                        continue
                    spared = len(listed) == len(identities) and principal != ANONYMOUS
                    for has_boundary in (False, True) if principal in (USER, SESSION) else (False,):
                        hit = not spared or has_boundary
                        resource_policy = document(
                            allow(ACTION, OBJECT, "*"), deny(ACTION, OBJECT, NotPrincipal=entry_map(entries))
                        )
                        why = f"{caller.said}: {len(listed)} of its {len(identities)} identities are listed"
                        why += ", beside a stranger" * bool(extra) + ", and it has a boundary" * has_boundary
                        reason = None
                        if principal == FEDERATED and ("AWS", USER) not in listed and count == 2:
                            reason = FEDERATING
                        elif principal != ROOT and count and ("AWS", ACCOUNT) not in listed and principal != SERVICE:
                            reason = ACCOUNT_ALONE
                        answer = denied("resource", 0, 1) if hit else granting(caller)
                        held = own_policies(caller)
                        if has_boundary:
                            held["boundary"] = FULL
                        vectors.add(
                            "R64",
                            "listed",
                            why,
                            answer,
                            principal=principal,
                            resource_policy=resource_policy,
                            uncertain=reason,
                            **held,
                        )
    for entry, has_own in product((ACCOUNT, ROOT), (True, False)):
        listed = (("AWS", entry), *((("AWS", FEDERATED),) if has_own else ()))
        vectors.add(
            "R64",
            "federated-by-root",
            f"the root user federated a session, and is no identity beside the account: {entry_map(listed)}",
            ALLOWED if has_own else denied("resource"),
            principal=FEDERATED,
            facts={"federating_user": ROOT},
            session=FULL,
            resource_policy=document(deny(ACTION, OBJECT, NotPrincipal=entry_map(listed))),
            uncertain=FEDERATED_BY_ROOT,
        )
    for caller in callers.values():
        for shape in ("*", {"AWS": "*"}):
            resource_policy = document(allow(ACTION, OBJECT, "*"), deny(ACTION, OBJECT, NotPrincipal=shape))
            answer = granting(caller) if caller.principal != ANONYMOUS else denied("resource", 0, 1)
            vectors.add(
                "R64",
                "star",
                f"NotPrincipal {shape} spares everyone: {caller.said}",
                answer,
                principal=caller.principal,
                resource_policy=resource_policy,
                **own_policies(caller),
                uncertain="whether a star under NotPrincipal spares unsigned callers is not told"
                if caller.principal == ANONYMOUS
                else None,
            )
        for listed in ((("AWS", USER), ("AWS", ACCOUNT)), (("Service", SERVICE),)):
            means_it = any(means(entry, caller) for entry in listed)
            if caller.principal == ROOT:
                continue
            resource_policy = document(allow(ACTION, OBJECT, NotPrincipal=entry_map(listed)))
            layer = "resource" if caller.principal in (SERVICE, ANONYMOUS) else "identity"
            held = {"session": FULL} if caller.principal == FEDERATED else {}
            vectors.add(
                "R64",
                "allow",
                f"Allow with NotPrincipal {entry_map(listed)} and {caller.said}",
                missing(layer) if means_it else allowed("resource"),
                principal=caller.principal,
                resource_policy=resource_policy,
                uncertain=NOT_PRINCIPAL_ALLOW,
                refusable="Allow with NotPrincipal, which the documents do not support",
                **held,
            )
    replacement = deny(ACTION, OBJECT, "*", condition={"ArnNotEquals": {"aws:PrincipalArn": ROLE}})
    for arn, hit in ((ROLE, False), (ROLE + "s", True), (USER, True), (None, True)):
        context = {} if arn is None else {"aws:PrincipalArn": arn}
        for has_boundary in (False, True):
            held = {"boundary": FULL} if has_boundary else {}
            why = f"the replacement by aws:PrincipalArn, which is {arn or 'absent'}{', with a boundary' * has_boundary}"
            vectors.add(
                "R64",
                "replacement",
                why,
                denied("resource") if hit else allowed(),
                identity=[FULL],
                principal=SESSION,
                context=context,
                resource_policy=document(replacement),
                **held,
            )


# --- R65 --------------------------------------------------------------------------------------------------------------


def add_strengths(vectors: Vectors) -> None:
    """Of all entries and statements that mean the caller the strongest class counts (R65)."""
    classes = {"account": ("AWS", ACCOUNT), "role": ("AWS", ROLE), "session": ("AWS", SESSION)}
    lacking = document(allow("orchard:Water"))
    for count in (1, 2, 3):
        for chosen in combinations(classes, count):
            for boundary, in_one in product((None, FULL, lacking), (True, False)):
                entries = [classes[name] for name in chosen]
                if in_one:
                    statements = [allow(ACTION, OBJECT, entry_map(tuple(entries)))]
                else:
                    statements = [allow(ACTION, OBJECT, {kind: text}) for kind, text in entries]
                # The class of a statement is the strongest of its entries.
                statement_classes = [chosen[-1]] if in_one else list(chosen)
                if "role" in statement_classes and boundary is not lacking:
                    answer = allowed("resource", 0, statement_classes.index("role"))
                elif "session" in statement_classes:
                    answer = allowed("resource", 0, statement_classes.index("session"))
                else:
                    answer = missing("boundary" if "role" in statement_classes else "identity")
                said = " and ".join(chosen)
                ceiling = "no boundary"
                if boundary is not None:
                    ceiling = f"a boundary that {'allows' if boundary is FULL else 'does not allow'}"
                why = f"entries for {said} in {'one statement' if in_one else 'a statement each'}, {ceiling}"
                uncertain = (
                    "whether a direct grant is limited by a boundary is told in two ways"
                    if "session" in chosen and boundary is lacking
                    else None
                )
                vectors.add(
                    "R65",
                    "strongest",
                    why,
                    answer,
                    principal=SESSION,
                    resource_policy=document(*statements),
                    boundary=boundary,
                    uncertain=uncertain,
                )
    # A class counts only through a statement that applies.
    for held, answer in ((True, allowed("resource", 0, 1)), (False, missing("boundary"))):
        direct_statement = allow(ACTION, OBJECT, {"AWS": SESSION}, condition={"Bool": {"aws:SecureTransport": "true"}})
        resource_policy = document(allow(ACTION, OBJECT, {"AWS": ROLE}), direct_statement)
        why = (
            f"the statement for the session {'applies' if held else 'does not apply'}, "
            "beside one for its role; a boundary that does not allow"
        )
        vectors.add(
            "R65",
            "applies",
            why,
            answer,
            principal=SESSION,
            resource_policy=resource_policy,
            boundary=lacking,
            context={"aws:SecureTransport": str(held).lower()},
        )
    add_equals(vectors)


def add_equals(vectors: Vectors) -> None:
    """Of several statements of one class the first that applies for certain is named (R65, R190, R193)."""
    callers: tuple[tuple[str, Json, Json, str], ...] = (
        (USER, {"AWS": USER}, {}, "identity"),
        (SESSION, {"AWS": ROLE}, {}, "identity"),
        (FEDERATED, {"AWS": USER}, {"session": FULL}, "identity"),
        (SERVICE, {"Service": SERVICE}, {}, "resource"),
    )
    keys = ("aws:RequestTag/first", "aws:RequestTag/second")
    for (principal, entry, held, lacking), states in product(callers, product("TFU", repeat=2)):
        statements = [allow(ACTION, OBJECT, entry, condition={"StringEquals": {key: "yes"}}) for key in keys]
        state_of = dict(zip(keys, states, strict=True))
        open_keys = [key for key, state in state_of.items() if state == "U"]
        if "T" in states:
            answer = allowed("resource", 0, states.index("T"))
        else:
            answer = unknown(*open_keys) if open_keys else missing(lacking)
        vectors.add(
            "R65",
            "equals",
            f"two statements with an entry for {entry} that are {' and '.join(states)}, {principal}",
            answer,
            principal=principal,
            resource_policy=document(*statements),
            context={
                key: "yes" if state == "T" else "no" for key, state in zip(keys, states, strict=True) if state != "U"
            },
            unknown=open_keys,
            **held,
        )
