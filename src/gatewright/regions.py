"""The names of AWS's Regions, as the package `botocore` lists them."""

from __future__ import annotations

from functools import cache
from importlib import import_module

__all__ = ["load_regions"]


@cache
def load_regions() -> frozenset[str] | None:
    """Return the Regions of all partitions; None where `botocore` is not installed, or lists none.

    Loading takes a tenth of a second, once.
    """
    try:
        data = import_module("botocore.loaders").create_loader().load_data("partitions")
        names = {name for partition in data["partitions"] for name in partition["regions"]}
    except (ImportError, LookupError, TypeError):
        return None
    # `aws-global` and its like stand for services that have no Region.
    return frozenset(name for name in names if not name.endswith("-global")) or None
