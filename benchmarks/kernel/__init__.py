"""The kernel called from C: `prepared.c`, compiled with the flags of the extension modules, behind ctypes."""

from __future__ import annotations

import ctypes
import shutil
import statistics
import subprocess
import sysconfig
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import gatewright as gw

from ..workloads import Request

ROOT = Path(__file__).resolve().parents[2]
LIBRARY = ROOT / "build/benchmarks/prepared.so"


def is_available() -> bool:
    """Tell whether there is a C compiler."""
    return shutil.which(_compiler()) is not None


def _compiler() -> str:
    return str(sysconfig.get_config_var("CC") or "cc").split()[0]


def build() -> Path:
    """Compile the library, if a source is newer than it."""
    sources = [Path(__file__).parent / "prepared.c", *sorted((ROOT / "runtime/kernel").glob("*.c"))]
    headers = [*(ROOT / "runtime").rglob("*.h")]
    if not LIBRARY.exists() or any(path.stat().st_mtime > LIBRARY.stat().st_mtime for path in [*sources, *headers]):
        LIBRARY.parent.mkdir(parents=True, exist_ok=True)
        include = ["-I", str(ROOT / "runtime/include"), "-I", str(ROOT / "runtime/kernel")]
        flags = ["-O3", "-std=c11", "-D_GNU_SOURCE", "-DNDEBUG", "-fPIC", "-shared", "-fno-semantic-interposition"]
        subprocess.run([_compiler(), *flags, *include, "-o", str(LIBRARY), *map(str, sources)], check=True)
    return LIBRARY


class Kernel:
    """Requests that C has read, for one table without templates.

    Parameters
    ----------
    table : Table
    requests : sequence of Request
    """

    def __init__(self, table: gw.Table, requests: Sequence[Request]) -> None:
        self._library = ctypes.CDLL(str(build()))
        self._library.bench_open.restype = ctypes.c_void_p
        self._library.bench_clock.restype = ctypes.c_uint64
        data = bytes(table)
        self.count = len(requests)
        self._bench = ctypes.c_void_p(
            self._library.bench_open(data, ctypes.c_size_t(len(data)), ctypes.c_size_t(self.count))
        )
        if not self._bench:
            raise ValueError("the table cannot be opened")
        for principal, action, resource, context in requests:
            keys = (ctypes.c_char_p * len(context))(*(key.encode() for key in context))
            values = (ctypes.c_char_p * len(context))(*(value.encode() for value in context.values()))
            texts = (principal.encode(), action.encode(), resource.encode())
            if self._library.bench_add(self._bench, *texts, ctypes.c_size_t(len(context)), keys, values):
                raise ValueError("the table has templates")

    def decide(self, numbers: NDArray[np.int64]) -> NDArray[Any]:
        """Decide the requests of numbers that are equally far apart."""
        step = int(numbers[1] - numbers[0]) if len(numbers) > 1 else self.count
        decisions = np.empty(len(numbers), dtype=np.uint8)
        pointer = ctypes.c_void_p(decisions.ctypes.data)
        self._library.bench_decide(self._bench, ctypes.c_size_t(int(numbers[0])), ctypes.c_size_t(step), pointer)
        return decisions

    def each(self, passes: int) -> list[float]:
        """Return the nanoseconds of each request, the median of its passes, without those of reading the clock."""
        idle = statistics.median(self._library.bench_clock() for _ in range(1000))
        rows = np.empty((passes, self.count), dtype=np.uint64)
        for row in rows:
            self._library.bench_each(self._bench, ctypes.c_void_p(row.ctypes.data))
        return [max(0.0, float(value) - idle) for value in np.median(rows, axis=0)]
