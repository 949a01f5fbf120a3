"""What rivals are asked: a vector becomes calls in a rival's form, or a reason why it cannot."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from benchmarks.conformance.mapping import (
    Call,
    Inexpressible,
    Vector,
    list_elements,
    map_iam_policy,
    map_iam_simulate,
    map_moto,
    map_moto_document,
    map_parliament,
    map_pbac,
    map_principalmapper,
    nest_context,
    type_number,
)
from benchmarks.conformance.rivals import RIVALS

MARA = "arn:aws:iam::210987654321:user/mara"
SESSION = "arn:aws:sts::210987654321:assumed-role/Harvester/run-42"
OBJECT = "arn:aws:s3:::orchard-ledger/pears.csv"
DECIDERS = [map_iam_simulate, map_principalmapper, map_moto, map_pbac]

Map = Callable[[Vector], list[Call]]


def document_of(**statement: Any) -> dict[str, Any]:
    """Return a document of one statement; what is not given allows everything."""
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*", **statement}]}


OF_THE_REQUEST = ("action", "resource_account", "context", "facts", "authorizations")


def vector_of(principal: str = MARA, **changes: Any) -> dict[str, Any]:
    """Return a vector; a change names a member of the request, else of the policies."""
    vector: dict[str, Any] = {
        "id": "T-1",
        "rule": "R1",
        "policies": {"identity": [document_of()], "resource": None, "scps": None, "boundary": None, "session": None},
        "request": {"principal": principal, "action": "s3:GetObject", "resource": OBJECT, "context": {}},
        "expect": "allow",
    }
    for name, value in changes.items():
        vector["request" if name in OF_THE_REQUEST else "policies"][name] = value
    return vector


@pytest.mark.parametrize("map_vector", DECIDERS)
def test_plain_vector_is_expressible_for_all(map_vector: Map) -> None:
    """A user with one identity policy can be asked of everybody, as one call, and the vector stays as it was."""
    vector = vector_of()
    before = copy.deepcopy(vector)
    assert len(map_vector(vector)) == 1
    assert vector == before


@pytest.mark.parametrize("map_vector", DECIDERS)
@pytest.mark.parametrize(
    "changes, reason",
    [
        ({"unknown": ["aws:SourceIp"]}, "unknown context keys"),
        ({"resource": None}, "an unknown resource"),
        ({"ec2": {"image": {}}}, "EC2 attributes"),
        ({"facts": {"credentials": "expired"}}, "credentials"),
    ],
)
def test_what_policies_do_not_say_is_inexpressible(map_vector: Map, changes: dict[str, Any], reason: str) -> None:
    """Unknown keys and resources, EC2 attributes and bad credentials are put to nobody."""
    vector = vector_of()
    for name, value in changes.items():
        (vector if name == "ec2" else vector["request"])[name] = value
    with pytest.raises(Inexpressible, match=reason):
        map_vector(vector)


@pytest.mark.parametrize("map_vector", DECIDERS)
def test_each_authorization_is_a_call(map_vector: Map) -> None:
    """A call with two authorizations is two questions; a context of its own is merged over the request's (R161)."""
    vector = vector_of(
        context={"aws:username": "mara"},
        authorizations=[{"resource": "arn:aws:s3:::a/1"}, {"resource": "arn:aws:s3:::a/2", "context": {"s3:x": "y"}}],
    )
    text = [str(call) for call in map_vector(vector)]
    assert len(text) == 2
    assert "s3:::a/1" in text[0] and "mara" in text[0] and "'y'" not in text[0]
    assert "s3:::a/2" in text[1] and "mara" in text[1] and "'y'" in text[1]


# --- iam-simulate ---


def test_simulation_has_all_kinds_of_policies() -> None:
    """Each kind of policy stands where the simulation wants it, the levels of an organisation in order."""
    documents = {name: document_of(Sid=name) for name in ("root", "account", "rcp", "resource", "boundary", "vpce")}
    (call,) = map_iam_simulate(
        vector_of(
            SESSION,
            scps=[[documents["root"]], [documents["account"]]],
            rcps=[[documents["rcp"]]],
            resource=documents["resource"],
            boundary=documents["boundary"],
            session=document_of(Sid="session"),
            vpce=[documents["vpce"]],
            context={"aws:TagKeys": ["a", "b"]},
            resource_account="345678901234",
        )
    )
    assert [level["policies"][0]["policy"] for level in call["serviceControlPolicies"]] == [
        documents["root"],
        documents["account"],
    ]
    assert call["resourceControlPolicies"][0]["policies"][0]["policy"] == documents["rcp"]
    assert call["permissionBoundaryPolicies"][0]["policy"] == documents["boundary"]
    assert call["sessionPolicy"] == document_of(Sid="session")
    assert call["vpcEndpointPolicies"][0]["policy"] == documents["vpce"]
    assert call["resourcePolicy"] == documents["resource"]
    assert call["request"] == {
        "principal": SESSION,
        "action": "s3:GetObject",
        "resource": {"resource": OBJECT, "accountId": "345678901234"},
        "contextVariables": {"aws:TagKeys": ["a", "b"]},
    }


def test_simulation_takes_the_policies_that_apply() -> None:
    """Whom a fact exempts from SCPs or RCPs is asked without them; who has no account, without those of one."""
    levels = [[document_of(Effect="Deny")]]
    (linked,) = map_iam_simulate(vector_of(SESSION, scps=levels, rcps=levels, facts={"service_linked_role": True}))
    assert linked["serviceControlPolicies"] == linked["resourceControlPolicies"] == []
    (managing,) = map_iam_simulate(vector_of(scps=levels, rcps=levels, facts={"principal_in_management_account": True}))
    assert managing["serviceControlPolicies"] == [] and len(managing["resourceControlPolicies"]) == 1
    (service,) = map_iam_simulate(vector_of("cloudtrail.amazonaws.com", scps=levels, resource_account="210987654321"))
    assert service["serviceControlPolicies"] == service["identityPolicies"] == []
    (anonymous,) = map_iam_simulate(vector_of("anonymous", resource_account="210987654321"))
    assert anonymous["request"]["principal"] == {"type": "Anonymous"} and anonymous["identityPolicies"] == []


@pytest.mark.parametrize(
    "changes, reason",
    [
        ({"session": [document_of(), document_of()]}, "several session policies"),
        ({"facts": {"role_arn": "arn:aws:iam::210987654321:role/path/Harvester"}}, "path"),
        ({"facts": {"federating_user": "arn:aws:iam::210987654321:root"}}, "root user federated"),
        ({"facts": {"vpce_type": "gateway"}}, "vpce_type"),
    ],
)
def test_simulation_lacks(changes: dict[str, Any], reason: str) -> None:
    """What a simulation has no member for is inexpressible."""
    with pytest.raises(Inexpressible, match=reason):
        map_iam_simulate(vector_of(SESSION, **changes))


# --- principalmapper ---


def test_session_becomes_its_role() -> None:
    """A session is asked as the node of its role, by its path where a fact tells it (R56)."""
    (call,) = map_principalmapper(vector_of(SESSION))
    assert call["node"] == "arn:aws:iam::210987654321:role/Harvester"
    role = "arn:aws:iam::210987654321:role/path/Harvester"
    (call,) = map_principalmapper(vector_of(SESSION, facts={"role_arn": role}))
    assert call["node"] == role


def test_foreign_resource_without_a_policy_grants_nothing() -> None:
    """Across accounts a missing resource policy is one without statements, since it asks only what it is given."""
    (call,) = map_principalmapper(vector_of(resource_account="345678901234"))
    assert call["resource_policy"]["Statement"] == [] and call["resource_owner"] == "345678901234"
    (call,) = map_principalmapper(vector_of())
    assert call["resource_policy"] is None and call["resource_owner"] is None


def test_inferred_key_must_be_given() -> None:
    """A policy about a key that the rival fills in is asked only if the request has the key, in whatever case."""
    identity = [document_of(Resource="arn:aws:s3:::b/${aws:username}")]
    with pytest.raises(Inexpressible, match="infers"):
        map_principalmapper(vector_of(identity=identity))
    assert map_principalmapper(vector_of(identity=identity, context={"AWS:UserName": "mara"}))


@pytest.mark.parametrize(
    "principal", ["arn:aws:iam::210987654321:root", "anonymous", "s3.amazonaws.com", SESSION.replace("assumed", "x")]
)
def test_nodes_are_users_and_roles(principal: str) -> None:
    """Other callers are inexpressible."""
    with pytest.raises(Inexpressible, match="caller other than"):
        map_principalmapper(vector_of(principal))


# --- moto ---


@pytest.mark.parametrize(
    "statement, reason",
    [
        ({"Condition": {"Bool": {"aws:SecureTransport": "true"}}}, "operators other than"),
        ({"NotResource": "arn:aws:s3:::a"}, "NotResource"),
        ({"Resource": "arn:aws:s3:::${aws:username}"}, "variables"),
    ],
)
def test_moto_is_not_asked_what_it_says_it_lacks(statement: dict[str, Any], reason: str) -> None:
    """Its missing features make a vector inexpressible, though it would answer."""
    with pytest.raises(Inexpressible, match=reason):
        map_moto(vector_of(identity=[document_of(**statement)]))


@pytest.mark.parametrize("map_vector", [map_moto, map_pbac])
@pytest.mark.parametrize("kind", ["boundary", "session", "scps", "rcps", "vpce"])
def test_identity_policies_alone(map_vector: Map, kind: str) -> None:
    """Who knows identity policies only is asked nothing else."""
    value: Any = document_of() if kind in ("boundary", "session") else [[document_of()]]
    with pytest.raises(Inexpressible):
        map_vector(vector_of(**{kind: value}))


# --- pbac ---


def test_elements_become_lists() -> None:
    """Statement, Action and Resource become lists, values of Null and of numbers lose their quotes (R6, R25)."""
    statement = {
        "Effect": "Deny",
        "Action": "s3:*",
        "NotResource": ["a"],
        "Condition": {
            "NumericLessThanIfExists": {"s3:max-keys": ["10", "2.5", "1e3"]},
            "Null": {"aws:TokenIssueTime": "false"},
            "StringEquals": {"aws:username": "7"},
        },
    }
    listed = list_elements({"Version": "2012-10-17", "Statement": statement})
    assert listed["Statement"] == [
        {
            "Effect": "Deny",
            "Action": ["s3:*"],
            "NotResource": ["a"],
            "Condition": {
                "NumericLessThanIfExists": {"s3:max-keys": [10, 2.5, "1e3"]},
                "Null": {"aws:TokenIssueTime": [False]},
                "StringEquals": {"aws:username": ["7"]},
            },
        }
    ]


def test_numbers_of_the_context_lose_their_quotes() -> None:
    """A value is a number if numeric operators alone look at its key."""
    numeric = {"NumericEquals": {"s3:max-keys": "6"}}
    (call,) = map_pbac(vector_of(identity=[document_of(Condition=numeric)], context={"S3:Max-Keys": "6"}))
    assert call["context"] == {"S3": {"Max-Keys": 6}}
    both = {**numeric, "StringEquals": {"s3:max-keys": "6"}}
    (call,) = map_pbac(vector_of(identity=[document_of(Condition=both)], context={"s3:max-keys": "6"}))
    assert call["context"] == {"s3": {"max-keys": "6"}}


@pytest.mark.parametrize("text", ["", "01", "+1", "1e3", "yes", " 1"])
def test_other_texts_stay_texts(text: str) -> None:
    """Only what JSON writes as a plain number becomes one."""
    assert type_number(text) == text


def test_context_is_nested() -> None:
    """A key's prefix becomes an object; what cannot be nested is inexpressible."""
    assert nest_context({"aws:a": "1", "aws:b/c": ["2"]}) == {"aws": {"a": "1", "b/c": ["2"]}}
    for key in ("plain", "kms:EncryptionContext:crate"):
        with pytest.raises(Inexpressible):
            nest_context({key: "x"})


# --- documents ---


def test_documents_reach_checkers_as_they_are() -> None:
    """Text stays text, objects are printed or handed over, and the kind chooses the validator."""
    assert map_parliament({"document": "{", "policy_kind": "identity", "phase": "parse"}) == [{"text": "{"}]
    assert map_moto_document({"document": {"a": "✓"}, "policy_kind": "identity", "phase": "save"}) == [
        {"text": '{"a": "✓"}'}
    ]
    assert map_iam_policy({"document": '{"a": 1}', "policy_kind": "rcp", "phase": "save"}) == [
        {"function": "validateResourceControlPolicy", "document": {"a": 1}}
    ]


@pytest.mark.parametrize(
    "map_document, vector, reason",
    [
        (map_parliament, {"policy_kind": "scp", "phase": "save"}, "kind scp"),
        (map_parliament, {"policy_kind": "identity", "phase": "save", "rule": "R31"}, "not told"),
        (map_moto_document, {"policy_kind": "resource", "phase": "save"}, "kind resource"),
        (map_moto_document, {"policy_kind": "identity", "phase": "lint"}, "stores"),
        (map_moto_document, {"policy_kind": "identity", "phase": "sound", "rule": "R30"}, "today's API"),
        (map_iam_policy, {"policy_kind": "identity", "phase": "save", "document": "{"}, "parsed objects"),
        (map_iam_policy, {"policy_kind": "identity", "phase": "save", "document": '{"a": 1, "a": 2}'}, "parsed"),
    ],
)
def test_checkers_are_not_asked_what_they_do_not_judge(map_document: Map, vector: Vector, reason: str) -> None:
    """What a checker does not claim to see is inexpressible."""
    with pytest.raises(Inexpressible, match=reason):
        map_document({"document": document_of(), **vector})


def test_rivals_are_pinned_and_named_once() -> None:
    """Each rival has a name of its own, and packages in exact versions."""
    assert len({rival.name for rival in RIVALS}) == len(RIVALS)
    for rival in RIVALS:
        assert bool(rival.packages) == bool(rival.folder) == (rival.language != "own"), rival.name
        assert all(number[0].isdigit() for number in rival.packages.values()), rival.name
