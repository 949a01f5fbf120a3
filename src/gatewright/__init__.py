"""IAM policies, compiled: documents -> one flat decision table -> AWS's decisions.

>>> import gatewright as gw                                               # doctest: +SKIP
>>> authz = gw.Authorizer(gw.compile(gw.PolicyStore.load("store/")))      # doctest: +SKIP
>>> authz.authorize("arn:aws:iam::123456789012:user/Bob", "s3:GetObject", "arn:aws:s3:::b/k").allowed  # doctest: +SKIP
True

Names load when they are first used: a process that only evaluates never loads the compiler.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from gatewright.compiler.errors import Finding, PolicyError
    from gatewright.compiler.policyset import PolicySet
    from gatewright.compiling import Compiler
    from gatewright.runtime import (
        OTHERS,
        ActionHandle,
        Answer,
        Authorization,
        Authorizer,
        BatchResult,
        CallAnswer,
        ColumnHandle,
        ContextHandle,
        Decision,
        Explanation,
        PrincipalHandle,
        RequestError,
        ResourceHandle,
        StatementInfo,
        Table,
        TableError,
        TableFormatError,
        TableVersionError,
        Target,
        Truth,
    )
    from gatewright.store import PolicyStore

__all__ = [
    "OTHERS",
    "ActionHandle",
    "Answer",
    "Authorization",
    "Authorizer",
    "BatchResult",
    "CallAnswer",
    "ColumnHandle",
    "Compiler",
    "ContextHandle",
    "Decision",
    "Explanation",
    "Finding",
    "PolicyError",
    "PolicySet",
    "PolicyStore",
    "PrincipalHandle",
    "RequestError",
    "ResourceHandle",
    "StatementInfo",
    "Table",
    "TableError",
    "TableFormatError",
    "TableVersionError",
    "Target",
    "Truth",
    "__version__",
    "compile",
    "get_include",
]

# The rest is the runtime's.
_HOMES = {
    "Compiler": "gatewright.compiling",
    "Finding": "gatewright.compiler.errors",
    "PolicyError": "gatewright.compiler.errors",
    "PolicySet": "gatewright.compiler.policyset",
    "PolicyStore": "gatewright.store",
}


def compile(
    store: PolicyStore | PolicySet,
    *,
    max_table_bytes: int | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> Table:
    """Compile a policy store into a decision table; parameters and errors are those of `Compiler.compile`.

    `Compiler` compiles versions of a store one after the other.
    """
    from gatewright.compiling import Compiler

    return Compiler().compile(store, max_table_bytes=max_table_bytes, progress=progress)


def get_include() -> str:
    """Return the folder of the C headers, to be given to a C compiler with ``-I``."""
    from importlib.resources import files

    return str(files("gatewright.runtime") / "include")


if TYPE_CHECKING:
    __version__: str
else:

    def __getattr__(name: str) -> object:
        if name == "__version__":
            from importlib.metadata import version

            value: object = version("gatewright")
        elif name in __all__:
            value = getattr(import_module(_HOMES.get(name, "gatewright.runtime")), name)
        else:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
