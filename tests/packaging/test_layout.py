"""The folders at the root of the repository are one import package."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from layout import ROOT, STAGES, source_files

import gatewright


def run_python(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run Python code in a process of its own, outside of the repository."""
    return subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", STAGES)
def test_a_stage_is_no_top_level_module(name: str, tmp_path: Path) -> None:
    """``import compiler`` fails wherever gatewright is installed."""
    run = run_python(f"import {name}", tmp_path)
    assert run.returncode == 1
    assert f"No module named '{name}'" in run.stderr


def test_the_runtime_does_not_load_the_compiler(tmp_path: Path) -> None:
    """A process that only evaluates never loads Lark, nor the compiler."""
    code = (
        "import sys, gatewright, gatewright.runtime, gatewright.runtime; gatewright.Table, gatewright.Authorizer; "
        "print(*sorted(name for name in sys.modules if name == 'lark' or name.startswith('gatewright.')))"
    )
    run = run_python(code, tmp_path)
    assert run.returncode == 0, run.stderr
    loaded = run.stdout.split()
    assert "lark" not in loaded
    assert "gatewright.runtime" in loaded
    assert not [name for name in loaded if name.startswith(("gatewright.compiler", "gatewright.grammar"))]


def test_importing_the_face_loads_nothing_heavy(tmp_path: Path) -> None:
    """``import gatewright`` alone loads neither Lark nor numpy: the command line starts with it."""
    run = run_python("import sys, gatewright; print('lark' in sys.modules, 'numpy' in sys.modules)", tmp_path)
    assert (run.stdout, run.stderr) == ("False False\n", "")


def test_every_source_file_is_installed() -> None:
    """A package that pyproject.toml forgets would be missing from the wheel."""
    package = Path(gatewright.__file__).parent
    installed = {path.relative_to(package).as_posix() for path in package.rglob("*") if path.is_file()}
    assert source_files() - installed == set()


def test_every_public_name_resolves() -> None:
    """Each name of ``gatewright.__all__`` can be had, and ``dir`` shows it."""
    for name in gatewright.__all__:
        assert getattr(gatewright, name) is not None
        assert name in dir(gatewright)


def test_an_unknown_name_is_an_attribute_error() -> None:
    """A mistyped name of the face fails as in any module."""
    with pytest.raises(AttributeError, match="no attribute 'PolicyStroe'"):
        gatewright.PolicyStroe  # noqa: B018


def test_the_headers_are_where_get_include_says() -> None:
    """``get_include`` names a folder that a C compiler can be given."""
    headers = Path(gatewright.get_include(), "gatewright")
    assert {path.name for path in headers.glob("*.h")} == {
        path.name for path in (ROOT / "runtime/include/gatewright").glob("*.h")
    }
