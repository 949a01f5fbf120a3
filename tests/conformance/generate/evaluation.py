"""Vectors of the chapter on evaluation, first part: policies of the caller and the resource (R130 to R140)."""

from __future__ import annotations

from itertools import product
from typing import Final, NamedTuple

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

STAR_AND_CEILING = (
    "whether a grant to everyone reaches past a boundary, or past "
    "missing or lacking session policies, is told in two ways"
)
TRUST_AND_BOUNDARY = "whether a direct entry of a trust policy is limited by the caller's boundary is not told"
REASON_ORDER = "the pages tell the order of the checks, not which of several missing policies a message names"
FEDERATED_BY_ROOT = "that a session federated by the root user has all its permissions is inferred"

LACKING: Final = document(allow("orchard:Water"))
"""Allows another action only."""

EVERYONE: Final = document(allow("*", "*", "*"))
"""Allows everything to everyone, in kinds with a principal part."""

KEY: Final = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/0a1b2c3d"

ENTRIES: Final = {
    "nobody": None,
    "the account": {"AWS": ACCOUNT},
    "the user": {"AWS": USER},
    "the role": {"AWS": ROLE},
    "the session": {"AWS": SESSION},
    "the federating user": {"AWS": USER},
    "the federated user": {"AWS": FEDERATED},
    "everyone": "*",
}
DIRECT: Final = ("the user", "the session", "the federated user", "everyone")
WEAK: Final = ("the role", "the federating user")

CALLERS: Final = {
    USER: ("a user", ("nobody", "the account", "the user", "everyone")),
    SESSION: ("a role session", ("nobody", "the account", "the role", "the session", "everyone")),
    FEDERATED: ("a federated user", ("nobody", "the account", "the federating user", "the federated user", "everyone")),
}


class World(NamedTuple):
    """What the outcome depends on; a ceiling is None where there is none, else whether it allows."""

    principal: str
    entry: str
    has_identity: bool
    boundary: bool | None
    session: bool | None
    is_same: bool
    kind: str


def build(vectors: Vectors) -> None:
    """Add the vectors."""
    add_matrix(vectors)
    add_layers(vectors)
    add_deny_sets(vectors)
    add_missing_sets(vectors)
    add_unions(vectors)
    add_ceilings(vectors)
    add_federated(vectors)
    add_across(vectors)


def expected(world: World) -> Answer:
    """Decide by the table of the rules: who must allow, and who is named (R135, R136, R140 to R142, R150)."""
    layer = "trust" if world.kind == "trust" else "resource"
    is_direct, is_weak = world.entry in DIRECT, world.entry in WEAK
    session_holds = world.session is True if world.principal == FEDERATED else world.session is not False
    below_ceilings = world.boundary is not False and session_holds
    lacking_ceiling = "boundary" if world.boundary is False else "session"
    if not world.is_same:  # both sides, no short cuts
        if world.entry == "nobody":
            return missing(layer)
        if not world.has_identity:
            return missing("identity")
        return allowed() if below_ceilings else missing(lacking_ceiling)
    needs_entry = world.kind in ("trust", "key")
    by_identity = world.has_identity and (not needs_entry or world.entry == "the account")
    if by_identity and below_ceilings:
        return allowed()
    if is_direct or (is_weak and below_ceilings):
        return allowed(layer)
    if needs_entry and world.entry == "nobody":
        return missing(layer)
    return missing(lacking_ceiling if by_identity or is_weak else "identity")


def add_matrix(vectors: Vectors) -> None:
    """Entries of a resource policy by combinations of identity policies and ceilings (R135, R140 to R142)."""
    rules = {
        ("plain", True): "R135",
        ("plain", False): "R140",
        ("trust", True): "R141",
        ("trust", False): "R141",
        ("key", True): "R142",
        ("key", False): "R142",
    }
    actions = {
        "plain": (ACTION, OBJECT, {}),
        "trust": ("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/Miller", {"resource_kind": "role-trust"}),
        "key": ("kms:Decrypt", KEY, {"resource_kind": "kms-key"}),
    }
    held = {None: None, True: FULL, False: LACKING}
    said = {None: "none", True: "allows", False: "lacks"}
    for kind, is_same, (principal, (name, entries)) in product(actions, (True, False), CALLERS.items()):
        if kind != "plain" and principal == FEDERATED:
            continue  # STS refuses such sessions itself, and for keys they are like role sessions
        sessions = (None,) if principal == USER else (None, True, False)
        for entry, has_identity, boundary, session in product(entries, (True, False), (None, True, False), sessions):
            if kind != "plain" and boundary is not None and session is not None and boundary == session:
                continue  # the pair adds nothing to what the plain kind shows
            world = World(principal, entry, has_identity, boundary, session, is_same, kind)
            answer = expected(world)
            action, resource, facts = actions[kind]
            account = ACCOUNT if is_same else OTHER
            if entry == "nobody":
                resource_policy = (
                    document(allow("orchard:Water", None if kind == "trust" else "*", "*")) if kind == "key" else None
                )
            else:
                resource_policy = document(allow(action, None if kind == "trust" else "*", ENTRIES[entry]))
            uncertain = None
            if is_same and entry in DIRECT and answer.layer in ("resource", "trust"):
                if entry == "everyone" and (
                    boundary is False or session is False or (principal == FEDERATED and session is None)
                ):
                    uncertain = STAR_AND_CEILING
                elif kind == "trust" and boundary is False:
                    uncertain = TRUST_AND_BOUNDARY
            where = "the same account" if is_same else "another account"
            why = (
                f"{name}, {kind} resource of {where} with an entry for {entry}; identity "
                f"{'allows' if has_identity else 'lacks'}, boundary {said[boundary]}, session policy {said[session]}"
            )
            vectors.add(
                rules[kind, is_same],
                f"{kind}-{'same' if is_same else 'other'}",
                why,
                answer,
                identity=[FULL] if has_identity else [],
                boundary=held[boundary],
                session=held[session],
                resource_policy=resource_policy,
                principal=principal,
                action=action,
                resource=resource.replace(ACCOUNT, account),
                account=account,
                facts=facts,
                uncertain=uncertain,
            )


# --- R130, R131, R150 -------------------------------------------------------------------------------------------------

APPLY: Final = {
    USER: ("identity", "boundary", "resource", "scp", "rcp", "vpc-endpoint"),
    SESSION: ("identity", "boundary", "resource", "session", "scp", "rcp", "vpc-endpoint"),
    FEDERATED: ("identity", "boundary", "resource", "session", "scp", "rcp", "vpc-endpoint"),
    ROOT: ("resource", "session", "scp", "rcp", "vpc-endpoint"),
    SERVICE: ("resource", "rcp", "vpc-endpoint"),
    ANONYMOUS: ("resource", "rcp", "vpc-endpoint"),
}
"""Which layers apply to a caller (R130); in the order in which an applying Deny is looked for."""
LAYERS: Final = ("identity", "boundary", "resource", "session", "scp", "rcp", "vpc-endpoint")


def full_world(
    denying: tuple[str, ...], deny_action: str = ACTION, lacking: tuple[str, ...] = (), session: bool = True
) -> Json:
    """Return policies of every layer: some with a second statement that denies, some that allow another action."""
    allowing = {layer: "orchard:Water" if layer in lacking else "*" for layer in LAYERS}

    def own(layer: str) -> Json:
        statements = [allow(allowing[layer])]
        return document(*statements, deny(deny_action, "*")) if layer in denying else document(*statements)

    def for_all(layer: str) -> Json:
        statements = [allow(allowing[layer], "*", "*")] if layer != "rcp" else []
        return document(*statements, deny(deny_action, "*", "*")) if layer in denying else document(*statements)

    policies: Json = {
        "identity": [own("identity")],
        "boundary": own("boundary"),
        "resource_policy": for_all("resource"),
    }
    policies.update(scps=[[FULL], [own("scp")]], vpce=[for_all("vpc-endpoint")])
    policies["rcps"] = [[], [for_all("rcp")] if "rcp" in denying else []]
    if session:
        policies["session"] = own("session")
    return policies


def place_of(layer: str) -> tuple[int, int]:
    """Return where `full_world` puts the Deny of a layer."""
    return {"scp": (1, 1), "rcp": (0, 0)}.get(layer, (0, 1))


def add_layers(vectors: Vectors) -> None:
    """Which layers apply to which caller: a Deny in each, and a missing Allow in each (R130, R131)."""
    for principal, applying in APPLY.items():
        has_session = "session" in applying
        base = ALLOWED if principal == ROOT else allowed("resource") if principal in (SERVICE, ANONYMOUS) else allowed()
        for layer in LAYERS:
            if layer == "session" and not has_session:
                continue
            applies = layer in applying
            answer = denied(layer, *place_of(layer)) if applies else base
            why = f"a Deny in layer {layer} {'applies' if applies else 'does not apply'} to {principal}"
            vectors.add("R130", "deny", why, answer, principal=principal, **full_world((layer,), session=has_session))
            why = f"a Deny of another action in layer {layer}, {principal}"
            vectors.add(
                "R131",
                "other-action",
                why,
                base,
                principal=principal,
                **full_world((layer,), "s3:PutObject", session=has_session),
            )
            if layer == "rcp":
                continue
            lacks = layer in applying and not (layer == "resource" and "identity" in applying)
            if layer in ("identity", "boundary", "session") and principal in (USER, SESSION, FEDERATED):
                answer = allowed("resource")  # a direct grant needs nothing on the caller's side
                uncertain = STAR_AND_CEILING if layer != "identity" else None
            else:
                answer = missing(layer) if lacks and not (principal == ROOT and layer == "resource") else base
                uncertain = None
            why = f"layer {layer} lacks an Allow, {principal}"
            vectors.add(
                "R132",
                "missing",
                why,
                answer,
                principal=principal,
                uncertain=uncertain,
                **full_world((), lacking=(layer,), session=has_session),
            )
        if principal in (USER, SESSION, FEDERATED):
            for layer in (item for item in LAYERS if item in applying and item not in ("rcp", "resource")):
                lacking = ("resource", layer)
                why = f"layer {layer} lacks an Allow, and the resource policy does too, {principal}"
                vectors.add(
                    "R132",
                    "missing-both",
                    why,
                    missing(layer),
                    principal=principal,
                    **full_world((), lacking=lacking, session=has_session),
                )
    nothing: tuple[tuple[str, Json, Answer], ...] = (
        (USER, {}, missing()),
        (SESSION, {}, missing()),
        (ROOT, {}, ALLOWED),
        (SERVICE, {}, missing("resource")),
        (ANONYMOUS, {}, missing("resource")),
        (FEDERATED, {"session": FULL}, missing()),
    )
    for principal, policies, answer in nothing:
        vectors.add("R132", "nothing", f"without any policy, {principal}", answer, principal=principal, **policies)


def add_deny_sets(vectors: Vectors) -> None:
    """However many layers deny, one is enough; named is the first in the order of the search (R131)."""
    for mask in range(1, 128):
        denying = tuple(layer for index, layer in enumerate(LAYERS) if mask >> index & 1)
        if 2 < len(denying) < 7:
            continue
        why = f"a Deny in {', '.join(denying)}"
        vectors.add(
            "R131", "layers", why, denied(denying[0], *place_of(denying[0])), principal=SESSION, **full_world(denying)
        )
    for layer in LAYERS:
        others = tuple(item for item in LAYERS if item not in (layer, "rcp", "resource"))
        why = f"a Deny in {layer} counts where every other layer lacks an Allow"
        policies = full_world((layer,), lacking=others)
        vectors.add("R131", "lacking", why, denied(layer, *place_of(layer)), principal=SESSION, **policies)
    for entry, hit in (
        ({"AWS": ROLE}, True),
        ({"AWS": ACCOUNT}, True),
        ({"AWS": SESSION}, True),
        ({"AWS": USER}, False),
        ({"AWS": OTHER}, False),
        ("*", True),
    ):
        resource_policy = document(allow(ACTION, "*", {"AWS": SESSION}), deny(ACTION, "*", entry))
        vectors.add(
            "R131",
            "entry",
            f"a Deny for {entry} and a session of the role",
            denied("resource", 0, 1) if hit else allowed(),
            identity=[FULL],
            principal=SESSION,
            resource_policy=resource_policy,
        )


def add_missing_sets(vectors: Vectors) -> None:
    """Of several layers that lack an Allow the first in the order of the checks is named (R150)."""
    order = ("scp", "vpc-endpoint", "resource", "identity", "boundary", "session")
    for mask in range(1, 64):
        lacking = tuple(layer for index, layer in enumerate(order) if mask >> index & 1)
        if 3 < len(lacking) < 6:
            continue
        uncertain = REASON_ORDER if len(lacking) > 1 else None
        why = f"across accounts, without an Allow in {', '.join(lacking)}"
        vectors.add(
            "R150",
            "across",
            why,
            missing(lacking[0]),
            principal=SESSION,
            account=OTHER,
            uncertain=uncertain,
            **full_world((), lacking=lacking),
        )
        if "resource" in lacking and lacking != ("resource",):
            why = f"in one account, without an Allow in {', '.join(lacking)}"
            first = next(layer for layer in lacking if layer != "resource")
            vectors.add(
                "R147",
                "within",
                why,
                missing(first),
                principal=SESSION,
                uncertain=REASON_ORDER if len(lacking) > 2 else None,
                **full_world((), lacking=lacking),
            )
    for layer in LAYERS:
        vectors.add(
            "R147",
            "denied",
            f"the layer of the Deny is named: {layer}",
            denied(layer, *place_of(layer)),
            principal=SESSION,
            account=OTHER,
            **full_world((layer,)),
        )
    for identity, entry, answer in (
        ([FULL], None, allowed()),
        ([], {"AWS": SESSION}, allowed("resource")),
        ([FULL], {"AWS": SESSION}, allowed()),
        ([LACKING], {"AWS": ROLE}, allowed("resource")),
    ):
        resource_policy = None if entry is None else document(allow(ACTION, "*", entry))
        why = (
            "the layer of the Allow is named: identity policies that "
            f"{'allow' if FULL in identity else 'do not'}, an entry for {entry}"
        )
        vectors.add(
            "R147", "allowed", why, answer, principal=SESSION, identity=identity, resource_policy=resource_policy
        )
    for first, second in product(("allow", "missing", "deny"), repeat=2):
        names = {"allow": "s3:GetObject", "missing": "s3:PutObject", "deny": "s3:DeleteObject"}
        identity = [document(allow("s3:GetObject"), deny("s3:DeleteObject"))]
        kinds = (first, second)
        answer = denied("identity", 0, 1) if "deny" in kinds else missing() if "missing" in kinds else allowed()
        authorizations = [{"action": names[kind], "resource": OBJECT, "context": {}} for kind in kinds]
        vectors.add(
            "R150",
            "call",
            f"a call of two authorizations: {first}, {second}",
            answer,
            identity=identity,
            authorizations=authorizations,
        )
    for flags in product((True, False), repeat=3):
        objects = [f"arn:aws:s3:::pears/{'in' if flag else 'out'}/{place}" for place, flag in enumerate(flags)]
        authorizations = [{"resource": text, "context": {}} for text in objects]
        why = f"{sum(flags)} of 3 authorizations are allowed"
        vectors.add(
            "R150",
            "call",
            why,
            allowed() if all(flags) else missing(),
            identity=[document(allow(ACTION, "arn:aws:s3:::pears/in/*"))],
            authorizations=authorizations,
        )
        why = f"{3 - sum(flags)} of 3 authorizations are denied"
        vectors.add(
            "R150",
            "call",
            why,
            allowed() if all(flags) else denied("identity", 0, 1),
            identity=[document(allow("*"), deny(ACTION, "arn:aws:s3:::pears/out/*"))],
            authorizations=authorizations,
        )


# --- R136 to R140 -----------------------------------------------------------------------------------------------------


def add_unions(vectors: Vectors) -> None:
    """Identity policies, and within an account the resource policy, are one pool of allows (R136)."""
    grants = [
        document(allow("s3:GetObject")),
        document(allow("s3:PutObject")),
        document(allow("s3:Delete*"), allow("s3:Get*")),
    ]
    asked = {"s3:GetObject": (0, 2), "s3:PutObject": (1,), "s3:DeleteObject": (2,), "s3:ListBucket": ()}
    for mask, (action, holders) in product(range(8), asked.items()):
        chosen = [index for index in range(3) if mask >> index & 1]
        found = [place for place, index in enumerate(chosen) if index in holders]
        answer = missing()
        if found:
            index = chosen[found[0]]
            answer = allowed("identity", found[0], 1 if (index, action) == (2, "s3:GetObject") else 0)
        for is_shared in (False, True):
            resource_policy = (
                document(allow("s3:ListBucket", "*", {"AWS": USER}), allow("s3:GetObject", "*", {"AWS": USER}))
                if is_shared
                else None
            )
            here = answer
            if is_shared and not found and action in ("s3:ListBucket", "s3:GetObject"):
                here = allowed("resource", 0, ("s3:ListBucket", "s3:GetObject").index(action))
            why = (
                f"documents {[index + 1 for index in chosen]} of three{' and a resource policy' * is_shared}, {action}"
            )
            vectors.add(
                "R136",
                "pool",
                why,
                here,
                identity=[grants[index] for index in chosen],
                resource_policy=resource_policy,
                action=action,
            )


def add_ceilings(vectors: Vectors) -> None:
    """A boundary and session policies limit and never grant; several session policies are one union (R137, R138)."""
    pieces = {
        "get": document(allow("s3:Get*")),
        "put": document(allow("s3:Put*")),
        "all": FULL,
        "deny": document(allow("*"), deny("s3:Get*")),
        "other": LACKING,
    }
    covers = {
        "get": {"s3:GetObject"},
        "put": {"s3:PutObject"},
        "all": {"s3:GetObject", "s3:PutObject"},
        "deny": {"s3:PutObject"},
        "other": set(),
    }
    for (name, held), action, principal in product(pieces.items(), ("s3:GetObject", "s3:PutObject"), (USER, SESSION)):
        for identity, has in (([FULL], True), ([], False), ([pieces["get"]], action == "s3:GetObject")):
            answer = (
                denied("boundary", 0, 1)
                if name == "deny" and action == "s3:GetObject"
                else missing()
                if not has
                else allowed()
                if action in covers[name]
                else missing("boundary")
            )
            why = (
                f"the boundary {name}, {action}, identity policies {'allow' if has else 'do not'}, "
                f"{'a user' if principal == USER else 'a role session'}"
            )
            vectors.add(
                "R137", "boundary", why, answer, identity=identity, boundary=held, principal=principal, action=action
            )
    lists: tuple[list[str], ...] = (
        [],
        ["get"],
        ["put"],
        ["get", "put"],
        ["put", "get"],
        ["other", "get"],
        ["all"],
        ["other"],
        ["get", "deny"],
        ["deny"],
        ["other", "other", "put"],
    )
    for names, action, has in product(lists, ("s3:GetObject", "s3:PutObject", "s3:ListBucket"), (True, False)):
        documents = [pieces[name] for name in names]
        union = set().union(*(covers[name] for name in names)) | (
            {"s3:ListBucket"} if {"all", "deny"} & set(names) else set()
        )
        answer = missing() if not has else allowed() if not names or action in union else missing("session")
        if "deny" in names and action == "s3:GetObject":
            answer = denied("session", names.index("deny"), 1)
        why = f"session policies {names or 'none'}, {action}, identity policies {'allow' if has else 'do not'}"
        vectors.add(
            "R138",
            "union",
            why,
            answer,
            identity=[FULL] if has else [],
            session=documents,
            principal=SESSION,
            action=action,
        )
    for boundary, session in product(("get", "put", "all"), repeat=2):
        for action in ("s3:GetObject", "s3:PutObject"):
            answer = (
                missing("boundary")
                if action not in covers[boundary]
                else missing("session")
                if action not in covers[session]
                else allowed()
            )
            vectors.add(
                "R138",
                "both",
                f"the boundary {boundary} and the session policy {session}, {action}",
                answer,
                identity=[FULL],
                boundary=pieces[boundary],
                session=pieces[session],
                principal=SESSION,
                action=action,
            )


def add_federated(vectors: Vectors) -> None:
    """A federated session has what its user has, below its session policies, and nothing without them (R139)."""
    parts = {"full": FULL, "get": document(allow("s3:Get*")), "none": LACKING}
    for identity, session, boundary in product(parts, (None, *parts), (None, *parts)):
        for action in ("s3:GetObject", "s3:PutObject"):
            has = {"full": True, "get": action == "s3:GetObject", "none": False}
            answer = allowed()
            if not has[identity]:
                answer = missing()
            elif boundary is not None and not has[boundary]:
                answer = missing("boundary")
            elif session is None or not has[session]:
                answer = missing("session")
            why = (
                f"the federating user's policies: {identity}, session policy: "
                f"{session or 'not passed'}, boundary: {boundary or 'none'}; {action}"
            )
            vectors.add(
                "R139",
                "federated",
                why,
                answer,
                identity=[parts[identity]],
                session=parts[session] if session else None,
                boundary=parts[boundary] if boundary else None,
                principal=FEDERATED,
                action=action,
            )
    for action, passes in (
        ("iam:GetUser", False),
        ("sts:AssumeRole", False),
        ("sts:GetFederationToken", False),
        ("sts:GetCallerIdentity", True),
        ("s3:GetObject", True),
    ):
        answer = ALLOWED if action == "sts:GetCallerIdentity" else allowed() if passes else missing("authentication")
        uncertain = (
            None if passes else "that such sessions cannot call IAM and most of STS is a limit outside of policies"
        )
        vectors.add(
            "R139",
            "limits",
            f"a federated session calls {action}",
            answer,
            identity=[FULL],
            session=FULL,
            principal=FEDERATED,
            action=action,
            resource="*",
            uncertain=uncertain,
        )
    for by_root, answer in ((FULL, ALLOWED), (LACKING, missing("session")), (None, missing("session"))):
        vectors.add(
            "R139",
            "by-root",
            "a session that the root user federated",
            answer,
            session=by_root,
            principal=FEDERATED,
            facts={"federating_user": ROOT},
            uncertain=FEDERATED_BY_ROOT,
        )
    vectors.add(
        "R139",
        "by-root",
        "the root user has no identity policies to hand on",
        ALLOWED,
        identity=[document(deny("*"))],
        session=FULL,
        principal=FEDERATED,
        facts={"federating_user": ROOT},
        uncertain=FEDERATED_BY_ROOT,
    )


def add_across(vectors: Vectors) -> None:
    """Across accounts the owner and the caller's side must both allow; each organisation judges its own (R140)."""
    entries = {
        "nobody": None,
        "the caller's account": {"AWS": ACCOUNT},
        "the user": {"AWS": USER},
        "everyone": "*",
        "the owner's account": {"AWS": OTHER},
        "another user": {"AWS": USER + "2"},
        "a service": {"Service": SERVICE},
    }
    for (said, entry), identity, scp in product(entries.items(), (True, False), (None, True, False)):
        granted = said in ("the caller's account", "the user", "everyone")
        answer = (
            missing("scp")
            if scp is False
            else missing("resource")
            if not granted
            else missing()
            if not identity
            else allowed()
        )
        scps = {None: None, True: [[FULL]], False: [[FULL], [LACKING]]}[scp]
        resource_policy = None if entry is None else document(allow(ACTION, "*", entry))
        why = (
            f"the owner grants to {said}, identity policies {'allow' if identity else 'do not'}, "
            f"service control policies {'none' if scp is None else 'allow' if scp else 'do not'}"
        )
        vectors.add(
            "R140",
            "sides",
            why,
            answer,
            identity=[FULL] if identity else [],
            scps=scps,
            resource_policy=resource_policy,
            account=OTHER,
        )
    for entry, granted in (
        ({"AWS": ACCOUNT}, True),
        ({"AWS": ROOT}, True),
        ("*", True),
        ({"AWS": USER}, False),
        (None, False),
    ):
        resource_policy = None if entry is None else document(allow(ACTION, "*", entry))
        why = f"the root user of another account, an entry for {entry or 'nobody'}"
        vectors.add(
            "R140",
            "root",
            why,
            allowed("resource") if granted else missing("resource"),
            principal=ROOT,
            account=OTHER,
            resource_policy=resource_policy,
        )
    for action, resource in (
        ("lambda:InvokeFunction", f"arn:aws:lambda:eu-west-1:{OTHER}:function:press"),
        ("rds:StartDBInstance", f"arn:aws:rds:eu-west-1:{OTHER}:db:pears"),
    ):
        vectors.add(
            "R140",
            "no-policy",
            f"{action} on another account's resource that has no policy",
            missing("resource"),
            identity=[FULL],
            action=action,
            resource=resource,
            account=OTHER,
        )
        vectors.add(
            "R140",
            "no-policy",
            f"{action} on a resource of the caller's account that has no policy",
            allowed(),
            identity=[FULL],
            action=action,
            resource=resource.replace(OTHER, ACCOUNT),
        )
