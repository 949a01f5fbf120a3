from collections.abc import Mapping
from typing import Any, NoReturn, final

from typing_extensions import disjoint_base

from ._table import Table
from .requests import Others

__all__ = ["ActionHandle", "ContextHandle", "Handle", "PrincipalHandle", "ResourceHandle"]

@disjoint_base
class Handle:
    @property
    def table(self) -> Table: ...
    def __reduce__(self) -> NoReturn: ...

@final
class PrincipalHandle(Handle):
    @property
    def principal(self) -> str: ...

@final
class ActionHandle(Handle):
    @property
    def action(self) -> str: ...

@final
class ResourceHandle(Handle):
    @property
    def resource(self) -> str | None: ...

@final
class ContextHandle(Handle):
    @property
    def context(self) -> Mapping[str, Any] | None: ...
    @property
    def unknown(self) -> Others | tuple[str, ...]: ...
