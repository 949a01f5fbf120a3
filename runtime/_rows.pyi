from collections.abc import Callable, Sequence
from typing import Any, Self, final

import numpy as np
from numpy.typing import NDArray

from ._engine import Engine
from .requests import Others

__all__ = ["Rows"]

@final
class Rows:
    def __new__(
        cls,
        engine: Engine,
        rows: Sequence[Any],
        read_parts: Callable[[int, Any], tuple[Any, ...]],
        unknown: Others | tuple[()] | None,
    ) -> Self: ...
    @property
    def engine(self) -> Engine: ...
    @property
    def count(self) -> int: ...
    def decide(self, threads: int = 1) -> tuple[NDArray[np.uint8], NDArray[np.int32]]: ...
    def unknown_keys(self, i: int) -> tuple[str, ...]: ...
