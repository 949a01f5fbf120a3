"""The reference: how policies of all kinds decide a call together (R130 to R150)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from reference import Context, Decision, F, Judged, Others, Place, T, U, Value, all_of, any_of, fold_ascii
from reference_ec2 import permits_call
from reference_layers import Candidate, Policies, Request, Row, Rows, judge_policies, missing_layer
from reference_principals import ANONYMOUS, FEDERATED, ROLE, ROOT, Grant, read_caller

NEEDS_NO_PERMISSION: Final = ("sts:getcalleridentity", "sts:getsessiontoken")
"""R149."""

TAKE_UNSIGNED: Final = ("s3",)
"""Services that take unsigned requests (R144)."""

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


class Authorization(NamedTuple):
    """One of the decisions that a call needs; the resource is None where it is unknown."""

    action: str
    resource: str | None
    context: Mapping[str, Value]


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
        [
            Candidate(item.get("kind"), item.get("account"), item.get("policy"))
            for item in given.get("candidates") or []
        ],
    )
    context = request.get("context", {})
    authorizations = []
    for item in request.get("authorizations") or [{}]:
        merged = {**context, **item.get("context", {})}  # of two spellings of a key the last counts
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
        place = next(row.place for row in denies if row.judged.truth is T)
        return Decision("explicit_deny", place, frozenset(), place.layer)

    needs = needs_of(request, rows)
    allowed = needs.allowed()
    if allowed.truth is F:  # even if a Deny is unknown: no resolution allows (R190)
        return Decision("implicit_deny", None, frozenset(), needs.missing())
    if allowed.truth is U or deny.truth is U:
        return Decision("unknown", None, allowed.keys | deny.keys)
    allowing = needs.allowing()
    return Decision("allow", allowing, frozenset(), allowing.layer if allowing else None)


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


# --- what must allow --------------------------------------------------------------------------------------------------


class Allowed(NamedTuple):
    """Whether a layer allows."""

    layer: str
    judged: Judged


class Grants(NamedTuple):
    """What the resource policy grants the caller, by the class of the entries (R65)."""

    granting: list[Row]

    def judge(self, *classes: Grant) -> Judged:
        """Judge whether some Allow of the classes applies."""
        return any_of([row.judged for row in self.rows(*classes)])

    def rows(self, *classes: Grant) -> list[Row]:
        """Return the Allow statements of the classes."""
        return [row for row in self.granting if row.grant in classes]


@dataclass
class Needs:
    """What must hold for a request to be allowed, and which statements then allow it.

    Every gate must hold, and either `alone`, a grant of the resource policy that nothing on the caller's side limits,
    or `pool` below the ceilings.  `asked` names the layers whose Allow `alone` and `pool` lack, if they do.
    """

    gates: list[Allowed]
    alone: Judged
    pool: Judged
    ceilings: list[Allowed]
    asked: list[Allowed]
    rows_alone: list[Row]
    rows_pool: list[Row]

    def is_pooled(self) -> Judged:
        """Judge whether the pool allows below the ceilings."""
        return all_of([self.pool, *(ceiling.judged for ceiling in self.ceilings)])

    def allowed(self) -> Judged:
        """Judge whether the request is allowed if nothing denies it."""
        return all_of([*(gate.judged for gate in self.gates), any_of([self.alone, self.is_pooled()])])

    def missing(self) -> str:
        """Return the first layer that lacks an Allow (R150)."""
        return next(layer for layer, judged in [*self.gates, *self.asked, *self.ceilings] if judged.truth is F)

    def allowing(self) -> Place | None:
        """Return the statement that allows: one of the pool if it counts, else of the resource policy alone."""
        for row in self.rows_pool if self.is_pooled().truth is T else self.rows_alone:
            if row.judged.truth is T:
                return row.place
        return None


NEVER: Final = Judged(F)
ALWAYS: Final = Judged(T)
PERHAPS: Final = Judged(U, frozenset({"resource"}))


def needs_of(request: Request, rows: Rows) -> Needs:
    """Tell what must allow, by the kind of caller (R130)."""
    gates = [Allowed("scp", allow_of(level)) for level in rows.scps]  # R134: on every level
    gates += [Allowed("vpc-endpoint", allow_of(policy)) for policy in rows.vpce]  # R38: each
    grants = Grants(allows(rows.resource))
    if not request.caller.has_account:  # R60, R144, R145: only a direct grant, in every account alike
        direct = grants.judge(Grant.DIRECT)
        asked = [Allowed(missing_layer(request), direct)]
        return Needs(gates, direct, NEVER, [], asked, grants.rows(Grant.DIRECT), [])
    ceilings = ceilings_of(request, rows)
    if request.caller.kind == ROOT:
        return needs_of_root(request, gates, grants, ceilings, rows)
    if needs_both_sides(request):
        return needs_across(request, gates, grants, ceilings, rows)
    return needs_within(request, gates, grants, ceilings, rows)


def needs_of_root(request: Request, gates: list[Allowed], grants: Grants, ceilings: list[Allowed], rows: Rows) -> Needs:
    """Tell what must allow the root user, which no policy of its own grants or limits (R143, R140, R142)."""
    granted = granted_by_owner(request, grants)
    if fold_ascii(request.action) == "sts:assumerole":  # it cannot assume roles
        granted = NEVER
    elif request.is_same_account and not request.is_for_role and not request.is_key:
        return Needs(gates, NEVER, spared_of(request, rows), ceilings, [], [], [])
    asked = [Allowed(missing_layer(request), granted)]
    return Needs(gates, NEVER, granted, ceilings, asked, [], grants.granting)


def needs_across(request: Request, gates: list[Allowed], grants: Grants, ceilings: list[Allowed], rows: Rows) -> Needs:
    """Tell what must allow a caller that both sides must allow: no grant of the owner spares its own (R140)."""
    granted, identity = granted_by_owner(request, grants), identity_allow(request, rows)
    asked = [Allowed(missing_layer(request), granted), Allowed("identity", identity)]
    return Needs(gates, NEVER, all_of([granted, identity]), ceilings, asked, [], allows(rows.identity))


def needs_within(request: Request, gates: list[Allowed], grants: Grants, ceilings: list[Allowed], rows: Rows) -> Needs:
    """Tell what must allow a caller in the resource's account (R135, R136)."""
    identity = identity_allow(request, rows)
    asked = []
    if request.is_for_role or request.is_key:  # R141, R142: identity policies count by leave of the account's entry
        asked.append(Allowed(missing_layer(request), grants.judge(*Grant)))
        identity = all_of([grants.judge(Grant.ACCOUNT), identity])
    else:
        identity = all_of([any_of([spared_of(request, rows), grants.judge(Grant.ACCOUNT)]), identity])
    # An entry for the role or the federating user stands in for the identity policies, below the same ceilings.
    weak = (Grant.ROLE, Grant.USER_OF_FED)
    pool = any_of([identity, grants.judge(*weak)])
    asked.append(Allowed("identity", pool))
    rows_pool = allows(rows.identity) if identity.truth is T else grants.rows(*weak)
    rows_alone = grants.rows(Grant.DIRECT)
    return Needs(gates, grants.judge(Grant.DIRECT), pool, ceilings, asked, rows_alone, rows_pool)


def needs_both_sides(request: Request) -> bool:
    """Tell whether owner and caller must both allow: across accounts, and for a session's source identity (R141)."""
    is_source = request.caller.kind == ROLE and fold_ascii(request.action) == "sts:setsourceidentity"
    return is_source or not request.is_same_account


def spared_of(request: Request, rows: Rows) -> Judged:
    """Judge whether nobody's leave is needed at the resource's side, which may turn out to be a role or a key (R190).

    As a role it must trust the caller (R141).  As a key it must grant, by an entry of whatever class: beside identity
    policies that allow, the account's is leave enough, and the others allow by themselves (R135, R142).
    """
    if request.may_be_for_role:
        return PERHAPS
    return ALWAYS if all(allow_of(key).truth is T for key in rows.keys) else PERHAPS


def granted_by_owner(request: Request, grants: Grants) -> Judged:
    """Judge whether the resource policy grants in whatever class; few operations on keys it can grant abroad (R142)."""
    if request.is_key and not request.is_same_account and fold_ascii(request.action) not in KMS_ACROSS_ACCOUNTS:
        return NEVER
    return grants.judge(*Grant)


def identity_allow(request: Request, rows: Rows) -> Judged:
    """Judge whether identity policies allow; a session that the root user federated has all its permissions (R139)."""
    caller = request.caller
    if caller.kind == FEDERATED and (caller.federating_user or "").endswith(":root"):
        return ALWAYS
    return allow_of(rows.identity)


def ceilings_of(request: Request, rows: Rows) -> list[Allowed]:
    """Return the layers that limit what the caller's own policies allow (R137, R138, R139)."""
    caller, policies = request.caller, request.policies
    ceilings = []
    if caller.kind != ROOT and policies.boundary is not None:
        ceilings.append(Allowed("boundary", allow_of(rows.boundary)))
    if caller.kind == FEDERATED or (caller.kind in (ROLE, ROOT) and policies.session):
        ceilings.append(Allowed("session", allow_of(rows.session)))
    return ceilings


def allows(rows: Sequence[Row]) -> list[Row]:
    """Return the Allow statements."""
    return [row for row in rows if row.effect == "Allow"]


def allow_of(rows: Sequence[Row]) -> Judged:
    """Judge whether some Allow applies."""
    return any_of([row.judged for row in allows(rows)])
