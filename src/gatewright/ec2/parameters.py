"""The parameters of one call, and which of them its mapping has read."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from .errors import Ec2Error, shown
from .query import Tree, find_items, find_values

_NUMBER = re.compile(r"[0-9]{1,15}")
_NUMBER_PART = re.compile(r"\.\d+(?=\.|$)")


class Parameters:
    """Looks parameters up by their names without numbers, and remembers the names.

    Attributes
    ----------
    tree
        All parameters of the call.
    paths
        Names that were looked up.
    taken
        Names that were taken as the request spells them; see `take`.
    """

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.paths: set[str] = set()
        self.taken: dict[str, str] = {}

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

    def take(self, name: str) -> None:
        """Remember a parameter of the request's own that a key was made of.

        Raises
        ------
        Ec2Error
            It is there in another spelling too.
        """
        if self.taken.setdefault(_fold(name), name) != name:
            raise Ec2Error("UnknownParameter", f"the parameter `{shown(name)}` is there in two spellings")

    def items(self, path: str) -> list[Tree]:
        """Return the elements of a list of groups."""
        return find_items(self.tree, path)


def plain_name(name: str) -> str:
    """Return the name of a parameter without its numbers."""
    return _NUMBER_PART.sub("", name) if "." in name else name


def refuse_misspelt(names: Iterable[str], *known: frozenset[str]) -> None:
    """Refuse a parameter that nobody has looked up, but a lenient reader would take for one of those that were.

    Some do not mind case or underscores (`instance_id.1`), some take what stands below a value for the value
    (`InstanceId.2.x`, as OpenStack's EC2 API did): the cloud would act on what was not judged.

    Parameters
    ----------
    names
        As in the request.
    known
        Names that were looked up, without numbers.

    Raises
    ------
    Ec2Error
    """
    spellings = [_fold_all(paths) for paths in known]
    for name in names:
        plain = plain_name(name)
        if any(plain in paths for paths in known):
            continue
        end = 0
        while end >= 0:
            end = plain.find(".", end + 1)
            folded = _fold(plain if end < 0 else plain[:end])
            for spelled in spellings:
                if meant := spelled.get(folded):
                    hint = f"write `{meant}`"
                    raise Ec2Error("UnknownParameter", f"the parameter `{shown(name)}` is not recognized; {hint}")


# An action looks up the same names each time, or nearly so.
@lru_cache(maxsize=1024)
def _fold_all(paths: frozenset[str]) -> dict[str, str]:
    return {_fold(path): path for path in paths}


@lru_cache(maxsize=4096)
def _fold(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()


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
