from collections.abc import Iterable, Mapping
from typing import Any

from ._engine import Engine
from ._handles import ActionHandle, ContextHandle, PrincipalHandle, ResourceHandle
from ._table import Table
from .requests import Others, Target

__all__ = ["is_deny", "tests_of", "trace"]

def trace(
    engine: Engine,
    principal: str | PrincipalHandle,
    action: str | ActionHandle,
    resource: str | ResourceHandle | None,
    context: Mapping[str, Any] | ContextHandle | None,
    unknown: Iterable[str] | Others | None,
    target: Target | None = None,
) -> tuple[int, int, tuple[str, ...], int | None, list[tuple[int, list[int]]]]: ...
def tests_of(table: Table, statement: int) -> range: ...
def is_deny(table: Table, statement: int) -> bool: ...
