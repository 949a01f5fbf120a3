"""The reference lets policies of all kinds decide together as the rules say, where no decision vector tells."""

from __future__ import annotations

from typing import Any

import pytest
from reference import OTHERS, Decision, Place
from reference_kinds import Authorization, decide_call, decide_request
from reference_layers import Candidate, Policies

A, B = "210987654321", "345678901234"
USER = f"arn:aws:iam::{A}:user/mara"
SESSION = f"arn:aws:sts::{A}:assumed-role/Harvester/run-42"
ROLE = f"arn:aws:iam::{A}:role/Harvester"
FEDERATED = f"arn:aws:sts::{A}:federated-user/crew"
ROOT = f"arn:aws:iam::{A}:root"
SAML = f"arn:aws:iam::{A}:saml-provider/Orchard"
CLOUDFRONT = "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1"
FACTS = {"federating_user": USER}

GET = "s3:GetObject"
OBJECT = "arn:aws:s3:::orchard/pears"
TRUST = {"resource_kind": "role-trust"}
KEY = {"resource_kind": "kms-key"}
KEY_ARN = f"arn:aws:kms:eu-west-1:{A}:key/1"


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    """Return a policy document."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def statement(effect: str, **members: Any) -> dict[str, Any]:
    """Return a statement over everything, with changed members."""
    return {"Effect": effect, "Action": "*", "Resource": "*", **members}


ALLOW, DENY, NOTHING = document(statement("Allow")), document(statement("Deny")), document()
ALLOW_ALL = document(statement("Allow", Principal="*"))
DENY_ALL = document(statement("Deny", Principal="*"))
MAYBE = {"Bool": {"x:maybe": "true"}}


def allow_to(*principals: str) -> dict[str, Any]:
    """Return a resource policy that grants everything to some principals."""
    return document(statement("Allow", Principal={"AWS": list(principals)}))


def deny_but(kind: str, *principals: str) -> dict[str, Any]:
    """Return a statement that denies everything to all but some principals."""
    return statement("Deny", NotPrincipal={kind: list(principals)})


@pytest.mark.parametrize("action", ["sts:TagSession", "sts:SetSourceIdentity", "STS:SetContext"])
def test_what_is_said_beside_assuming_a_role(action: str) -> None:
    """An unknown resource may be a role, which must trust the caller, or none: the resource settles it (R141, R190)."""
    options: dict[str, Any] = {"resource": None, "resource_account": A}
    unsure = Decision("unknown", None, frozenset({"resource"}))
    assert decide_request(Policies(identity=[ALLOW]), USER, action, **options) == unsure
    assert decide_request(Policies(), ROOT, action, **options) == unsure
    assert outcome(Policies(), action=action, resource=None) == ("implicit_deny", "identity")
    for resource in (ROLE, "*", "Harvester", "arn:aws:iam:role/Harvester", "urn:aws:sns:eu-west-1:1:pears"):
        assert outcome(Policies(identity=[ALLOW]), action=action, resource=resource) == ("implicit_deny", "trust")
    log_group = f"arn:aws:logs:eu-west-1:{A}:log-group:pears"
    topic = f"arn:aws:sns:eu-west-1:{A}:role/Harvester"
    for resource in (FEDERATED, USER, topic, log_group, ROLE.replace("role/", "roles/")):
        assert outcome(Policies(identity=[ALLOW]), action=action, resource=resource) == ("allow", "identity")
    assert outcome(Policies(), ROOT, action, resource=FEDERATED) == ("allow", None)
    by_account = allow_to(A)
    weak = Policies(identity=[ALLOW], resource=by_account)
    assert outcome(weak, action=action, resource=ROLE) == ("allow", "identity")
    # Leave that the account has lets identity policies count, whatever the resource turns out to be.
    assert outcome(weak, action=action, resource=None) == ("allow", "identity")


def test_an_unknown_resource_may_be_a_key() -> None:
    """Identity policies decide only if each key of the account lets the caller in (R142, R190)."""
    by_account, by_user, by_other = allow_to(A), allow_to(USER), allow_to(f"arn:aws:iam::{A}:user/nell")
    narrow = document(statement("Allow", Principal={"AWS": A}, Resource=KEY_ARN))
    without = document({"Effect": "Allow", "Principal": {"AWS": A}, "Action": "*"})
    unsure = ("unknown", None)
    cases: list[tuple[list[Candidate], tuple[str, str | None]]] = [
        ([], ("allow", "identity")),
        ([Candidate("kms-key", A, by_account)], ("allow", "identity")),
        ([Candidate("kms-key", None, by_account)], ("allow", "identity")),
        ([Candidate("kms-key", A, by_user)], ("allow", "identity")),
        ([Candidate("kms-key", A, by_other)], unsure),
        ([Candidate("kms-key", None, by_other)], unsure),
        ([Candidate("kms-key", A, None)], unsure),
        ([Candidate("kms-key", A, narrow)], unsure),
        ([Candidate("kms-key", A, without)], unsure),
        ([Candidate("kms-key", B, by_other), Candidate("kms-key", B, None)], ("allow", "identity")),
        ([Candidate("kms-key", A, by_account), Candidate("kms-key", A, by_other)], unsure),
        ([Candidate("kms-key", A, by_other), Candidate("kms-key", A, by_account)], unsure),
        ([Candidate(None, A, by_other), Candidate("role-trust", A, by_other)], ("allow", "identity")),
    ]
    for candidates, expected in cases:
        policies = Policies(identity=[ALLOW], candidates=candidates)
        for account in (A, None):
            options: dict[str, Any] = {"resource": None, "resource_account": account}
            assert outcome(policies, action="kms:Decrypt", **options) == expected
            assert outcome(policies, action="kms:CreateKey", **options) == ("allow", "identity")
            assert outcome(policies, action=GET, **options) == ("allow", "identity")
            # What is told of the resource leaves nothing open.
            assert outcome(policies, action="kms:Decrypt", **{**options, "resource": KEY_ARN}) == ("allow", "identity")
            told = Policies(identity=[ALLOW], resource=by_account, candidates=candidates)
            assert outcome(told, action="kms:Decrypt", facts=KEY, **options) == ("allow", "identity")
        root = ("allow", None) if expected[0] == "allow" and by_user not in [c.policy for c in candidates] else unsure
        assert outcome(policies, ROOT, "kms:Decrypt", resource=None) == root


def test_an_unknown_resource_may_have_any_policy_of_its_candidates() -> None:
    """What one grants or denies is perhaps so; not for the owner's root user where it repairs it (R143, R190)."""
    denying, granting = Candidate(None, A, DENY_ALL), Candidate(None, A, allow_to(USER))
    unsure = Decision("unknown", None, frozenset({"resource"}))
    for policies in (Policies(identity=[ALLOW], candidates=[denying]), Policies(candidates=[granting])):
        assert decide_request(policies, USER, GET, None, resource_account=A) == unsure
    assert decide_request(Policies(candidates=[denying]), ROOT, GET, None, resource_account=A) == unsure
    assert outcome(Policies(candidates=[denying]), ROOT, "s3:GetBucketPolicy", resource=None) == ("allow", None)
    assert outcome(Policies(candidates=[denying]), action=GET, resource=None) == ("implicit_deny", "identity")
    # A repository's policy and a trust policy have no Resource; a bucket's that has none has no effect (R32, R33).
    without = document({"Effect": "Allow", "Principal": {"AWS": USER}, "Action": "*"})
    for kind, action, expected in (
        (None, "ecr:PutImage", "unknown"),
        (None, GET, "implicit_deny"),
        ("role-trust", "sts:AssumeRole", "unknown"),
    ):
        policies = Policies(candidates=[Candidate(kind, A, without)])
        assert outcome(policies, action=action, resource=None)[0] == expected
    # Of a resource that is known, or whose policy or kind is told, nothing is open.
    policies = Policies(identity=[ALLOW], candidates=[denying])
    assert outcome(policies) == ("allow", "identity")
    assert outcome(policies, resource=None, facts={"resource_kind": None}) == ("allow", "identity")
    policies = Policies(identity=[ALLOW], resource=NOTHING, candidates=[denying])
    assert outcome(policies, resource=None) == ("allow", "identity")


@pytest.mark.parametrize("action", ["sts:AssumeRole", "sts:AssumeRoleWithSAML", "STS:AssumeRoleWithWebIdentity"])
def test_nobody_assumes_a_role_that_is_not_told(action: str) -> None:
    """Without a trust policy none is assumed, whatever the resource is (R141)."""
    for caller in (USER, SESSION, ROOT):
        for resource in (ROLE, "*", FEDERATED, None):
            told = outcome(Policies(identity=[ALLOW]), caller, action, resource=resource)
            assert told == ("implicit_deny", "trust")


def outcome(policies: Policies, caller: str = USER, action: str = GET, **options: Any) -> tuple[str, str | None]:
    """Decide a request on an object of account A; return the effect and the layer."""
    options = {"resource": OBJECT, "resource_account": A, **options}
    decision = decide_request(policies, caller, action, **options)
    return decision.effect, decision.layer


def test_first_missing_layer_is_named() -> None:
    """An implicit deny names the first layer that lacks an Allow in the order of the checks (R150)."""
    nothing = Policies([], NOTHING, NOTHING, [NOTHING], [[ALLOW], [NOTHING]], [[]], [NOTHING])
    steps: list[tuple[str, dict[str, Any]]] = [
        ("scp", {"scps": [[ALLOW], [ALLOW]]}),
        ("vpc-endpoint", {"vpce": [ALLOW_ALL]}),
        ("identity", {"identity": [ALLOW]}),
        ("boundary", {"boundary": ALLOW}),
        ("session", {"session": [ALLOW]}),
    ]
    members = dict(vars(nothing))
    for layer, member in steps:
        assert outcome(Policies(**members), SESSION) == ("implicit_deny", layer)
        members.update(member)
    assert outcome(Policies(**members), SESSION) == ("allow", "identity")
    across = Policies([], NOTHING, NOTHING)
    assert outcome(across, resource_account=B) == ("implicit_deny", "resource")
    assert outcome(across, action="sts:AssumeRole", facts=TRUST) == ("implicit_deny", "trust")
    assert outcome(across, action="kms:Decrypt", facts=KEY) == ("implicit_deny", "resource")


def test_applying_deny_is_looked_for_in_one_order() -> None:
    """The determining Deny is the lowest one of the first layer that denies, identity first, endpoint policies last."""
    members: dict[str, Any] = {
        "identity": [ALLOW, document(statement("Allow"), statement("Deny"))],
        "boundary": DENY,
        "resource": DENY_ALL,
        "session": [ALLOW, DENY],
        "scps": [[ALLOW], [ALLOW, DENY]],
        "rcps": [[], [DENY_ALL]],
        "vpce": [ALLOW_ALL, DENY_ALL],
    }
    quiet = {**dict.fromkeys(members, ()), "boundary": None, "resource": None, "scps": None, "rcps": None}
    expected = [
        Place("identity", 1, 1),
        Place("boundary", 0, 0),
        Place("resource", 0, 0),
        Place("session", 1, 0),
        Place("scp", 2, 0),
        Place("rcp", 0, 0),
        Place("vpc-endpoint", 1, 0),
    ]
    for member, place in zip(list(members), expected, strict=True):
        decision = decide_request(Policies(**members), SESSION, GET, OBJECT)
        assert decision == Decision("explicit_deny", place, frozenset(), place.layer)
        members[member] = quiet[member]


def test_allowing_statement() -> None:
    """The identity Allow that counts is named, else the grant of the resource policy that allows without it."""

    def place(caller: str, policies: Policies, **options: Any) -> Place | None:
        decision = decide_request(policies, caller, GET, OBJECT, **options)
        assert decision.effect == "allow"
        return decision.determining

    granting = document(
        statement("Allow", Principal={"AWS": A}),
        statement("Allow", Principal={"AWS": ROLE}),
        statement("Allow", Principal="*"),
    )
    assert place(USER, Policies([NOTHING, ALLOW], granting)) == Place("identity", 1, 0)
    assert place(USER, Policies([], granting)) == Place("resource", 0, 2)
    assert place(USER, Policies([ALLOW], granting, NOTHING)) == Place("resource", 0, 2)
    assert place(SESSION, Policies([], granting)) == Place("resource", 0, 1)
    assert place(SESSION, Policies([], granting, session=[NOTHING])) == Place("resource", 0, 2)
    assert place("ec2.amazonaws.com", Policies([ALLOW], granting)) == Place("resource", 0, 2)
    assert place(ROOT, Policies([ALLOW], granting)) is None
    assert place(ROOT, Policies([], granting), resource_account=B) == Place("resource", 0, 0)
    assert place(USER, Policies([ALLOW], granting), resource_account=B) == Place("identity", 0, 0)
    # Where the resource policy must grant, identity policies count only by leave of the account's entry.
    assert place(SESSION, Policies([ALLOW], allow_to(ROLE)), facts=KEY) == Place("resource", 0, 0)
    assert place(SESSION, Policies([ALLOW], allow_to(ROLE, A)), facts=KEY) == Place("resource", 0, 0)
    assert place(USER, Policies([ALLOW], allow_to(A)), facts=KEY) == Place("identity", 0, 0)


def test_policies_of_no_account_do_not_reach_callers_outside() -> None:
    """Services, providers and unsigned callers are under none of the policies of a caller's account (R130)."""
    policies = Policies([DENY], ALLOW_ALL, DENY, [DENY], [[DENY]])
    for caller in ("ec2.amazonaws.com", "anonymous", SAML, CLOUDFRONT):
        assert outcome(policies, caller) == ("allow", "resource")
        assert outcome(policies, caller, resource_account=B) == ("allow", "resource")
    but_one = document(statement("Allow", Principal="*"), deny_but("Service", "ec2.amazonaws.com"))
    spares = Policies([], but_one, DENY)
    assert outcome(spares, "ec2.amazonaws.com") == ("allow", "resource")  # R64: it has no boundary
    assert outcome(Policies([DENY], None, DENY), ROOT) == ("allow", None)
    assert outcome(Policies([ALLOW], None, None, [DENY])) == ("allow", "identity")


def test_boundary_of_another_kind_does_not_count_against_root() -> None:
    """A boundary makes a Deny with NotPrincipal hit whoever has one; the root user has none (R64, R143)."""
    but_account = document(statement("Deny", NotPrincipal={"AWS": [A, USER]}))
    assert outcome(Policies([ALLOW], but_account, ALLOW)) == ("explicit_deny", "resource")
    assert outcome(Policies([], but_account, ALLOW), ROOT) == ("allow", None)


def test_root_user() -> None:
    """The root user needs no policy in its account, but a grant abroad and that of a key's policy (R140 to R143)."""
    assert outcome(Policies(), ROOT, resource_account=B) == ("implicit_deny", "resource")
    for principal in (A, ROOT, "*"):
        assert outcome(Policies([], allow_to(principal)), ROOT, resource_account=B) == ("allow", "resource")
    assert outcome(Policies([], allow_to(USER)), ROOT, "kms:Decrypt", facts=KEY) == ("implicit_deny", "resource")
    assert outcome(Policies([], allow_to(A)), ROOT, "kms:Decrypt", facts=KEY) == ("allow", "resource")
    trust = allow_to(A, "*")
    assert outcome(Policies([], trust), ROOT, "sts:AssumeRole", facts=TRUST) == ("implicit_deny", "trust")
    assert outcome(Policies([], allow_to(USER)), ROOT, "sts:TagSession", facts=TRUST) == ("implicit_deny", "trust")
    task = Policies([], None, None, [document(statement("Allow", Action="s3:PutBucketPolicy"))])
    assert outcome(task, ROOT) == ("implicit_deny", "session")
    assert outcome(task, ROOT, "s3:PutBucketPolicy") == ("allow", None)


def test_root_keeps_only_what_it_owns() -> None:
    """A resource policy is left out for the root user of its own account alone (R143)."""
    denying = Policies([], document(statement("Allow", Principal="*"), statement("Deny", Principal="*")))
    assert outcome(denying, ROOT, "s3:putbucketpolicy") == ("allow", None)
    assert outcome(denying, ROOT, "s3:PutBucketPolicy", resource_account=B) == ("explicit_deny", "resource")
    assert outcome(denying, ROOT, "s3:PutBucketAcl") == ("explicit_deny", "resource")


def test_source_identity_of_a_session_needs_both_sides() -> None:
    """A role session that sets a source identity needs its own Allow besides the trust policy's (R141)."""
    for principal in (ROLE, SESSION, "*"):
        trust = allow_to(principal)
        assert outcome(Policies([], trust), SESSION, "sts:AssumeRole", facts=TRUST) == ("allow", "trust")
        denied = outcome(Policies([], trust), SESSION, "sts:SetSourceIdentity", facts=TRUST)
        assert denied == ("implicit_deny", "identity")
        allowed = outcome(Policies([ALLOW], trust), SESSION, "sts:SetSourceIdentity", facts=TRUST)
        assert allowed == ("allow", "identity")
    assert outcome(Policies([], allow_to(USER)), USER, "sts:SetSourceIdentity", facts=TRUST) == ("allow", "trust")


def test_keys_across_accounts() -> None:
    """Only some operations on a key can be permitted to other accounts; actions on no key need no key policy (R142)."""
    policies, root_abroad = Policies([ALLOW], ALLOW_ALL), f"arn:aws:iam::{B}:root"
    for caller in (f"arn:aws:iam::{B}:user/bela", root_abroad):
        for action, effect in (("kms:Sign", "allow"), ("kms:PutKeyPolicy", "implicit_deny")):
            assert outcome(policies, caller, action, resource=KEY_ARN, facts=KEY)[0] == effect
    assert outcome(policies, USER, "kms:PutKeyPolicy", resource=KEY_ARN, facts=KEY)[0] == "allow"
    assert outcome(Policies([ALLOW]), USER, "kms:CreateKey", resource="*", facts=KEY) == ("allow", "identity")


def test_refused_before_policies() -> None:
    """Bad credentials, unsigned calls where none are taken, and limits of STS are refused whatever policies say."""
    refused, open_ = ("implicit_deny", "authentication"), Policies([ALLOW], ALLOW_ALL, None, [ALLOW])
    denied = Policies([DENY], DENY_ALL)
    for policies in (open_, denied):
        for fault in ("expired", "invalid-signature", "missing-token"):  # R162
            assert outcome(policies, facts={"credentials": fault}) == refused
            assert outcome(policies, action="sts:GetCallerIdentity", facts={"credentials": fault}) == refused
        for action in ("sqs:SendMessage", "sts:AssumeRole", "kms:Decrypt", "sts:GetCallerIdentity"):  # R144
            assert outcome(policies, "anonymous", action) == refused
        for facts in (TRUST, KEY):
            assert outcome(policies, "anonymous", facts=facts) == refused
        assert outcome(policies, SESSION, "sts:GetSessionToken") == refused  # R149
        for action in ("iam:ListUsers", "sts:AssumeRole", "STS:GetSessionToken"):  # R139
            assert outcome(policies, FEDERATED, action, facts=FACTS) == refused
        assert outcome(policies, FEDERATED, "sts:GetCallerIdentity", facts=FACTS) == ("allow", None)
        assert outcome(policies, USER, "sts:getsessiontoken") == ("allow", None)
    assert outcome(open_, "anonymous") == ("allow", "resource")


def test_session_federated_by_root() -> None:
    """A session that the root user federated is bounded by its session policy alone (R139)."""
    facts = {"federating_user": ROOT}
    assert outcome(Policies([], None, None, [ALLOW]), FEDERATED, facts=facts)[0] == "allow"
    assert outcome(Policies([DENY], None, None, [ALLOW]), FEDERATED, facts=facts)[0] == "allow"  # it has no policies
    assert outcome(Policies(), FEDERATED, facts=facts) == ("implicit_deny", "session")
    assert outcome(Policies([], allow_to(ROOT)), FEDERATED, facts=facts) == ("implicit_deny", "session")


def test_session_of_which_nobody_knows_who_federated_it() -> None:
    """A federated session whose federating user is not told needs identity policies and a session policy (R139)."""
    assert outcome(Policies([ALLOW], None, None, [ALLOW]), FEDERATED) == ("allow", "identity")
    assert outcome(Policies([], None, None, [ALLOW]), FEDERATED) == ("implicit_deny", "identity")


@pytest.mark.parametrize(
    ("facts", "scp", "rcp"),
    [
        ({}, True, True),
        ({"principal_in_management_account": True}, False, True),
        ({"resource_in_management_account": True}, True, False),
        ({"service_linked_role": True}, False, False),
        ({"service_linked_role_resource": True}, True, False),
        ({"aws_managed_key": True}, True, False),
    ],
)
def test_exemptions(facts: dict[str, Any], scp: bool, rcp: bool) -> None:
    """Service and resource control policies do not reach what R133, R134 and R146 exempt."""
    assert (outcome(Policies([ALLOW], scps=[[DENY]]), facts=facts) == ("explicit_deny", "scp")) is scp
    assert (outcome(Policies([ALLOW], scps=[[]]), facts=facts) == ("implicit_deny", "scp")) is scp
    assert (outcome(Policies([ALLOW], rcps=[[DENY_ALL]]), facts=facts) == ("explicit_deny", "rcp")) is rcp


def test_resource_control_policies_count_where_they_are_known() -> None:
    """Resource control policies count for the covered services' resources, and never allow or lack an Allow (R133)."""
    policies = Policies([ALLOW], rcps=[[DENY_ALL]])
    assert outcome(policies, action="sns:Publish")[0] == "allow"
    assert outcome(policies, action="SQS:SendMessage")[0] == "explicit_deny"
    assert outcome(policies, action="kms:RetireGrant")[0] == "allow"
    assert outcome(policies, action="s3:ListAllMyBuckets", resource="*")[0] == "allow"
    assert outcome(policies, resource=None)[0] == "unknown"
    assert outcome(Policies([], rcps=[[ALLOW_ALL]])) == ("implicit_deny", "identity")
    assert outcome(Policies([ALLOW], rcps=[[]]))[0] == "allow"


def test_resource_control_policies_on_an_unknown_resource() -> None:
    """They count if the unknown resource is one at all; a Deny that does not apply anyhow is no doubt (R133, R193)."""
    idle = document(statement("Deny", Principal="*", Action="s3:PutObject"))
    assert outcome(Policies([ALLOW], rcps=[[idle]]), resource=None)[0] == "allow"
    doubtful = document(statement("Deny", Principal="*", Condition=MAYBE))
    policies = Policies([ALLOW], rcps=[[doubtful]])
    decision = decide_request(policies, USER, GET, None, resource_account=A, unknown=["x:maybe"])
    assert (decision.effect, decision.unknown_keys) == ("unknown", {"x:maybe", "resource"})


def test_resource_part_of_resource_policies() -> None:
    """A trust policy has no resource part, a repository's none needs; elsewhere a statement without one is idle."""
    bare = document({"Effect": "Allow", "Principal": {"AWS": USER}, "Action": "*"})
    assert outcome(Policies([], bare), action="sts:AssumeRole", facts=TRUST)[0] == "allow"
    assert outcome(Policies([], bare), action="ecr:BatchGetImage")[0] == "allow"
    idle = document({"Effect": "Allow", "Action": "*"})
    assert outcome(Policies([idle]), action="ecr:BatchGetImage")[0] == "implicit_deny"
    for member in ("Resource", "NotResource"):  # a part that is there is judged
        elsewhere = {"Resource": "arn:aws:ecr:*:*:*", "NotResource": "*"}[member]
        held = document({"Effect": "Allow", "Principal": {"AWS": USER}, "Action": "*", member: elsewhere})
        assert outcome(Policies([], held), action="ecr:BatchGetImage")[0] == "implicit_deny"
    assert outcome(Policies([], bare), action="kms:Decrypt", facts=KEY)[0] == "implicit_deny"
    assert outcome(Policies([], bare))[0] == "implicit_deny"


# --- unknown keys over layers -----------------------------------------------------------------------------------------


def test_unknown_grant_matters_only_where_it_would_count() -> None:
    """Keys of a grant are named unless other policies already allow or forbid (R190, R193)."""
    maybe_user = document(statement("Allow", Principal={"AWS": USER}, Condition=MAYBE))
    maybe_role = document(statement("Allow", Principal={"AWS": ROLE}, Condition=MAYBE))
    unknown = Decision("unknown", None, frozenset({"x:maybe"}))

    def decide(policies: Policies, caller: str = USER, account: str = A) -> Decision:
        return decide_request(policies, caller, GET, OBJECT, None, account, None, OTHERS)

    assert decide(Policies([], maybe_user)) == unknown
    assert decide(Policies([ALLOW], maybe_user)).effect == "allow"
    assert decide(Policies([ALLOW], maybe_user, NOTHING)) == unknown
    assert decide(Policies([], maybe_role, NOTHING), SESSION).effect == "implicit_deny"
    assert decide(Policies([], maybe_role, ALLOW), SESSION) == unknown
    assert decide(Policies([ALLOW], maybe_user), account=B) == unknown
    assert decide(Policies([], maybe_user), account=B) == Decision("implicit_deny", None, frozenset(), "identity")
    assert decide(Policies([], maybe_user, scps=[[]])) == Decision("implicit_deny", None, frozenset(), "scp")
    maybe_role_or_identity = Policies(
        [document(statement("Allow"))],
        maybe_role,
        document(statement("Allow", Condition={"Bool": {"x:ceiling": "true"}})),
    )
    assert decide(maybe_role_or_identity, SESSION).unknown_keys == {"x:ceiling"}


@pytest.mark.parametrize("member", ["scps", "vpce", "boundary", "session", "rcps", "resource"])
def test_unknown_deny_in_any_layer(member: str) -> None:
    """A Deny that may apply makes an allowed request unknown in every layer, and a certain one settles it (R190)."""
    maybe = document(statement("Allow", Principal="*"), statement("Deny", Principal="*", Condition=MAYBE))
    certain = document(statement("Allow", Principal="*"), statement("Deny", Principal="*"))
    for denying, effect in ((maybe, "unknown"), (certain, "explicit_deny")):
        value: Any = {"scps": [[denying]], "rcps": [[denying]], "vpce": [denying], "session": [denying]}.get(
            member, denying
        )
        decision = decide_request(Policies([ALLOW], **{member: value}), SESSION, GET, OBJECT, unknown=["X:MAYBE"])
        assert decision.effect == effect
        assert decision.unknown_keys == ({"x:maybe"} if effect == "unknown" else set())


# --- calls ------------------------------------------------------------------------------------------------------------


def test_call_with_several_authorizations() -> None:
    """A call is denied if one authorization is, by the first that gives the effect, and allowed if all are (R150)."""
    identity = document(
        statement("Allow", Action="s3:Get*"),
        statement("Deny", Action="s3:GetAcl"),
        statement("Allow", Action="s3:List*", Condition=MAYBE),
    )

    def decide(*actions: str) -> Decision:
        authorizations = [Authorization(action, OBJECT, {}) for action in actions]
        return decide_call(Policies([identity]), USER, "s3:Copy", authorizations, A, unknown=["x:maybe"])

    assert decide("s3:GetA", "s3:GetB") == Decision("allow", Place("identity", 0, 0), frozenset(), "identity")
    assert decide("s3:GetA", "s3:Put", "s3:GetAcl").determining == Place("identity", 0, 1)
    assert decide("s3:GetA", "s3:Put").effect == "implicit_deny"
    assert decide("s3:ListA", "s3:Put").effect == "implicit_deny"
    assert decide("s3:GetA", "s3:ListA") == Decision("unknown", None, frozenset({"x:maybe"}))
