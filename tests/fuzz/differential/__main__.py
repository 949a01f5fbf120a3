"""Run the fuzzer, replay a reproduction, or sum the record up."""

from __future__ import annotations

import argparse
import secrets
import sys
from pathlib import Path

from .record import DEFAULT_RECORD, read_rounds, summarize
from .run import REPRODUCTIONS, Run, replay
from .world import KINDS


def main() -> int:
    """Return 0 if nothing differs, 1 if something does, 130 after Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m fuzz.differential", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10, help="how long to compare (default: 10)")
    parser.add_argument("--workers", type=int, default=2, help="processes (default: 2)")
    parser.add_argument("--seed", type=int, help="default: go on with the record's last one, or a fresh one")
    parser.add_argument("--fresh", action="store_true", help="take a fresh seed even if the record has one")
    parser.add_argument("--kinds", default=",".join(KINDS), help="kinds of document, in a list with commas")
    parser.add_argument("--record", type=Path, default=DEFAULT_RECORD, help="file to write rounds to and go on from")
    parser.add_argument("--reproductions", type=Path, default=REPRODUCTIONS, help="folder for worlds that differ")
    parser.add_argument("--replay", type=Path, metavar="FILE", help="compare the world of a reproduction, and end")
    parser.add_argument("--summary", action="store_true", help="sum the record up, and end")
    options = parser.parse_args()
    if options.summary:
        print(summarize(read_rounds(options.record)))
        return 0
    if options.replay is not None:
        differences = replay(options.replay)
        print("\n".join(differences) or "no difference")
        return bool(differences)
    kinds = tuple(kind for kind in KINDS if kind in options.kinds.split(","))
    strange = set(options.kinds.split(",")) - set(KINDS)
    if strange:
        parser.error(f"unknown kind `{min(strange)}`; the kinds are {', '.join(KINDS)}")
    seed = options.seed
    known = read_rounds(options.record)
    if seed is None:
        seed = known[-1].seed if known and not options.fresh else secrets.randbelow(1 << 32)
    print(f"seed {seed}; record {options.record}", flush=True)
    run = Run(seed, kinds, options.record, options.reproductions)
    try:
        run.go(options.minutes, options.workers)
    except KeyboardInterrupt:
        print("stopped; the rounds that ended are recorded")
        return 130
    finally:
        print(summarize(run.rounds))
    return bool(sum(done.differences for done in run.rounds))


if __name__ == "__main__":
    sys.exit(main())
