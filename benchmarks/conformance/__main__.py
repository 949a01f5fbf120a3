"""Run decision vectors through rivals: ``python -m benchmarks.conformance`` from the root of the repository.

Prints the scoreboard; a complete run is stored in ``results/``.
"""

from __future__ import annotations

import json
import subprocess
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..install import UnavailableError, command_of, install_rival
from .page import show_scores
from .process import RivalProcess, driver_of
from .rivals import LEFT_OUT, RIVALS, Rival
from .score import score_decisions, score_documents
from .vectors import (
    DECISION_FILES,
    DOCUMENT_FILES,
    ROOT,
    SOUND,
    Case,
    VectorFileError,
    find_files,
    read_decisions,
    read_documents,
)

RESULTS = Path(__file__).parent / "results"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the rivals and return the exit code: 0, or 2 where a file or a name is wrong."""
    options = _parse(arguments)
    known = {rival.name for rival in RIVALS}
    wanted = [name.strip() for name in options.rivals.split(";")] if options.rivals else sorted(known)
    for name in wanted:
        if name not in known:
            print(f"error: no rival is called `{name}`; there are {'; '.join(sorted(known))}", file=sys.stderr)
            return 2
    rivals = [rival for rival in RIVALS if rival.name in wanted]
    if options.install:
        return _install(rivals)
    decision_paths = [Path(name) for name in options.vectors] or find_files(DECISION_FILES)
    document_paths = [Path(name) for name in options.documents] or find_files(DOCUMENT_FILES)
    try:
        decisions = read_decisions(decision_paths)
        sound = read_decisions(path for path in decision_paths if SOUND in path.name)
        documents = read_documents(document_paths, sound)
    except VectorFileError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    result: dict[str, Any] = {
        "header": _read_header(decision_paths + document_paths, decisions, documents),
        "left_out": LEFT_OUT,
        "rivals": [_score(rival, decisions, documents, options.timeout) for rival in rivals],
    }
    print(show_scores(result))
    output = options.output
    if output is None and not (options.rivals or options.vectors or options.documents):
        RESULTS.mkdir(exist_ok=True)
        output = RESULTS / f"{result['header']['date']}.json"
    if output is not None:
        Path(output).write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
        print(f"wrote {output}")
    return 0


def _parse(arguments: Sequence[str] | None) -> Namespace:
    parser = ArgumentParser(
        prog="python -m benchmarks.conformance", description="Run decision vectors through other implementations."
    )
    parser.add_argument("--install", action="store_true", help="install the rivals under build/rivals, and stop")
    parser.add_argument("--rivals", help="names of rivals, with `;` between them; all of them if not given")
    parser.add_argument("--vectors", nargs="+", default=[], metavar="FILE", help="decision vectors in place of ours")
    parser.add_argument("--documents", nargs="+", default=[], metavar="FILE", help="documents to refuse")
    parser.add_argument("--timeout", type=float, default=10.0, help="seconds for one vector (default: %(default)s)")
    parser.add_argument("-o", "--output", help="file of results; `results/<date>.json` after a complete run")
    return parser.parse_args(arguments)


def _install(rivals: Sequence[Rival]) -> int:
    """Install rivals; one that cannot be installed leaves the others alone."""
    code = 0
    for rival in rivals:
        try:
            install_rival(rival)
            print(f"{rival.name}: ready", flush=True)
        except UnavailableError as error:
            print(f"{rival.name}: {error}", file=sys.stderr, flush=True)
            code = 1
    return code


def _score(rival: Rival, decisions: Sequence[Case], documents: Sequence[Case], seconds: float) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "name": rival.name,
        "question": rival.question,
        "about": rival.about,
        "limits": rival.limits,
        "tells_kinds": rival.tells_kinds,
        "versions": dict(rival.packages),
    }
    print(f"{rival.name} ...", file=sys.stderr, flush=True)
    try:
        driver, *arguments = rival.driver
        command = command_of(rival, driver_of(driver), arguments)
    except UnavailableError as error:
        return {**facts, "unavailable": str(error)}
    with RivalProcess(command, seconds) as process:
        if rival.question == "decisions":
            score = score_decisions(decisions, rival.map_vector, process, rival.tells_kinds)
        else:
            score = score_documents(documents, rival.map_vector, process)
    return {**facts, "versions": {**rival.packages, **process.versions}, "score": score}


def _read_header(paths: Sequence[Path], decisions: Sequence[Case], documents: Sequence[Case]) -> dict[str, Any]:
    """Return what has to be known of a run, and nothing about the machine: decisions do not depend on it."""
    done = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    folders: dict[str, int] = {}
    for path in paths:
        name = path.resolve()
        folder = str(name.parent.relative_to(ROOT)) if name.is_relative_to(ROOT) else name.parent.name
        folders[folder] = folders.get(folder, 0) + 1
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "commit": done.stdout.strip() if done.returncode == 0 else None,
        "files": folders,
        "vectors": len(decisions),
        "uncertain_vectors": sum(not case.is_certain for case in decisions),
        "documents": sum(case.expect != "sound" for case in documents),
        "sound_documents": sum(case.expect == "sound" for case in documents),
    }


if __name__ == "__main__":
    sys.exit(main())
