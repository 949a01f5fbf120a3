from typing import final

import numpy as np
from numpy.typing import NDArray

__all__ = ["Programs"]

@final
class Programs:
    def __init__(
        self,
        row_count: int,
        first_hits: NDArray[np.uint64],
        hits: NDArray[np.uint32],
        is_deny: NDArray[np.uint8],
        is_plain: NDArray[np.uint8],
        first_statements: NDArray[np.uint32],
        block_words: int,
    ) -> None: ...
    def to_bytes(self) -> bytes: ...
    def place_all(self, layers: tuple[tuple[int, tuple[int, ...]], ...]) -> int: ...
    def flatten_row(
        self, layers: tuple[tuple[int, tuple[int, ...]], ...], keeps_layers: bool, cells: NDArray[np.uint32]
    ) -> None: ...
