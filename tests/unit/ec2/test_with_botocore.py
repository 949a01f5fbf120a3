"""Requests as botocore writes them, for every action of the table."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from ec2_requests import ACCOUNT, REGION, Request, arn, parse, resources

from gatewright.ec2.fill import PLAIN
from gatewright.ec2.keys import known_keys
from gatewright.ec2.launch import LAUNCH
from gatewright.ec2.parameters import refuse_misspelt
from gatewright.ec2.parse import SIGNING
from gatewright.ec2.resources import FOREIGN_TYPES, TYPES, Place
from gatewright.ec2.rows import Row, known_rows

session = pytest.importorskip("botocore.session")
serialize = pytest.importorskip("botocore.serialize")

MODEL = session.get_session().get_service_model("ec2")
# Lists that hold what a launch creates; the paths of their keys count inside an element.
ELEMENTS = {
    (LAUNCH, "volume"): "BlockDeviceMapping.",
    (LAUNCH, "network-interface"): "NetworkInterface.",
    (LAUNCH, "elastic-gpu"): "ElasticGpuSpecification.",
}
LAUNCHED = ("volume", "network-interface", "secondary-interface")
ACTIONS = [name for name, row in known_rows().items() if row.cells and name in MODEL.operation_names]
FOREIGN = {
    "certificate": f"arn:aws:acm:eu-west-1:{ACCOUNT}:certificate/0a1b",
    "group": f"arn:aws:resource-groups:eu-west-1:{ACCOUNT}:group/reserved",
    "license-configuration": f"arn:aws:license-manager:eu-west-1:{ACCOUNT}:license-configuration:lic-1",
    "role": f"arn:aws:iam::{ACCOUNT}:role/enclave",
}


def wire_name(member: Any, name: str) -> str:
    """Return the name that a member has in requests."""
    serialization = member.serialization
    if "queryName" in serialization:
        return str(serialization["queryName"])
    spelling = serialization.get("name", name)
    return str(spelling[0].upper() + spelling[1:])


def wire_paths(shape: Any, prefix: str = "", above: tuple[str, ...] = ()) -> set[str]:
    """Return the names of the parameters of a shape, without numbers."""
    if shape.type_name == "list":
        return wire_paths(shape.member, prefix, above)
    if shape.type_name != "structure":
        return {prefix}
    if shape.name in above:
        return set()
    found: set[str] = set()
    for name, member in shape.members.items():
        path = f"{prefix}.{wire_name(member, name)}".removeprefix(".")
        found |= wire_paths(member, path, (*above, shape.name))
    return found


def build(shape: Any, prefix: str, wanted: dict[str, str], depth: int = 0) -> Any:
    """Return a value with what is required and what is wanted, by names without numbers."""
    if shape.type_name == "list":
        return [build(shape.member, prefix, wanted, depth)]
    if shape.type_name == "structure":
        value = {}
        for name, member in shape.members.items():
            path = f"{prefix}.{wire_name(member, name)}".removeprefix(".")
            is_wanted = any(one == path or one.startswith(f"{path}.") for one in wanted)
            if is_wanted or (name in shape.required_members and depth < 4):
                value[name] = build(member, path, wanted, depth + 1)
        return value
    if prefix in wanted:
        return wanted[prefix]
    plain = {"integer": 7, "long": 7, "double": 0.5, "float": 0.5, "boolean": True, "blob": b"x"}
    if shape.type_name == "timestamp":
        return "2026-11-26T00:00:00Z"
    return plain.get(shape.type_name, (getattr(shape, "enum", None) or ["text"])[0])


def named(kind: str, number: int) -> str:
    """Return a name for a resource of a type."""
    if kind in FOREIGN:
        return FOREIGN[kind]
    if kind in ("key-pair", "placement-group"):
        return f"{kind} {number}"
    prefix = TYPES["instance" if kind == "any" else kind].prefix or "id"
    return f"{prefix}-{number:08x}"


def wanted_of(row: Row) -> dict[str, tuple[str, str]]:
    """Return what to give to each parameter that names a resource: type and name."""
    paths = {
        parameter.path: cell.kind for cell in row.cells for parameter in cell.parameters if not parameter.is_indirect
    }
    return {path: (kind, named(kind, number)) for number, (path, kind) in enumerate(paths.items(), 1)}


def judged_as(kind: str, name: str) -> str:
    """Return the ARN of a resource of a type."""
    if kind in FOREIGN_TYPES:
        return name
    return Place("aws", REGION, ACCOUNT).arn("instance" if kind == "any" else kind, name)


def serialized(action: str, wanted: dict[str, str]) -> Request:
    """Return the request that botocore writes."""
    operation = MODEL.operation_model(action)
    parameters = build(operation.input_shape, "", wanted)
    request = serialize.create_serializer("ec2", include_validation=False).serialize_to_request(parameters, operation)
    return Request(method=request["method"], body=urlencode(request["body"]).encode())


def test_every_parameter_of_the_table_is_in_the_model() -> None:
    """Rows and keys name parameters that the API has."""
    wrong = []
    for name in ACTIONS:
        paths = wire_paths(MODEL.operation_model(name).input_shape)
        for cell in known_rows()[name].cells:
            wrong += [(name, one.path) for one in cell.parameters if one.path not in paths]
    for (name, kind), keys in known_keys().items():
        paths = wire_paths(MODEL.operation_model(name).input_shape)
        wrong += [(name, key.path) for key in keys if ELEMENTS.get((name, kind), "") + key.path not in paths]
    assert not wrong


def test_no_parameter_is_refused_as_another_spelling() -> None:
    """No parameter of the API differs from another in case only, or stands below one that is looked up."""
    for name in MODEL.operation_names:
        shape = MODEL.operation_model(name).input_shape
        paths = wire_paths(shape) if shape is not None else set()
        assert len({path.lower() for path in paths}) == len(paths), name
        cells = known_rows()[name].cells if name in known_rows() else ()
        read = {one.path for cell in cells for one in cell.parameters}
        for (action, kind), keys in known_keys().items():
            read |= {ELEMENTS.get((name, kind), "") + key.path for key in keys if action == name}
        refuse_misspelt(paths, frozenset(read), SIGNING | PLAIN)


@pytest.mark.parametrize("action", ACTIONS)
def test_resources_of_a_request_are_those_of_its_parameters(action: str) -> None:
    """A request that names each resource once is judged on each of them and on what it creates."""
    row = known_rows()[action]
    wanted = wanted_of(row)
    given = {"SourceRegion": REGION, **{path: name for path, (_, name) in wanted.items()}}
    parsed = parse(serialized(action, given | ({"Tag.Key": "Stack"} if action == "CreateTags" else {})))
    expected = {judged_as(kind, name) for kind, name in wanted.values()}
    expected |= {judged_as(c.kind, "*") for c in row.cells if c.is_created and c.is_required and not c.parameters}
    judged = set(resources(parsed))
    assert expected <= judged
    assert judged - expected <= {None, *(arn(kind, "*") for kind in LAUNCHED if action == LAUNCH)}
    assert not [name for name in parsed.unmapped if name in wanted]
    assert parsed.action == f"ec2:{action}"


@pytest.mark.parametrize("action", sorted(set(MODEL.operation_names) - set(ACTIONS)))
def test_other_actions_are_judged_on_everything_or_the_unknown(action: str) -> None:
    """A request of an action without resources is judged on ``*``; of one that the reference lacks, on the unknown."""
    shape = MODEL.operation_model(action).input_shape
    parsed = parse(
        serialized(action, {}) if shape is not None else Request(body=f"Action={action}&Version=2016-11-15".encode())
    )
    assert resources(parsed) == (["*"] if known_rows()[action].is_known else [None])
