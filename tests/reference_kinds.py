"""The reference: how policies of all kinds decide a call together (R130 to R150)."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from reference import (
    Context,
    Decision,
    F,
    Judged,
    Others,
    Place,
    T,
    U,
    Value,
    all_of,
    any_of,
    fold_ascii,
    judge_statement,
    statements_of,
    version_of,
)
from reference_ec2 import permits_call
from reference_principals import (
    ANONYMOUS,
    FEDERATED,
    ROLE,
    ROOT,
    Caller,
    Grant,
    grant_of,
    read_caller,
)

Document = Mapping[str, Any]

NEEDS_NO_PERMISSION: Final = ("sts:getcalleridentity", "sts:getsessiontoken")
"""R149."""

TAKE_UNSIGNED: Final = ("s3",)
"""Services that take unsigned requests (R144)."""

UNDER_RCPS: Final = (
    "s3",
    "sts",
    "kms",
    "sqs",
    "secretsmanager",
    "cognito-idp",
    "cognito-identity",
    "logs",
    "dynamodb",
    "ecr",
    "aoss",
    "events",
    "firehose",
)
"""Services for which resource control policies count (R133)."""

ROOT_KEEPS: Final = ("s3:getbucketpolicy", "s3:putbucketpolicy", "s3:deletebucketpolicy", "sqs:setqueueattributes")
"""What the owner's root user may do whatever the resource policy denies (R143).

The page on tasks of the root user names the queue policy too; the action that edits it is an inference.
"""

WITHOUT_RESOURCE_PART: Final = ("ecr",)
"""Services whose resource policies have no Resource (R32)."""

KEYLESS: Final = ("kms:createkey", "kms:listkeys", "kms:listaliases")
"""Actions on no key, which need no key policy (R142)."""

KMS_ACROSS_ACCOUNTS: Final = (
    "kms:decrypt",
    "kms:derivesharedsecret",
    "kms:encrypt",
    "kms:generatedatakey",
    "kms:generatedatakeypair",
    "kms:generatedatakeypairwithoutplaintext",
    "kms:generatedatakeywithoutplaintext",
    "kms:generatemac",
    "kms:reencryptfrom",
    "kms:reencryptto",
    "kms:sign",
    "kms:verify",
    "kms:verifymac",
    "kms:creategrant",
    "kms:describekey",
    "kms:getkeyrotationstatus",
    "kms:getpublickey",
    "kms:listgrants",
    "kms:retiregrant",
    "kms:revokegrant",
)
"""The cryptographic operations and the few others that a key's owner can permit to other accounts (R142)."""


@dataclass(frozen=True)
class Policies:
    """The policies of a decision.

    Levels run from the root of the organisation to the account; None is an account under none.  An empty list of
    session policies is none passed; a level without documents allows nothing (R134).
    """

    identity: Sequence[Document] = ()
    resource: Document | None = None
    boundary: Document | None = None
    session: Sequence[Document] = ()
    scps: Sequence[Sequence[Document]] | None = None
    rcps: Sequence[Sequence[Document]] | None = None
    vpce: Sequence[Document] = ()


class Authorization(NamedTuple):
    """One of the decisions that a call needs; the resource is None where it is unknown."""

    action: str
    resource: str | None
    context: Mapping[str, Value]


class Row(NamedTuple):
    """One statement of one policy that applies to the call, judged; `grant` is how it means the caller."""

    place: Place
    effect: str
    judged: Judged
    grant: Grant


@dataclass
class Rows:
    """The judged statements of every layer, in the order in which an applying Deny is looked for."""

    identity: list[Row] = field(default_factory=list)
    boundary: list[Row] = field(default_factory=list)
    resource: list[Row] = field(default_factory=list)
    session: list[Row] = field(default_factory=list)
    scps: list[list[Row]] = field(default_factory=list)  # one list a level
    rcps: list[list[Row]] = field(default_factory=list)
    vpce: list[list[Row]] = field(default_factory=list)  # one list a policy

    def denies(self) -> list[Row]:
        """Return every Deny."""
        layers = [self.identity, self.boundary, self.resource, self.session, *self.scps, *self.rcps, *self.vpce]
        return [row for rows in layers for row in rows if row.effect == "Deny"]


# --- a call -----------------------------------------------------------------------------------------------------------


def decide_vector(vector: Mapping[str, Any]) -> Decision:
    """Decide a decision vector, the JSON object of its line (section 0)."""
    given, request = vector["policies"], vector["request"]
    session = given.get("session") or []
    policies = Policies(
        given["identity"],
        given.get("resource"),
        given.get("boundary"),
        session if isinstance(session, list) else [session],
        given.get("scps"),
        given.get("rcps"),
        given.get("vpce") or [],
    )
    context = request.get("context", {})
    authorizations = []
    for item in request.get("authorizations") or [{}]:
        merged = {fold_ascii(name): value for name, value in context.items()}
        for name, value in item.get("context", {}).items():
            merged[fold_ascii(name)] = value
        authorizations.append(
            Authorization(item.get("action", request["action"]), item.get("resource", request["resource"]), merged)
        )
    return decide_call(
        policies,
        request["principal"],
        request["action"],
        authorizations,
        request.get("resource_account"),
        request.get("facts") or {},
        request.get("unknown", ()),
        vector.get("ec2"),
    )


def decide_call(
    policies: Policies,
    principal: str,
    action: str,
    authorizations: Sequence[Authorization],
    resource_account: str | None = None,
    facts: Mapping[str, Any] | None = None,
    unknown: Collection[str] | Others = (),
    ec2: Mapping[str, Any] | None = None,
) -> Decision:
    """Decide a call, which is allowed only if each of its authorizations is, and then by the EC2 attributes (R161).

    The first authorization in call order that gives the call its effect is named (R150).
    """
    known_facts = facts or {}
    decisions = [
        decide_request(policies, principal, item.action, item.resource, item.context, resource_account, facts, unknown)
        for item in authorizations
    ]
    for effect in ("explicit_deny", "implicit_deny"):
        for decision in decisions:
            if decision.effect == effect:
                return decision
    account = read_caller(principal, known_facts).account
    if ec2 is not None and not permits_call(action, account, ec2, known_facts):
        return Decision("implicit_deny", None, frozenset(), "ec2-attribute")
    keys: frozenset[str] = frozenset().union(*(decision.unknown_keys for decision in decisions))
    if any(decision.effect == "unknown" for decision in decisions):
        return Decision("unknown", None, keys)
    return decisions[0]


# --- a request --------------------------------------------------------------------------------------------------------


def decide_request(
    policies: Policies,
    principal: str,
    action: str,
    resource: str | None,
    context: Mapping[str, Value] | None = None,
    resource_account: str | None = None,
    facts: Mapping[str, Any] | None = None,
    unknown: Collection[str] | Others = (),
) -> Decision:
    """Decide one request under policies of all kinds (R130); the resource's account is the caller's if not given."""
    facts = facts or {}
    caller = read_caller(principal, facts)
    request = Request(policies, caller, action, resource, Context(context or {}, unknown), resource_account, facts)
    if is_refused_unread(request):
        return Decision("implicit_deny", None, frozenset(), "authentication")
    if fold_ascii(action) in NEEDS_NO_PERMISSION:  # R149: a Deny has no effect either
        return Decision("allow", None, frozenset())

    rows = judge_policies(request)
    denies = rows.denies()
    deny = any_of([row.judged for row in denies])
    if deny.truth is T:  # R131
        place = [row.place for row in denies if row.judged.truth is T][0]
        return Decision("explicit_deny", place, frozenset(), place.layer)

    needs = needs_of(request, rows)
    allowed = needs.allowed()
    if allowed.truth is F:  # even if a Deny is unknown: no resolution allows (R190)
        return Decision("implicit_deny", None, frozenset(), needs.missing())
    if allowed.truth is U or deny.truth is U:
        return Decision("unknown", None, allowed.keys | deny.keys)
    allowing = needs.allowing()
    return Decision("allow", allowing, frozenset(), allowing.layer if allowing else None)


class Request(NamedTuple):
    """What one decision is about."""

    policies: Policies
    caller: Caller
    action: str
    resource: str | None
    keys: Context
    resource_account: str | None
    facts: Mapping[str, Any]

    @property
    def service(self) -> str:
        """Return the vendor of the action."""
        return fold_ascii(self.action).partition(":")[0]

    @property
    def is_trust(self) -> bool:
        """Tell whether the resource policy is a role's trust policy (R141)."""
        return self.facts.get("resource_kind") == "role-trust"

    @property
    def is_key(self) -> bool:
        """Tell whether the call is for a KMS key, which its key policy alone opens (R142)."""
        return self.facts.get("resource_kind") == "kms-key" and fold_ascii(self.action) not in KEYLESS

    @property
    def is_same_account(self) -> bool:
        """Tell whether caller and resource are in one account; images and snapshots of others count as such (R161)."""
        if self.resource is not None and re.match(r"arn:[^:]*:ec2:[^:]*::(image|snapshot)/", self.resource):
            return True
        return self.resource_account in (None, self.caller.account)


def is_refused_unread(request: Request) -> bool:
    """Tell whether a call is refused before any policy is read."""
    caller, action, service = request.caller, fold_ascii(request.action), request.service
    if request.facts.get("credentials") in ("expired", "invalid-signature", "missing-token"):  # R162
        return True
    if caller.kind == ANONYMOUS:  # R144
        return service not in TAKE_UNSIGNED or request.is_trust or request.is_key
    # Limits of STS on temporary credentials, outside of policies (R139, R149).
    if caller.kind == ROLE and action == "sts:getsessiontoken":
        return True
    return caller.kind == FEDERATED and service in ("iam", "sts") and action != "sts:getcalleridentity"


# --- the statements of the policies that apply ------------------------------------------------------------------------


def judge_policies(request: Request) -> Rows:
    """Judge the statements of the policies that apply to the caller and the resource (R130)."""
    policies, caller = request.policies, request.caller
    rows = Rows()
    if caller.has_account and caller.kind != ROOT:
        rows.identity = judge_documents("identity", policies.identity, request)
        if policies.boundary is not None:
            rows.boundary = judge_documents("boundary", [policies.boundary], request)
    if caller.kind in (ROLE, FEDERATED, ROOT):  # for the root user: the task policy of an AssumeRoot session
        rows.session = judge_documents("session", policies.session, request)
    if is_under_scps(request):
        rows.scps = judge_levels("scp", policies.scps or [], request)
    if is_under_rcps(request):
        rows.rcps = judge_levels("rcp", policies.rcps or [], request)
        if request.resource is None:  # it may turn out to be none, and then they do not count
            rows.rcps = [[weaken(row) for row in level] for level in rows.rcps]
    rows.vpce = judge_levels("vpc-endpoint", [[document] for document in policies.vpce], request)
    if policies.resource is not None and not is_kept_by_root(request):
        rows.resource = judge_documents(resource_layer(request), [policies.resource], request)
    return rows


def resource_layer(request: Request) -> str:
    """Return the name of the resource policy's layer (R147)."""
    return "trust" if request.is_trust else "resource"


def is_under_scps(request: Request) -> bool:
    """Tell whether the caller is under its account's service control policies (R134, R146)."""
    if not request.caller.has_account or request.facts.get("principal_in_management_account"):
        return False
    return not request.facts.get("service_linked_role")


def is_under_rcps(request: Request) -> bool:
    """Tell whether the resource is under its account's resource control policies (R133, R146)."""
    facts = request.facts
    if facts.get("resource_in_management_account") or facts.get("aws_managed_key"):
        return False
    if facts.get("service_linked_role") or facts.get("service_linked_role_resource"):
        return False
    if request.resource == "*":  # an action that authorises no resource
        return False
    return request.service in UNDER_RCPS and fold_ascii(request.action) != "kms:retiregrant"


def is_kept_by_root(request: Request) -> bool:
    """Tell whether the owner's root user repairs its resource policy, which is then left out altogether (R143)."""
    return request.caller.kind == ROOT and request.is_same_account and fold_ascii(request.action) in ROOT_KEEPS


def weaken(row: Row) -> Row:
    """Return the row of a statement that counts only if the unknown resource is one."""
    if row.judged.truth is F:
        return row
    return row._replace(judged=Judged(U, row.judged.keys | {"resource"}))


def judge_levels(layer: str, levels: Sequence[Sequence[Document]], request: Request) -> list[list[Row]]:
    """Judge the documents of each level; they are numbered through."""
    rows = []
    count = 0
    for level in levels:
        rows.append(judge_documents(layer, level, request, count))
        count += len(level)
    return rows


def judge_documents(layer: str, documents: Sequence[Document], request: Request, first: int = 0) -> list[Row]:
    """Judge the statements of some documents of a layer, leaving out those that do not mean the caller."""
    rows = []
    for document_index, document in enumerate(documents, first):
        for statement_index, statement in enumerate(statements_of(document)):
            grant = grant_in(layer, statement, request)
            if grant is None:
                continue
            judged = judge_statement(
                statement,
                version_of(document),
                request.action,
                request.resource,
                request.keys,
                has_resource_part=has_resource_part(layer, statement, request),
            )
            rows.append(Row(Place(layer, document_index, statement_index), statement["Effect"], judged, grant))
    return rows


def grant_in(layer: str, statement: Mapping[str, Any], request: Request) -> Grant | None:
    """Tell how a statement means the caller; kinds without a principal part mean whomever they apply to (R40)."""
    if layer in ("identity", "boundary", "session", "scp"):
        return Grant.DIRECT
    return grant_of(
        statement,
        request.caller,
        request.action,
        has_boundary=request.caller.has_account and request.policies.boundary is not None,
        is_gateway=layer == "vpc-endpoint" and request.facts.get("vpce_type") == "gateway",
    )


def has_resource_part(layer: str, statement: Mapping[str, Any], request: Request) -> bool:
    """Tell whether a statement has a resource part to judge (R11, R32, R33)."""
    if layer == "trust":
        return False
    is_absent = "Resource" not in statement and "NotResource" not in statement
    return not (layer == "resource" and is_absent and request.service in WITHOUT_RESOURCE_PART)


# --- what must allow --------------------------------------------------------------------------------------------------


@dataclass
class Needs:
    """What must hold for a request to be allowed, and which layer is missing if it does not.

    Every gate must hold, and besides either `alone` or both `pool` and `ceilings`.  `alone` is a grant of the resource
    policy that nothing on the caller's side limits, `pool` what grants below the ceilings.  `order` holds all layers
    whose Allow may be missing in the order in which one is named (R150).
    """

    gates: list[Judged]
    alone: Judged
    pool: Judged
    ceilings: list[Judged]
    order: list[tuple[str, Judged]]
    allowing_alone: list[Row]
    allowing_pool: list[Row]

    def allowed(self) -> Judged:
        """Judge whether the request is allowed if nothing denies it."""
        return all_of([*self.gates, any_of([self.alone, all_of([self.pool, *self.ceilings])])])

    def missing(self) -> str:
        """Return the first layer that lacks an Allow."""
        return [layer for layer, judged in self.order if judged.truth is F][0]

    def allowing(self) -> Place | None:
        """Return the statement that allows: of the pool if it does, else of the resource policy alone."""
        is_pooled = all_of([self.pool, *self.ceilings]).truth is T
        certain = [row for row in (self.allowing_pool if is_pooled else self.allowing_alone) if row.judged.truth is T]
        return certain[0].place if certain else None


def needs_of(request: Request, rows: Rows) -> Needs:
    """Tell what must allow, by the kind of caller and by the account of the resource (R130, R135 to R145)."""
    caller = request.caller
    gates = [allow_of(level) for level in rows.scps] + [allow_of(policy) for policy in rows.vpce]
    order = [("scp", allow_of(level)) for level in rows.scps]
    order += [("vpc-endpoint", allow_of(policy)) for policy in rows.vpce]
    layer = resource_layer(request)
    granting = [row for row in rows.resource if row.effect == "Allow"]
    granted = {grant: any_of([row.judged for row in granting if row.grant is grant]) for grant in Grant}
    direct = granted[Grant.DIRECT]
    by_direct = [row for row in granting if row.grant is Grant.DIRECT]
    any_grant = any_of(list(granted.values()))
    is_own = request.is_same_account
    never, always = Judged(F), Judged(T)

    if not caller.has_account:  # R144, R145, R60: nothing but a direct grant counts, in every account alike
        return Needs(gates, direct, never, [], [*order, (layer, direct)], by_direct, [])

    ceilings = ceilings_of(request, rows)
    # R142: across accounts few operations on a key can be permitted at all; R140: across accounts the owner must grant.
    is_open = is_own or not request.is_key or fold_ascii(request.action) in KMS_ACROSS_ACCOUNTS
    grants_across = any_grant if is_open else never
    below = [name_and_allow for name_and_allow in ceilings]
    limits = [judged for _, judged in ceilings]

    if caller.kind == ROOT:  # R143
        if fold_ascii(request.action) == "sts:assumerole":
            return Needs([never], never, never, [], [*order, (layer, never)], [], [])
        if is_own and not request.is_trust and not request.is_key:
            return Needs(gates, never, always, limits, [*order, *below], [], [])
        return Needs(gates, never, grants_across, limits, [*order, (layer, grants_across), *below], [], granting)

    identity = allow_of(rows.identity)
    identity_rows = [row for row in rows.identity if row.effect == "Allow"]
    if is_federated_by_root(caller):  # R139: the root user has every permission and no policy
        identity = always

    if not is_own:  # R140: both sides, no short cuts
        pool = all_of([grants_across, identity])
        order += [(layer, grants_across), ("identity", identity), *below]
        return Needs(gates, never, pool, limits, order, [], identity_rows)

    # R135, R136: a grant to the role or the federating user replaces the identity policies, not the ceilings.
    weak = any_of([granted[Grant.ROLE], granted[Grant.USER_OF_FED]])
    by_weak = [row for row in granting if row.grant in (Grant.ROLE, Grant.USER_OF_FED)]
    if request.is_trust or request.is_key:  # R141, R142: identity policies count only by leave of the account's entry
        own = all_of([granted[Grant.ACCOUNT], identity])
        order.append((layer, any_grant))
    else:
        own = identity
    pool = any_of([own, weak])
    order += [("identity", pool), *below]
    return Needs(gates, direct, pool, limits, order, by_direct, identity_rows if own.truth is T else by_weak)


def allow_of(rows: Sequence[Row]) -> Judged:
    """Judge whether some Allow applies."""
    return any_of([row.judged for row in rows if row.effect == "Allow"])


def is_federated_by_root(caller: Caller) -> bool:
    """Tell whether the root user made a federated session."""
    return caller.kind == FEDERATED and (caller.federating_user or "").endswith(":root")


def ceilings_of(request: Request, rows: Rows) -> list[tuple[str, Judged]]:
    """Return the layers that limit what the caller's own policies allow (R137, R138, R139)."""
    caller, policies = request.caller, request.policies
    ceilings = []
    if policies.boundary is not None and caller.kind != ROOT:
        ceilings.append(("boundary", allow_of(rows.boundary)))
    if caller.kind == FEDERATED or (caller.kind in (ROLE, ROOT) and policies.session):
        ceilings.append(("session", allow_of(rows.session)))
    return ceilings
