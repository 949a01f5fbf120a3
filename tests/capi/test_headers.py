"""The C headers are plain C11 that C++ programs can include too."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from layout import ROOT

FOLDER = ROOT / "runtime/include"
HEADERS = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.h"))
STRICT = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror", "-fsyntax-only"]


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize(("language", "standard"), [("c", "c11"), ("c++", "c++17")])
def test_a_header_compiles_alone(header: str, language: str, standard: str, tmp_path: Path) -> None:
    """Each header compiles on its own, twice in one file, without a warning."""
    compiler = shutil.which("cc" if language == "c" else "c++")
    if compiler is None:
        pytest.skip(f"no {language} compiler")
    program = tmp_path / f"program.{'c' if language == 'c' else 'cc'}"
    program.write_text(f'#include "{header}"\n#include "{header}"\nint main(void);\nint main(void) {{ return 0; }}\n')
    command = [compiler, f"-std={standard}", *STRICT, "-I", FOLDER, program]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_there_are_headers() -> None:
    """The list of headers above is not empty by mistake."""
    assert "gatewright/table.h" in HEADERS
