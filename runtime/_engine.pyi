from collections.abc import Iterable, Mapping
from typing import Any, Self, final

from typing_extensions import disjoint_base

from ._table import Table
from .authorizer import Answer
from .requests import Others, Target

__all__ = ["Asker", "Engine"]

@final
class Engine:
    def __new__(cls, table: Table) -> Self: ...
    @property
    def table(self) -> Table: ...
    def knows(self, principal: str) -> bool: ...
    def decide(
        self,
        principal: str,
        action: str,
        resource: str | None,
        context: Mapping[str, Any] | None,
        unknown: Iterable[str] | Others | None,
        target: Target | None = None,
    ) -> tuple[int, int, tuple[str, ...]]: ...
    def trace(
        self,
        principal: str,
        action: str,
        resource: str | None,
        context: Mapping[str, Any] | None,
        unknown: Iterable[str] | Others | None,
        target: Target | None = None,
    ) -> tuple[int, int, tuple[str, ...], int | None, list[tuple[int, list[int]]]]: ...
    def statement_tests(self, statement: int) -> range: ...
    def is_deny(self, statement: int) -> bool: ...

@disjoint_base
class Asker:
    def __new__(cls, table: Table) -> Self: ...
    @property
    def _engine(self) -> Engine: ...
    def authorize(
        self,
        principal: str,
        action: str,
        resource: str | None = "*",
        context: Mapping[str, Any] | None = None,
        *,
        unknown: Iterable[str] | Others = (),
        target: Target | None = None,
    ) -> Answer: ...
