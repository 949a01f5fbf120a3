from collections.abc import Sequence
from typing import final

import numpy as np
from numpy.typing import NDArray

__all__ = ["LocalRow", "Programs"]

@final
class LocalRow: ...

@final
class Programs:
    def __init__(self, block_words: int) -> None: ...
    def set_statements(
        self,
        row_count: int,
        is_deny: NDArray[np.uint8],
        is_plain: NDArray[np.uint8],
        lasting: NDArray[np.uint32],
        first_statements: NDArray[np.uint32],
    ) -> None: ...
    def set_hits(self, first_hits: NDArray[np.uint64], hits: NDArray[np.uint32]) -> None: ...
    def make_row(
        self, layers: tuple[tuple[int, tuple[int, ...]], ...], keeps_layers: bool, has_cells: bool
    ) -> LocalRow: ...
    def renumber_rows(self, rows: Sequence[LocalRow], columns: NDArray[np.intp]) -> None: ...
    def place_rows(
        self,
        rows: Sequence[LocalRow],
        numbers: NDArray[np.uint32],
        cells: NDArray[np.uint32],
        places: NDArray[np.uint32],
    ) -> NDArray[np.uint32]: ...
