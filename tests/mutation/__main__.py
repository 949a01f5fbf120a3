"""Puts small faults into the deciding code and tells which no test notices: `make mutation`, or in tests/
`python -m mutation [--files NAME ...] [--seconds N] [--full]`."""

from __future__ import annotations

import argparse
import functools
import gc
import hashlib
import json
import os
import pickle
import resource
import signal
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ExtensionFileLoader, ModuleSpec
from importlib.util import spec_from_loader
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from layout import ROOT

from . import c_mutants, python_mutants
from .build_kernel import Kernel
from .oracle import USAGE_ERROR, ask_kernel, compile_tables, count_topics, is_plain, read_ordered, run_tests
from .python_mutants import Mutant
from .targets import TARGETS, Target
from .warm import computing, find_dependents, load_anew, load_engine

FOLDER: Final = ROOT / "build/mutation"
RECORD: Final = FOLDER / "record.jsonl"
EQUIVALENT: Final = Path(__file__).parent / "equivalent.toml"
MEMORY: Final = 6 << 30
CPU_SECONDS: Final = {False: 25, True: 600}
"""What a mutant may use, in the first round and in the full one; the tests take a fourth of it without a fault."""
AGAIN: Final = 8
"""Tests that come before the other vectors, since they noticed a fault lately."""


class Changed(MetaPathFinder, Loader):
    """Imports the changed module in place of its file."""

    def __init__(self, source: str | Mapping[str, Path], target: Target) -> None:
        self._source, self._target = source, target

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """Find the module, if it is the changed one."""
        if name not in self._target.modules:
            return None
        if isinstance(self._source, str):
            spec = spec_from_loader(name, self)
            assert spec is not None
            spec.origin, spec.has_location = str(ROOT / self._target.file), True
            return spec
        return spec_from_loader(name, ExtensionFileLoader(name, str(self._source[name])))

    def create_module(self, spec: ModuleSpec) -> None:
        """Leave it to the machinery."""

    def exec_module(self, module: ModuleType) -> None:
        """Run the changed source."""
        assert isinstance(self._source, str)
        exec(compile(self._source, str(ROOT / self._target.file), "exec", dont_inherit=True), module.__dict__)


def main(arguments: list[str]) -> int:
    """Run mutants until the time is over, and print the record; the status is 1 if one survives unexplained."""
    parser = argparse.ArgumentParser(prog="mutation", description="which faults no test notices")
    parser.add_argument("--files", nargs="*", default=[], help="only files of these names")
    parser.add_argument("--seconds", type=int, default=3600, help="when to stop (default: %(default)s)")
    parser.add_argument("--full", action="store_true", help="judge survivors by all vectors and the slow tests too")
    parser.add_argument("--again", action="store_true", help="judge survivors again, by tests that came since")
    parser.add_argument("--share", type=int, default=1, help="judge each so manieth mutant only (default: all)")
    options = parser.parse_args(arguments)
    end = time.monotonic() + options.seconds
    FOLDER.mkdir(parents=True, exist_ok=True)
    os.chdir(ROOT)
    targets = [target for target in TARGETS if not options.files or Path(target.file).name in options.files]
    vectors = read_ordered()
    record = read_record()
    unexplained = 0
    for target in targets:
        text = (ROOT / target.file).read_text(encoding="utf-8")
        is_python = target.file.endswith(".py")
        mutants = (python_mutants if is_python else c_mutants).find_mutants(text)
        digest = hashlib.sha256(text.encode()).hexdigest()[:16]
        known = {entry["number"]: entry for entry in record.get(digest, [])}
        explained = read_equivalent(target.file)
        again = options.full or options.again
        chosen = mutants[:: options.share]
        open_ones = [mutant for mutant in chosen if needs_run(known.get(mutant.number), explained, mutant, again=again)]
        # Survivors take the longest: those that are expected come last.
        open_ones.sort(key=lambda mutant: (mutant.line, mutant.change) in explained)
        if open_ones and time.monotonic() < end:
            run_target(target, text, open_ones, vectors, digest, known, full=options.full, end=end)
        unexplained += report(target, mutants, known, explained)
    return 1 if unexplained else 0


def needs_run(entry: Mapping[str, Any] | None, explained: Mapping[Any, str], mutant: Mutant, *, again: bool) -> bool:
    """Tell whether a mutant is to be judged (again): new ones, and survivors without an explanation."""
    if entry is None:  # an explanation is of a line, which may stand in several places: all are judged once
        return True
    return again and entry["outcome"] == "survived" and (mutant.line, mutant.change) not in explained


def read_record() -> dict[str, list[dict[str, Any]]]:
    """Return what earlier runs recorded, by the digest of the file; of two entries the later counts."""
    found: dict[str, list[dict[str, Any]]] = {}
    if RECORD.exists():
        for line in RECORD.read_text(encoding="utf-8").splitlines():
            entry = json.loads(line)
            found.setdefault(entry["digest"], []).append(entry)
    return found


def read_equivalent(file: str) -> dict[tuple[str, str], str]:
    """Return the mutants of a file that change no answer: line and change, with the reason."""
    entries = tomllib.loads(EQUIVALENT.read_text(encoding="utf-8")).get(file, [])
    return {(entry["line"], change): entry["why"] for entry in entries for change in entry["changes"]}


def run_target(
    target: Target, text: str, mutants: list[Mutant], vectors: list[Any], digest: str, known: dict[int, Any], *,
    full: bool, end: float,
) -> None:  # fmt: skip
    """Judge mutants, each in a process of its own, and record what becomes of them."""
    kernel = None if target.file.endswith(".py") else Kernel(FOLDER / "kernel", Path(target.file).stem)
    tests = target.slow if full else target.quick

    def find_failing() -> str | None:
        with computing():
            failing = list(run_tests(tests, (), stops=False))
        return json.dumps(failing) if failing else None

    left_out = json.loads(in_process(find_failing, full=full)[1] or "[]")
    if left_out:
        print(f"{target.file}: {len(left_out)} tests fail without a fault and are left out", flush=True)

    is_pass = target.file.startswith("compiler/")  # compiling costs more than deciding, so the other vectors wait
    first = count_topics(vectors)
    judging = vectors if not is_pass else vectors[first:] if full else vectors[:first]
    if not target.has_vectors:
        judging = []
    if target.is_plain:
        judging = [vector for vector in judging if is_plain(vector)]
    tables = read_tables(judging, has_entry=not target.is_plain) if kernel else {}
    by_id = {vector["id"]: (vector, line) for vector, line in judging}
    noticed: dict[str, Any] = {}  # vectors that noticed a fault notice the next one soon, the last one soonest
    failed: dict[str, None] = {}  # and so do tests
    if is_pass:
        load_engine(judging)
    dependents = find_dependents(target.modules)
    gc.freeze()  # a process of a mutant need not look at all this

    def judge(source: str | Mapping[str, Path]) -> Callable[[], str | None]:
        def run() -> str | None:
            sys.meta_path.insert(0, Changed(source, target))
            load_anew(dependents)
            asked = [*reversed(noticed.values()), *(vector for vector in judging if vector[0]["id"] not in noticed)]
            again, others = asked[: len(noticed)], asked[len(noticed) :]
            ask = partial(ask_kernel, tables=tables, has_entry=not target.is_plain) if kernel else target.ask
            return ask(again) or (fail([*reversed(failed)][:AGAIN]) if failed else None) or ask(others) or fail(tests)

        def fail(tests: Sequence[str]) -> str | None:
            with computing():
                return next(run_tests(tests, left_out), None)

        return run

    unchanged = kernel.build(text + "\nint gw_unchanged;\n") if kernel else text
    status, by = in_process(judge(unchanged), full=full)  # type: ignore[arg-type]
    if status != "survived":
        raise SystemExit(f"{target.file}: {by} fails without a fault; mend it first")
    with RECORD.open("a", encoding="utf-8") as record:
        for mutant in mutants:
            if time.monotonic() > end:
                break
            source = kernel.build(mutant.source) if kernel else mutant.source
            began = time.monotonic()
            if kernel and isinstance(source, str):
                outcome, by = ("invalid" if source == "is no C" else "equivalent"), source
            else:
                outcome, by = in_process(judge(source), full=full)
            if by == USAGE_ERROR:
                raise SystemExit(f"{target.file}: pytest cannot run; was something installed meanwhile?")
            if by in by_id:
                noticed.pop(by, None)
                noticed[by] = by_id[by]
            elif "::" in by:
                failed.pop(by, None)
                failed[by] = None
            entry = {
                "file": target.file, "digest": digest, "number": mutant.number, "row": mutant.row, "line": mutant.line,
                "change": mutant.change, "outcome": outcome, "by": by, "full": full,
                "seconds": round(time.monotonic() - began, 2),
            }  # fmt: skip
            known[mutant.number] = entry
            print(json.dumps(entry), file=record, flush=True)


def read_tables(vectors: list[Any], *, has_entry: bool) -> dict[str, bytes]:
    """Return the tables of vectors, which are kept as long as vectors and compiler stay as they are."""
    sources = [
        *sorted((ROOT / "compiler").glob("*.py")),
        ROOT / "runtime/layout.py",
        ROOT / "runtime/include/gatewright/table.h",
    ]
    texts = [*(path.read_bytes() for path in sources), *(line.encode() for _, line in vectors), b"%d" % has_entry]
    file = FOLDER / f"tables-{hashlib.sha256(b'|'.join(texts)).hexdigest()[:16]}"
    if not file.exists():
        tables = functools.partial(compile_tables, vectors, has_entry=has_entry)
        in_process(lambda: file.write_bytes(pickle.dumps(tables())) and None, full=True)
    found: dict[str, bytes] = pickle.loads(file.read_bytes())
    return found


def in_process(run: Callable[[], str | None], *, full: bool) -> tuple[str, str]:
    """Run something in a process of its own: `survived`, or `killed` and by what."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        os.close(reader)
        os.setpgid(0, 0)
        log = os.open(FOLDER / "last.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(log, 1)
        os.dup2(log, 2)
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS[full], CPU_SECONDS[full]))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        said = b""
        try:
            wrong = run()
            said = f"killed {wrong}".encode() if wrong else b"survived "
        except BaseException as error:
            said = f"killed {type(error).__name__}".encode()
        os.write(writer, said[:4000])
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        outcome, _, by = pipe.read().decode(errors="replace").partition(" ")
    _, status = os.waitpid(child, 0)
    if not outcome:
        number = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
        return "killed", f"signal {signal.Signals(number).name}" if number else "exit"
    return outcome, by


def report(target: Target, mutants: list[Mutant], known: Mapping[int, Any], explained: Mapping[Any, str]) -> int:
    """Print a line of the table and the survivors without an explanation; return how many they are."""
    counts: Counter[str] = Counter()
    survivors = []
    for mutant in mutants:
        outcome = known[mutant.number]["outcome"] if mutant.number in known else "not run"
        if outcome == "survived" and (mutant.line, mutant.change) in explained:
            outcome = "equivalent"
        counts[outcome] += 1
        if outcome == "survived":
            survivors.append(f"  {target.file}:{mutant.row} #{mutant.number}: {mutant.line}\n      {mutant.change}")
    total = len(mutants) - counts["invalid"]
    print(
        f"| `{target.file}` | {total} | {counts['killed']} | {counts['equivalent']} | {counts['survived']} | "
        f"{counts['not run']} |"
    )
    print(*survivors, sep="\n", end="\n" if survivors else "", flush=True)
    return len(survivors)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
