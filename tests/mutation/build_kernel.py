"""A changed C file -> extension modules that have it: everything else is compiled once."""

from __future__ import annotations

import os
import shlex
import subprocess
import sysconfig
from pathlib import Path
from typing import Final

import numpy as np
from layout import ROOT

DECIDING: Final = ("batch", "caller", "classify", "decide", "groups", "judge", "relays", "template", "text")
MODULES: Final = ("_engine", "_asker", "_explain", "_values", "_columns", "_batch", "_rows")
"""The extension modules that have the deciding kernel, each a copy of its own."""
INCLUDES: Final = ("-I", str(ROOT / "runtime/include"), "-I", str(ROOT / "runtime/kernel"))
FLAGS: Final = ("-std=c11", "-O2", "-fPIC", "-w", *INCLUDES)
COMPILER: Final = shlex.split(os.environ.get("CC", "cc"))


class Kernel:
    """Builds the kernel with one file changed, in a folder."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._name = folder, name
        folder.mkdir(parents=True, exist_ok=True)
        for part in DECIDING:
            self._compile(ROOT / f"runtime/kernel/{part}.c", folder / f"{part}.o")
        self._original = (folder / f"{name}.o").read_bytes()
        includes = ("-I", sysconfig.get_path("include"), "-I", np.get_include())
        for module in MODULES:
            self._compile(ROOT / f"build/cython/runtime/{module}.c", folder / f"{module}.o", *includes)

    def build(self, source: str) -> dict[str, Path] | str:
        """Return the extension modules by name; or why there is none: no C, or the same machine code."""
        changed = self._folder / "changed.o"
        done = self._compile(None, changed, text=source)
        if done:
            return "is no C"
        if changed.read_bytes() == self._original:
            return "compiles to the same code"
        built = {}
        for module in MODULES:
            others = [str(self._folder / f"{part}.o") for part in DECIDING if part != self._name]
            built[f"gatewright.runtime.{module}"] = path = self._folder / f"{module}.so"
            path.unlink(missing_ok=True)  # a process may have the old one mapped
            objects = [str(self._folder / f"{module}.o"), str(changed), *others]
            subprocess.run([*COMPILER, "-shared", "-o", str(path), *objects], check=True, capture_output=True)
        return built

    def _compile(self, source: Path | None, out: Path, *flags: str, text: str | None = None) -> bool:
        """Compile a file, or a text under the name of the changed one; return whether it fails."""
        given = ["-x", "c", "-"] if source is None else [str(source)]
        if source is not None and source.parent.name == "kernel":
            text, given = source.read_text(encoding="utf-8"), ["-x", "c", "-"]
        command = [*COMPILER, *FLAGS, *flags, "-c", *given, "-o", str(out)]
        done = subprocess.run(command, input=text, text=True, capture_output=True, check=False)
        if done.returncode and source is not None:
            raise SystemExit(f"{source} does not compile; {done.stderr.splitlines()[0]}")
        return bool(done.returncode)
