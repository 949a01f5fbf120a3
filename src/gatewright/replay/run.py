"""Replay logs against a store: read, map, decide, write, count."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, TextIO

from gatewright.terminal import visible

from .compare import Change
from .evaluate import Engine, Row, Side, evaluate
from .events import map_event
from .known import Known
from .logs import LogError, Reading, RecentIds, find_logs, read_events, size_of
from .output import OutputError, Writer, open_output, record_of, replaced
from .reasons import Reason
from .report import write_report
from .show import show_summary
from .summary import Summary, as_json
from .tags import Tags, UserTags

ALLOWED, REVOKED, FAILED = 0, 1, 2
"""Exit codes: nothing is revoked, something is, the replay failed."""


@dataclass(slots=True)
class ReplayOptions:
    """What to replay and where to write.

    Attributes
    ----------
    logs : list of str
        Files, folders, or ``-`` for standard input.
    store, proposed : str or None
        Names of the stores, for people; the engines come with the call of `replay`.
    tags, proposed_tags : mapping of str to mapping of str to str, or None
        `PolicyStore.tags` of the stores; None, as with a table: tags of principals are unknown.
    output : str or None
        File for one record per event; it ends in .parquet, .jsonl or .csv.
    report : str or None
        File for the summary as an HTML page.
    as_json : bool
        Write the summary as JSON.
    strict : bool
        Access that is maybe revoked fails too, and so do logs that cannot be read in full.
    batch_size : int
        Events decided at once.
    progress : bool
        Show progress on a terminal.
    """

    logs: list[str]
    store: str | None = None
    proposed: str | None = None
    tags: Tags | None = None
    proposed_tags: Tags | None = None
    output: str | None = None
    report: str | None = None
    as_json: bool = False
    strict: bool = False
    batch_size: int = 8192
    progress: bool = True


def replay(
    options: ReplayOptions, *, authorizer: Engine, proposed: Engine | None = None, out: TextIO, err: TextIO
) -> int:
    """Replay logs and return the exit code.

    Parameters
    ----------
    authorizer, proposed
        `gatewright.Authorizer` of the store, and of the proposed one.
    out, err
        Streams for the summary, and for problems and progress.

    Returns
    -------
    int
        0 when nothing is revoked, 1 when something is, 2 when the replay failed; 0 or 2 without a proposed store.

    Notes
    -----
    Output and report are written whole or not at all.  Memory does not grow with the number of events.
    """
    reading = Reading()
    summary = Summary(has_proposed=proposed is not None)
    try:
        files = find_logs(options.logs, reading)
        with ExitStack() as stack:
            writer = None
            if options.output is not None:
                writer = stack.enter_context(open_output(options.output, proposed is not None))
            advance = stack.enter_context(_progress(options, files, err))
            stack.enter_context(_fewer_collections())
            _replay(options, files, reading, summary, authorizer, proposed, writer, advance)
        code = _exit_code(options, summary, reading)
        if options.report is not None:
            with replaced(options.report, "w", encoding="utf-8", newline="\n") as stream:
                stream.write(write_report(summary, reading, authorizer, options.store, options.proposed))
    except (LogError, OutputError) as error:
        err.write(f"gatewright: error: {visible(str(error))}\n")
        return FAILED
    if options.as_json:
        out.write(f"{json.dumps(as_json(summary, reading, authorizer, code), indent=2)}\n")
    else:
        show_summary(summary, reading, authorizer, out)
    for problem in reading.problems[:20]:
        err.write(f"gatewright: warning: {visible(str(problem))}\n")
    if reading.problem_count > 20:
        err.write(
            f"gatewright: warning: {reading.problem_count - 20:,} more files, lines or records could not be read\n"
        )
    if code == FAILED:
        why = "the logs could not be read in full" if reading.events else "no event was read"
        err.write(f"gatewright: error: {why}\n")
    return code


def _exit_code(options: ReplayOptions, summary: Summary, reading: Reading) -> int:
    # That nothing was read is no proof that nothing is revoked.
    unreadable = not reading.events or (options.strict and reading.problem_count > 0)
    if summary.changes[Change.REVOKED] or (options.strict and summary.changes[Change.MAYBE_REVOKED]):
        return REVOKED
    return FAILED if unreadable else ALLOWED


def _replay(
    options: ReplayOptions,
    files: list[str],
    reading: Reading,
    summary: Summary,
    authorizer: Engine,
    proposed: Engine | None,
    writer: Writer | None,
    advance: Any,
) -> None:
    from gatewright.runtime import OTHERS

    now = Side(authorizer, OTHERS, _user_tags(authorizer, options.tags))
    then = Side(proposed, OTHERS, _user_tags(proposed, options.proposed_tags)) if proposed is not None else None

    known = now.own if then is None else now.own.joined(then.own)
    for rows in _batches(files, reading, options.batch_size, known):
        evaluate(rows, now, then)
        for row in rows:
            summary.add(row, authorizer, proposed)
        if writer is not None:
            writer.write([record_of(row, authorizer, proposed) for row in rows])
        advance(reading)


def _user_tags(engine: Engine, tags: Tags | None) -> UserTags | None:
    return UserTags(tags, engine.table.keys) if tags is not None else None


def _batches(files: list[str], reading: Reading, size: int, known: Known) -> Iterator[list[Row]]:
    rows: list[Row] = []
    shared = RecentIds()
    for file, position, event in read_events(files, reading):
        mapped = map_event(event, known)
        # A call between accounts is recorded in both, under one shared id; the first record that tells who called is
        # evaluated.
        if mapped.reason is None and event.shared_event_id and shared.seen(event.shared_event_id):
            mapped = mapped._replace(requests=(), reason=Reason.SAME_CALL)
        rows.append(Row(file, position, event, mapped))
        if len(rows) >= max(size, 1):
            yield rows
            rows = []
    if rows:
        yield rows


@contextmanager
def _fewer_collections() -> Iterator[None]:
    """Let the garbage collector run more rarely: a batch is many objects, none in a cycle (a quarter of the time)."""
    before = gc.get_threshold()
    gc.set_threshold(max(before[0], 100_000), *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


@contextmanager
def _progress(options: ReplayOptions, files: list[str], err: TextIO) -> Iterator[Any]:
    """Yield a function that shows how far the reading is; it shows nothing off a terminal."""
    if not options.progress or not err.isatty():
        yield lambda reading: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    description = TextColumn("{task.description}")
    with Progress(
        description, BarColumn(), DownloadColumn(), TimeRemainingColumn(), console=Console(file=err), transient=True
    ) as bar:
        task = bar.add_task("replaying", total=size_of(files))
        yield lambda reading: bar.update(task, completed=reading.bytes_read, description=f"{reading.events:,} events")
