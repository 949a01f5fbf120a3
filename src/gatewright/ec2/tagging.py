"""Tags in a request -> keys of the resources that get them, and the right to tag (R127, R165)."""

from __future__ import annotations

from collections.abc import Mapping

from .errors import Ec2Error, shown
from .judge import created
from .judged import Context, Judged, tag_context
from .parameters import Parameters
from .query import Tree, find_items
from .resources import TYPES, Place

# Where requests say the tags of what they create.  Tags inside launch templates and launch specifications are given
# later, by whoever launches with them.
_GROUPS = {
    "TagSpecification": None,
    "TagSpecifications": None,
    "SpotFleetRequestConfig.TagSpecification": None,
    "PoolTagSpecification": "ipv4pool-ec2",
}
_TAGGING = ("CreateTags", "DeleteTags")

# A resource has no more tags than this.
TAG_LIMIT = 50

Tags = dict[str, dict[str, str]]
"""Tags given at creation, by the type that gets them."""


def read_tags(parameters: Parameters) -> Tags:
    """Return the tags that a call gives to what it creates.

    Raises
    ------
    Ec2Error
        A tag without a key, a key twice, a type that is none.
    """
    found: Tags = {}
    for group, default in _GROUPS.items():
        for item in parameters.items(group):
            kind = parameters.value("ResourceType", item, f"{group}.") or default
            if kind is None or kind not in TYPES:
                raise Ec2Error("InvalidParameterValue", f"`{group}` has no valid `ResourceType`: `{shown(kind or '')}`")
            known = found.setdefault(kind, {})
            for key, value in _read_list(parameters, item, f"{group}.").items():
                if key in known:
                    raise _twice(key)
                known[key] = value or ""
    return {kind: tags for kind, tags in found.items() if tags}


def _read_list(parameters: Parameters, tree: Tree, prefix: str) -> dict[str, str | None]:
    """Return tags by key, None for one without a value."""
    parameters.paths |= {f"{prefix}Tag.Key", f"{prefix}Tag.Value"}
    tags: dict[str, str | None] = {}
    found = find_items(tree, "Tag")
    if len(found) > TAG_LIMIT:
        raise Ec2Error("TagLimitExceeded", f"the request has {len(found):,} tags; a resource has at most {TAG_LIMIT}")
    for tag in found:
        key, value = tag.get("Key"), tag.get("Value")
        if not isinstance(key, str) or not key or isinstance(value, dict):
            raise Ec2Error("InvalidParameterValue", f"an entry of `{prefix}Tag` is no tag; give it a `Key`")
        if key in tags:
            raise _twice(key)
        tags[key] = value
    return tags


def _twice(key: str) -> Ec2Error:
    return Ec2Error("InvalidParameterValue", f"the tag key `{shown(key)}` is there more than once")


def add_tags(action: str, judged: list[Judged], tags: Tags, parameters: Parameters, place: Place) -> list[Judged]:
    """Put tags on the resources that get them, and return them with the rights to tag."""
    if action in _TAGGING:
        _add_own(action, judged, parameters)
        return judged
    added = []
    for kind, texts in tags.items():
        context, unknown = _keys(texts)
        named = [entry for entry in judged if entry.kind == kind and entry.is_created]
        for entry in named:
            entry.context |= context
            entry.unknown |= unknown
        for resource in dict.fromkeys(entry.resource for entry in named) or {created(kind, place): None}:
            whole = {"ec2:CreateAction": action, **context}
            added.append(Judged(kind, resource, True, "ec2:CreateTags", context=whole, unknown=set(unknown)))
    return judged + added


def _add_own(action: str, judged: list[Judged], parameters: Parameters) -> None:
    tags = _read_list(parameters, parameters.tree, "")
    if not tags and action == "CreateTags":
        raise Ec2Error("MissingParameter", "the request must contain the parameter `Tag`")
    # To delete a tag whatever its value is, a request gives no value; of all tags, none at all.
    plain = {key: value or "" for key, value in tags.items() if value is not None or action == "CreateTags"}
    context, unknown = _keys(plain)
    for entry in judged:
        entry.context |= context
        entry.unknown |= unknown
        if tags:
            entry.context["aws:TagKeys"] = list(tags)
        else:
            entry.unknown |= {"aws:RequestTag/*", "aws:TagKeys"}
        entry.unknown |= {f"aws:RequestTag/{key}" for key in tags if key not in plain}


def _keys(tags: Mapping[str, str]) -> tuple[Context, set[str]]:
    context, unknown = tag_context(("aws:RequestTag/",), tags)
    if tags:
        context["aws:TagKeys"] = list(tags)
    return context, unknown
