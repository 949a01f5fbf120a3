"""Writes the vectors, and the table of what they cover into README.md."""

from __future__ import annotations

from pathlib import Path

from . import generate, lines_of
from .coverage import fill_table

SUITE = Path(__file__).resolve().parents[1]


def main() -> None:
    """Write the files of the suite."""
    files = generate()
    folder = SUITE / "vectors"
    folder.mkdir(exist_ok=True)
    for name, vectors in files.items():
        (folder / name).write_text(lines_of(vectors), encoding="utf-8", newline="\n")
        print(f"{name}: {len(vectors)} vectors")
    readme = SUITE / "README.md"
    readme.write_text(fill_table(readme.read_text(encoding="utf-8"), files), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
