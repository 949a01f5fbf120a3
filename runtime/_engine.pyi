from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Self, final

import numpy as np
from numpy.typing import NDArray

from ._table import Table
from .requests import Others

__all__ = ["Batch", "Engine"]

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
    ) -> tuple[int, int, tuple[str, ...]]: ...
    def trace(
        self,
        principal: str,
        action: str,
        resource: str | None,
        context: Mapping[str, Any] | None,
        unknown: Iterable[str] | Others | None,
    ) -> tuple[int, int, tuple[str, ...], int | None, list[tuple[int, list[int]]]]: ...
    def statement_tests(self, statement: int) -> range: ...
    def is_deny(self, statement: int) -> bool: ...

@final
class Batch:
    def __new__(cls, engine: Engine, count: int, unknown: Others | tuple[()] | None) -> Self: ...
    @property
    def engine(self) -> Engine: ...
    @property
    def count(self) -> int: ...
    def slot_of(self, name: str) -> int: ...
    def fill_request(
        self,
        i: int,
        principal: str,
        action: str,
        resource: str | None,
        context: Mapping[str, Any] | None,
        unknown: Iterable[str] | Others | None,
    ) -> None: ...
    def fill_principals(self, codes: NDArray[np.int32], values: Sequence[str]) -> None: ...
    def fill_column(self, slot: int, codes: NDArray[np.int32], values: Sequence[str | tuple[str, ...]]) -> None: ...
    def fill_unknown(self, i: int, names: Iterable[str] | Others | None) -> None: ...
    def decide(self, threads: int = 1) -> tuple[NDArray[np.uint8], NDArray[np.int32]]: ...
    def decide_range(
        self, begin: int, end: int, decisions: NDArray[np.uint8], statements: NDArray[np.int32]
    ) -> None: ...
    def unknown_keys(self, i: int) -> tuple[str, ...]: ...
