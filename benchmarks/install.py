"""Install rivals, each into a folder of its own under ``build/rivals``, which git ignores."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "build" / "rivals"
SOURCES = Path(__file__).parent / "peers" / "workers"
INSTALL_SECONDS = 1_500

TOOLS = {
    "node": ("node", "npm", "Node.js 20 or later, with npm"),
    "rust": ("cargo", "cargo", "Rust 1.85 or later"),
    "go": ("go", "go", "Go 1.24 or later"),
    "java": ("java", "mvn", "a JDK 17 or later, with Maven"),
}
"""By language: the program that rivals are started with or built by, the one that fetches them, what both come with."""


class UnavailableError(Exception):
    """A rival that cannot be run here, with the reason."""


class Installable(Protocol):
    """What is installed: packages in pinned versions; `own` runs in the interpreter of this command.

    Where the language is compiled, the worker's own sources are a folder beside this file, and their manifest has the
    pins.
    """

    @property
    def language(self) -> str: ...

    @property
    def packages(self) -> Mapping[str, str]: ...

    @property
    def folder(self) -> str: ...


def install_rival(rival: Installable, folder: Path = FOLDER) -> None:
    """Install a rival's packages in the pinned versions; nothing is done if they are there.

    Raises
    ------
    UnavailableError
        A tool is missing, or the installation failed.
    """
    if rival.language == "own" or _is_installed(rival, folder):
        return
    home = folder / rival.folder
    if rival.language != "python":
        _need(rival.language)
        installer = _need(rival.language, 1)
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    if rival.language == "python":
        _run([sys.executable, "-m", "venv", str(home / "venv")], home)
        pins = [f"{name}=={number}" for name, number in rival.packages.items()]
        _run([str(_python_of(home)), "-m", "pip", "install", "--quiet", *pins], home)
    elif rival.language == "node":
        package = {"name": "rival", "version": "1.0.0", "private": True, "dependencies": dict(rival.packages)}
        (home / "package.json").write_text(json.dumps(package), encoding="utf-8")
        _run([installer, "install", "--no-fund", "--no-audit", "--ignore-scripts", "--save-exact"], home)
    else:
        shutil.copytree(SOURCES / rival.language, home, dirs_exist_ok=True)
        _build(rival.language, installer, home)
    _stamp(home).write_text(json.dumps(_wanted(rival)), encoding="utf-8")


def _build(language: str, installer: str, home: Path) -> None:
    if language == "rust":
        _run([installer, "build", "--release", "--quiet"], home)
    elif language == "go":
        _run([installer, "build", "-o", "worker", "."], home)
    else:
        _run([installer, "-q", "-B", "dependency:copy-dependencies", "-DoutputDirectory=lib"], home)
        (home / "target/classes").mkdir(parents=True)
        sources = str(home / "src/main/java/Worker.java")
        _run(["javac", "-cp", str(home / "lib/*"), "-d", str(home / "target/classes"), sources], home)


def command_of(rival: Installable, script: Path, arguments: Sequence[str] = (), folder: Path = FOLDER) -> list[str]:
    """Return the command that starts a rival's driver or worker; a compiled one needs no script.

    Raises
    ------
    UnavailableError
        It is not installed, or its language is not.
    """
    if rival.language == "own":
        return [sys.executable, str(script), *arguments]
    runner = "" if rival.language in ("python", "rust", "go") else _need(rival.language)
    if not _is_installed(rival, folder):
        raise UnavailableError("it is not installed; `--install` does that")
    home = folder / rival.folder
    if rival.language == "python":
        return [str(_python_of(home)), str(script), *arguments]
    if rival.language == "node":
        return [runner, "--expose-gc", "--max-old-space-size=8192", str(script), str(home), *arguments]
    if rival.language == "java":
        return [
            runner,
            "-cp",
            os.pathsep.join([str(home / "target/classes"), str(home / "lib/*")]),
            "Worker",
            *arguments,
        ]
    return [str(home / ("target/release/worker" if rival.language == "rust" else "worker")), *arguments]


def _wanted(rival: Installable) -> dict[str, str]:
    """Return what the stamp must hold: the pins, and for compiled workers a checksum of their sources."""
    wanted = dict(rival.packages)
    if rival.language in ("rust", "go", "java"):
        digest = hashlib.sha256()
        for path in sorted(p for p in (SOURCES / rival.language).rglob("*") if p.is_file()):
            digest.update(path.read_bytes())
        wanted["sources"] = digest.hexdigest()
    return wanted


def _is_installed(rival: Installable, folder: Path) -> bool:
    try:
        return bool(json.loads(_stamp(folder / rival.folder).read_text(encoding="utf-8")) == _wanted(rival))
    except (OSError, ValueError):
        return False


def _stamp(home: Path) -> Path:
    return home / "installed.json"


def _python_of(home: Path) -> Path:
    return home / "venv" / ("Scripts" if sys.platform == "win32" else "bin") / "python"


def _need(language: str, which: int = 0) -> str:
    tool = TOOLS[language][which]
    found = shutil.which(tool)
    if found is None:
        raise UnavailableError(f"{tool} is not installed; rivals in this language need {TOOLS[language][2]}")
    return found


def _run(command: Sequence[str], home: Path) -> None:
    try:
        done = subprocess.run(
            command, cwd=home, capture_output=True, text=True, check=False, timeout=INSTALL_SECONDS, errors="replace"
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UnavailableError(f"cannot be installed; {error}") from None
    if done.returncode:
        # Maven colours its last line.
        lines = re.sub(r"\x1b\[[0-9;]*m", "", done.stderr or done.stdout).strip().splitlines()
        raise UnavailableError(f"cannot be installed; {lines[-1][:200] if lines else 'the installer said nothing'}")
