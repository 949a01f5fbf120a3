"""The kernel is plain C11: no warning, nothing needed from outside, nothing kept between calls."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from layout import ROOT

KERNEL = sorted((ROOT / "runtime/kernel").glob("*.c"))
STRICT = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Wvla", "-Werror"]
FREESTANDING = {"memcpy", "memmove", "memset", "memcmp"}
"""What a C compiler may call on its own, whatever a program includes."""


def compile_kernel(folder: Path, *flags: str) -> list[Path]:
    """Compile each file of the kernel, or skip where there is no compiler."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler")
    objects = []
    for source in KERNEL:
        objects.append(folder / f"{source.stem}.o")
        command = [compiler, "-std=c11", *flags, "-I", ROOT / "runtime/include", "-c", source, "-o", objects[-1]]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    return objects


def symbols(objects: list[Path]) -> list[tuple[str, str]]:
    """Return the symbols of object files: letter of their kind, and name."""
    nm = shutil.which("nm")
    if nm is None:
        pytest.skip("no nm")
    listed = subprocess.run([nm, "-P", *objects], capture_output=True, text=True, check=True).stdout
    return [(fields[1], fields[0]) for line in listed.splitlines() if len(fields := line.split()) > 1]


@pytest.mark.parametrize("level", ["-O0", "-O1", "-O2", "-O3"])
def test_the_kernel_compiles_without_a_warning(tmp_path: Path, level: str) -> None:
    """Every file, at every level, with the strictest warnings."""
    assert compile_kernel(tmp_path, level, *STRICT)


@pytest.mark.parametrize("level", ["-O0", "-O2"])
def test_the_kernel_needs_nothing(tmp_path: Path, level: str) -> None:
    """No allocation, no input or output, no abort: nothing is called that is not the kernel's own."""
    kinds = symbols(compile_kernel(tmp_path, level))
    defined = {name for kind, name in kinds if kind not in "Uu"}
    needed = {name for kind, name in kinds if kind == "U"}
    assert needed - defined <= FREESTANDING
    assert {"gw_table_open", "gw_classify", "gw_decide", "gw_decide_batch"} <= defined


def test_the_kernel_keeps_nothing(tmp_path: Path) -> None:
    """No global or static variable can be written, so that any number of threads may call."""
    writable = [name for kind, name in symbols(compile_kernel(tmp_path, "-O1")) if kind in "BbDdCGgSs"]
    assert writable == []


def test_public_names_have_the_prefix(tmp_path: Path) -> None:
    """Whatever the linker sees of the kernel begins with ``gw_``."""
    public = [name for kind, name in symbols(compile_kernel(tmp_path, "-O1")) if kind in "TRV"]
    assert public
    assert [name for name in public if not name.startswith("gw_")] == []
