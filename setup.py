"""Build the extension modules; everything declarative is in pyproject.toml."""

import os
import shutil
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup

# Line tracing is for coverage only: it is slow, and Cython.Coverage finds the C file only beside its .pyx.
TRACE = bool(os.environ.get("GATEWRIGHT_TRACE"))
HEADERS = Path("runtime/include")
# The kernel without what opens tables.
DECIDING = ("batch", "caller", "classify", "decide", "groups", "judge", "relays", "template", "text")
# Newer compilers refuse pointers of another type; so does any.
FLAGS = ["-O3", "-std=c11", "-fvisibility=hidden", "-Werror=incompatible-pointer-types"]
CIMPORTABLE = {"gatewright": "src/gatewright", "gatewright.compiler": "compiler", "gatewright.runtime": "runtime"}


def cimport_tree(root: Path = Path("build/cimport")) -> str:
    """Lay the .pxd files out by import name and return the folder.

    setuptools maps ``gatewright.runtime`` to ``runtime/``.  Cython knows no such mapping: it finds a module's own
    .pxd, and those it cimports, only under the dotted name, and an own .pxd that it does not find it ignores in
    silence.
    """
    shutil.rmtree(root, ignore_errors=True)
    for package, folder in CIMPORTABLE.items():
        target = root.joinpath(*package.split("."))
        target.mkdir(parents=True)
        for source in [Path(folder, "__init__.py"), *Path(folder).glob("*.pxd")]:
            shutil.copy2(source, target)  # keeps the mtime: no needless rebuild
    return str(root)


def extension(name: str, *kernel: str, folder: str = "runtime") -> Extension:
    """Return the extension module ``gatewright.<folder>.<name>`` with the kernel files it links.

    Their functions are hidden: whatever might be replaced when a library is loaded is called through a table, and is
    never inlined.
    """
    return Extension(
        f"gatewright.{Path(folder).name}.{name}",
        [f"{folder}/{name}.pyx", *(f"runtime/kernel/{part}.c" for part in kernel)],
        include_dirs=[str(HEADERS)],
        define_macros=[("CYTHON_TRACE_NOGIL", "1")] if TRACE else [],
        depends=[str(header) for header in Path("runtime").rglob("*.h")],
        extra_compile_args=FLAGS,
    )


setup(
    ext_modules=cythonize(
        [
            extension("_table", "open", "open_groups"),
            extension("_handles"),
            extension("_engine", *DECIDING),
            extension("_asker", *DECIDING),
            extension("_explain", *DECIDING),
            extension("_values", *DECIDING),
            extension("_columns", *DECIDING),
            extension("_batch", *DECIDING),
            extension("_rows", *DECIDING),
            extension("_programs", folder="compiler"),
            extension("_subset", folder="compiler"),
            extension("_parameters", folder="src/gatewright/signing"),
        ],
        include_path=[cimport_tree()],
        build_dir=None if TRACE else "build/cython",
        compiler_directives={"language_level": 3, "linetrace": TRACE},
    ),
)
