"""The parameters of one call, and which of them its mapping has read."""

from __future__ import annotations

import re

from .errors import Ec2Error, shown
from .query import Tree, find_items, find_values

_NUMBER = re.compile(r"[0-9]{1,15}")


class Parameters:
    """Looks parameters up by their names without numbers, and remembers the names.

    Attributes
    ----------
    tree
        All parameters of the call.
    paths
        Names that were looked up.
    """

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.paths: set[str] = set()

    def values(self, path: str) -> list[str]:
        """Return the values of a parameter, each once; empty ones count as not given."""
        self.paths.add(path)
        found = find_values(self.tree, path)
        return found if len(found) < 2 else list(dict.fromkeys(found))

    def value(self, path: str, element: Tree | None = None, prefix: str = "") -> str | None:
        """Return the one value of a parameter, of an ``element`` of a list if there is one; ``prefix`` names its list.

        Raises
        ------
        Ec2Error
            There are several.
        """
        self.paths.add(prefix + path)
        found = find_values(self.tree if element is None else element, path)
        if len(found) > 1:
            raise Ec2Error("InvalidParameterCombination", f"`{prefix}{path}` is given more than once")
        return found[0] if found else None

    def items(self, path: str) -> list[Tree]:
        """Return the elements of a list of groups."""
        tree = self.tree
        *groups, last = path.split(".")
        for group in groups:
            inner = tree.get(group)
            if not isinstance(inner, dict):
                return []
            tree = inner
        return find_items(tree, last)


def read_number(name: str, value: str) -> str:
    """Return an integer without leading zeros."""
    if not _NUMBER.fullmatch(value):
        raise Ec2Error("InvalidParameterValue", f"the value `{shown(value)}` of `{name}` is not an integer")
    return str(int(value))


def read_bool(name: str, value: str) -> str:
    """Return a truth value in lower case."""
    if value.lower() not in ("true", "false"):
        raise Ec2Error("InvalidParameterValue", f"the value `{shown(value)}` of `{name}` is not `true` or `false`")
    return value.lower()
