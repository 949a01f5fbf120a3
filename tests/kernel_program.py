"""Compile a C program with the whole kernel."""

from __future__ import annotations

import shlex
import subprocess
import sysconfig
from pathlib import Path

import pytest
from layout import ROOT


def compile_program(folder: Path, name: str, text: str) -> Path:
    """Compile a program, or skip where there is no compiler."""
    command = shlex.split(sysconfig.get_config_var("CC") or "cc")
    source, built = folder / f"{name}.c", folder / name
    source.write_text(text, encoding="ascii")
    kernel = sorted((ROOT / "runtime/kernel").glob("*.c"))
    try:
        subprocess.run(
            [*command, "-std=c11", "-O1", "-I", ROOT / "runtime/include", source, *kernel, "-o", built], check=True
        )
    except FileNotFoundError:
        pytest.skip("no C compiler")
    return built
