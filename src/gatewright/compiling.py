"""Compile policy stores: one, or one version after the other."""

from __future__ import annotations

from collections.abc import Callable

from gatewright.compiler import Compiler as PolicyCompiler
from gatewright.compiler.policyset import PolicySet
from gatewright.runtime import Table
from gatewright.store import PolicyStore

__all__ = ["Compiler"]


class Compiler:
    """Compiles the versions of a policy store that follow one another, anew only as far as they differ.

    A table is the same, byte for byte, whatever was compiled before it.  What the last versions did not use is
    forgotten.  One thread at a time may use a compiler; tables may be used by any number.

    >>> compiler = Compiler()                                                           # doctest: +SKIP
    >>> store = PolicyStore.load("store/")                                              # doctest: +SKIP
    >>> table = compiler.compile(store)                                                 # doctest: +SKIP
    >>> table = compiler.compile(PolicyStore.load("store/", previous=store))            # doctest: +SKIP
    """

    def __init__(self) -> None:
        self._compiler = PolicyCompiler()

    def compile(
        self,
        store: PolicyStore | PolicySet,
        *,
        max_table_bytes: int | None = None,
        progress: Callable[[str, int, int], None] | None = None,
    ) -> Table:
        """Compile a policy store into a decision table.

        Parameters
        ----------
        store : PolicyStore or PolicySet
        max_table_bytes : int, optional
            The table is not larger; where it would be, it decides more slowly, and the same.  Then less is kept for the
            next version.
        progress : callable, optional
            Called now and then with the name of a pass, how much of it is done, and how much there is.

        Raises
        ------
        PolicyError
            A document says what the table cannot hold; ``findings`` holds every such place.  The compiler may be used
            again.
        TableSizeError
            No table of the store has ``max_table_bytes`` or less; a ValueError.
        """
        if isinstance(store, PolicySet):
            return self._compiler.compile(store, max_table_bytes=max_table_bytes, progress=progress)
        return self._compiler.compile(
            store.policy_set, policies=store.policies, max_table_bytes=max_table_bytes, progress=progress
        )
