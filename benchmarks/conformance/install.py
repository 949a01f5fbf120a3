"""Install rivals, each into a folder of its own under ``build/rivals``, which git ignores."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from .process import driver_of
from .rivals import Rival
from .vectors import ROOT

FOLDER = ROOT / "build" / "rivals"
INSTALL_SECONDS = 600


class UnavailableError(Exception):
    """A rival that cannot be run here, with the reason."""


def install_rival(rival: Rival, folder: Path = FOLDER) -> None:
    """Install a rival's packages in the pinned versions; nothing is done if they are there.

    Raises
    ------
    UnavailableError
        A tool is missing, or the installation failed.
    """
    if rival.language == "own" or _is_installed(rival, folder):
        return
    home = folder / rival.folder
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    if rival.language == "python":
        _run([sys.executable, "-m", "venv", str(home / "venv")], home)
        pins = [f"{name}=={number}" for name, number in rival.packages.items()]
        _run([str(_python_of(home)), "-m", "pip", "install", "--quiet", *pins], home)
    else:
        _need_node()
        npm = shutil.which("npm")
        if npm is None:
            raise UnavailableError("npm is not installed; it comes with Node.js 20 or later")
        package = {"name": "rival", "version": "1.0.0", "private": True, "dependencies": dict(rival.packages)}
        (home / "package.json").write_text(json.dumps(package), encoding="utf-8")
        _run([npm, "install", "--no-fund", "--no-audit", "--ignore-scripts", "--save-exact"], home)
    _stamp(home).write_text(json.dumps(dict(rival.packages)), encoding="utf-8")


def command_of(rival: Rival, folder: Path = FOLDER) -> list[str]:
    """Return the command that starts a rival's driver.

    Raises
    ------
    UnavailableError
        It is not installed, or its language is not.
    """
    driver, *arguments = rival.driver
    path = str(driver_of(driver))
    if rival.language == "own":
        return [sys.executable, path, *arguments]
    if rival.language == "node":
        node = _need_node()
    if not _is_installed(rival, folder):
        raise UnavailableError("it is not installed; `python -m benchmarks.conformance --install` does that")
    home = folder / rival.folder
    if rival.language == "python":
        return [str(_python_of(home)), path, *arguments]
    return [node, path, str(home), *arguments]


def _is_installed(rival: Rival, folder: Path) -> bool:
    try:
        return bool(json.loads(_stamp(folder / rival.folder).read_text(encoding="utf-8")) == dict(rival.packages))
    except (OSError, ValueError):
        return False


def _stamp(home: Path) -> Path:
    return home / "installed.json"


def _python_of(home: Path) -> Path:
    return home / "venv" / ("Scripts" if sys.platform == "win32" else "bin") / "python"


def _need_node() -> str:
    node = shutil.which("node")
    if node is None:
        raise UnavailableError("node is not installed; rivals from npm need Node.js 20 or later")
    return node


def _run(command: Sequence[str], home: Path) -> None:
    try:
        done = subprocess.run(
            command, cwd=home, capture_output=True, text=True, check=False, timeout=INSTALL_SECONDS, errors="replace"
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UnavailableError(f"cannot be installed; {error}") from None
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines()
        raise UnavailableError(f"cannot be installed; {lines[-1][:200] if lines else 'the installer said nothing'}")
