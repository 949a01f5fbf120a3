from collections.abc import Iterable, Mapping
from typing import Any, Self

from typing_extensions import disjoint_base

from ._engine import Engine
from ._handles import ActionHandle, ContextHandle, PrincipalHandle, ResourceHandle
from ._table import Table
from .authorizer import Answer
from .requests import Others, Target

__all__ = ["Asker"]

@disjoint_base
class Asker:
    def __new__(cls, table: Table) -> Self: ...
    @property
    def _engine(self) -> Engine: ...
    def authorize(
        self,
        principal: str | PrincipalHandle,
        action: str | ActionHandle,
        resource: str | ResourceHandle | None = "*",
        context: Mapping[str, Any] | ContextHandle | None = None,
        *,
        unknown: Iterable[str] | Others = (),
        target: Target | None = None,
    ) -> Answer: ...
