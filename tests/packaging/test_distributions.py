"""Wheel and source distribution hold what they must, and others can build against an installation."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest
from layout import ROOT, source_files


def run(*command: str | Path, cwd: Path) -> str:
    """Run a command and return what it prints; its output is the failure message."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the repository's files: building leaves traces, and the tree may be in use."""
    target = tmp_path_factory.mktemp("checkout")
    leave_out = (
        ".git",
        ".venv",
        "build",
        "dist",
        "demo-output",
        "__pycache__",
        "*.egg-info",
        ".*_cache",
        ".hypothesis",
    )
    shutil.copytree(ROOT, target, ignore=shutil.ignore_patterns(*leave_out), dirs_exist_ok=True)
    return target


@pytest.fixture(scope="session")
def sdist(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the source distribution."""
    folder = tmp_path_factory.mktemp("sdist")
    run(sys.executable, "-m", "build", "--sdist", "--outdir", folder, cwd=checkout)
    (archive,) = folder.glob("*.tar.gz")
    return archive


@pytest.fixture(scope="session")
def wheel(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the wheel that pip builds from the source distribution."""
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, sdist, cwd=folder)
    (archive,) = folder.glob("gatewright-*.whl")
    return archive


def test_the_wheel_holds_every_file(wheel: Path) -> None:
    """Python, stubs, grammars, headers and declarations are in the wheel, extensions are built, nothing else is."""
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert {f"gatewright/{name}" for name in source_files()} <= names
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {"gatewright"}
    built = {Path(name).name.partition(".")[0] for name in names if name.endswith((".so", ".pyd"))}
    assert built == {path.stem for folder in ("runtime", "compiler", "src") for path in (ROOT / folder).rglob("*.pyx")}
    assert not [name for name in names if name.endswith((".c", ".pyx"))]


def test_the_source_distribution_holds_what_the_wheel_is_built_from(sdist: Path) -> None:
    """The kernel, the Cython files and the tests are in the source distribution; nothing generated is."""
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    extensions = ("runtime/kernel/*.[ch]", "runtime/*.pyx", "compiler/*.pyx")
    for pattern in (*extensions, "grammar/*.lark", "tests/packaging/*.py"):
        expected = {path.relative_to(ROOT).as_posix() for path in ROOT.glob(pattern)}
        assert expected and expected <= names
    assert not [name for name in names if name.endswith((".so", ".pyc")) or name.startswith("build/")]


@pytest.fixture(scope="session")
def installation(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the programs of an environment with a regular installation, without extras."""
    environment = tmp_path_factory.mktemp("installation") / "venv"
    venv.create(environment, with_pip=True)
    run(environment / "bin/python", "-m", "pip", "install", "--quiet", wheel, cwd=environment)
    return environment / "bin"


def test_the_command_runs_from_a_wheel(installation: Path, tmp_path: Path) -> None:
    """A regular installation without extras has a command that runs, and compiles a policy store."""
    assert run(installation / "gatewright", "--version", cwd=tmp_path).startswith("gatewright 0.")
    assert run(installation / "python", "-m", "gatewright", "--help", cwd=tmp_path).startswith("usage: gatewright")
    printed = run(installation / "gatewright", "compile", ROOT / "examples/store", "-o", "t.gwt", cwd=tmp_path)
    assert printed.startswith("t.gwt: 51 principals, ") and (tmp_path / "t.gwt").stat().st_size > 0


def test_a_third_party_extension_cimports_the_runtime(installation: Path, tmp_path: Path) -> None:
    """An extension that cimports gatewright.runtime builds and runs against a regular installation."""
    python = installation / "python"
    run(python, "-m", "pip", "install", "--quiet", "setuptools>=80", "Cython>=3.3,<3.4", cwd=tmp_path)
    for source in (ROOT / "tests/packaging/thirdparty").glob("*.py*"):
        (tmp_path / source.name).write_bytes(source.read_bytes())
    run(python, "setup.py", "--quiet", "build_ext", "--inplace", cwd=tmp_path)
    assert run(python, "use.py", cwd=tmp_path).split() == ["ok"]
