from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Self, final

import numpy as np
from numpy.typing import NDArray

from ._engine import Engine
from .requests import Others

__all__ = ["Batch", "number_values"]

def number_values(
    column: Iterable[Any], convert: Callable[[Any], str | tuple[str, ...]]
) -> tuple[NDArray[np.int32], list[str | tuple[str, ...]]]: ...

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
