"""Where the parts of the package are in the repository."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[1]
STAGES = ("compiler", "grammar", "runtime")
SUFFIXES = {".py", ".pyi", ".pxd", ".lark", ".h", ".typed"}


def folders() -> dict[str, Path]:
    """Return where each part of the package is in the repository, by its place under ``gatewright``."""
    return {"": ROOT / "src/gatewright", **{f"{stage}/": ROOT / stage for stage in STAGES}}


def source_files() -> set[str]:
    """Return the files that an installation must have, relative to the package."""
    return {
        prefix + path.relative_to(folder).as_posix()
        for prefix, folder in folders().items()
        for path in folder.rglob("*")
        if path.is_file() and (path.suffix in SUFFIXES or path.name == "py.typed")
        if "kernel" not in path.parts
    }
