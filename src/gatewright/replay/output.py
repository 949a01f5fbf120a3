"""Rows -> a file of decisions: Parquet, JSON lines or CSV, complete or not there at all."""

from __future__ import annotations

import csv
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Protocol

import msgspec

from .context import epoch_of
from .evaluate import Answer, Engine, Row

_BASE = (
    "event_id time file position event_source event_name principal action resource requests decision "
    "policy sid statement unknown_keys outcome denied_by agreement reason"
).split()
_PROPOSED = ("proposed_decision change proposed_policy proposed_sid proposed_statement proposed_unknown_keys").split()
_NUMBERS = frozenset({"position", "requests", "statement", "proposed_statement"})
_LISTS = frozenset({"unknown_keys", "proposed_unknown_keys"})
# Values that repeat are stored once per row group; event ids do not.
_PLAIN = frozenset({"event_id", "time"}) | _NUMBERS | _LISTS
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


class OutputError(Exception):
    """An output that cannot be written."""


class Writer(Protocol):
    """Takes records in order."""

    def write(self, records: Sequence[dict[str, Any]]) -> None: ...
    def close(self) -> None: ...


def columns(with_proposed: bool) -> list[str]:
    """Return the names of the columns, in order."""
    return [*_BASE, *(_PROPOSED if with_proposed else ())]


def record_of(row: Row, now: Engine, proposed: Engine | None) -> dict[str, Any]:
    """Return one row as plain values; None where there is nothing to say."""
    event, mapped = row.event, row.mapped
    request = mapped.requests[row.request] if mapped.requests else None
    record: dict[str, Any] = {
        "event_id": event.event_id,
        "time": event.event_time,
        "file": row.file,
        "position": row.position,
        "event_source": event.event_source,
        "event_name": event.event_name,
        "principal": mapped.principal,
        "action": request.action if request is not None else mapped.action,
        "resource": request.resource if request is not None else None,
        "requests": len(mapped.requests),
        "outcome": mapped.recorded.outcome.value,
        "denied_by": mapped.recorded.layer,
        "agreement": row.agreement.value if row.agreement is not None else None,
        "reason": row.reason.value if row.reason is not None else None,
        **_answer("", row.now, now),
    }
    if proposed is not None:
        record |= _answer("proposed_", row.proposed, proposed)
        record["change"] = row.change.value if row.change is not None else None
    return record


def _answer(prefix: str, answer: Answer | None, engine: Engine) -> dict[str, Any]:
    info = engine.statement(answer.statement) if answer is not None and answer.statement >= 0 else None
    return {
        f"{prefix}decision": answer.decision.value if answer is not None else None,
        f"{prefix}policy": info.policy if info is not None else None,
        f"{prefix}sid": info.sid if info is not None else None,
        f"{prefix}statement": answer.statement if answer is not None and info is not None else None,
        f"{prefix}unknown_keys": list(answer.unknown_keys) if answer is not None else [],
    }


@contextmanager
def replaced(path: str | Path, mode: str = "wb", **options: Any) -> Iterator[IO[Any]]:
    """Open a file beside `path` that takes its place at the end; after an error or an interrupt it is gone.

    Raises
    ------
    OutputError
        The file cannot be written; `path` is as it was.
    """
    target = Path(path)
    beside = target.with_name(f".{target.name}.{secrets.token_hex(6)}.part")
    try:
        stream = beside.open(mode.replace("w", "x"), **options)
    except OSError as error:
        raise OutputError(_unwritable(target, error)) from None
    try:
        with stream:
            yield stream
        os.replace(beside, target)
    except OSError as error:
        raise OutputError(_unwritable(target, error)) from None
    finally:
        beside.unlink(missing_ok=True)


def _unwritable(target: Path, error: OSError) -> str:
    return f"cannot write `{target}`: {(error.strerror or str(error)).lower()}"


@contextmanager
def open_output(path: str | Path, with_proposed: bool) -> Iterator[Writer]:
    """Open an output in the format that its name ends in.

    Raises
    ------
    OutputError
        Another ending, a missing package, or a file that cannot be written.
    """
    names = columns(with_proposed)
    suffix = Path(path).suffix.lower()
    if suffix not in _WRITERS:
        raise OutputError(f"`{path}` does not say its format; end it in .parquet, .jsonl or .csv")
    if suffix == ".parquet":
        _need_arrow()
    text = {"encoding": "utf-8", "newline": ""} if suffix == ".csv" else {}
    with replaced(path, "w" if suffix == ".csv" else "wb", **text) as stream:
        writer = _WRITERS[suffix](stream, names)
        yield writer
        writer.close()


def _need_arrow() -> None:
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError:
        raise OutputError("Parquet needs the package `pyarrow`; install it or write .jsonl or .csv") from None


class _JsonLines:
    def __init__(self, stream: IO[bytes], names: list[str]) -> None:
        self._stream, self._names = stream, names
        self._encode = msgspec.json.Encoder().encode_lines

    def write(self, records: Sequence[dict[str, Any]]) -> None:
        self._stream.write(self._encode([{name: record[name] for name in self._names} for record in records]))

    def close(self) -> None:
        pass


class _Csv:
    def __init__(self, stream: IO[str], names: list[str]) -> None:
        self._writer = csv.DictWriter(stream, names, extrasaction="ignore", lineterminator="\n")
        self._writer.writeheader()

    def write(self, records: Sequence[dict[str, Any]]) -> None:
        self._writer.writerows({name: _cell(value) for name, value in record.items()} for record in records)

    def close(self) -> None:
        pass


def _cell(value: Any) -> Any:
    """Keep a spreadsheet from reading a cell as a formula: what could be one gets an apostrophe in front."""
    if isinstance(value, list):
        value = " ".join(value)
    if not isinstance(value, str):
        return value
    value = value.replace("\0", "\\0")
    return f"'{value}" if value.lstrip(" ").startswith(_FORMULA) else value


ROW_GROUP = 65_536
"""Rows of a Parquet row group: some ten megabytes in memory, and readers skip whole groups."""


class _Parquet:
    def __init__(self, stream: IO[bytes], names: list[str]) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        kinds: dict[str, Any] = {name: pa.int32() for name in _NUMBERS} | {
            name: pa.list_(pa.string()) for name in _LISTS
        }
        kinds["time"] = pa.timestamp("s", tz="UTC")
        self._table = pa.Table.from_pylist
        self._schema = pa.schema([(name, kinds.get(name, pa.string())) for name in names])
        repeated = [name for name in names if name not in _PLAIN]
        writer: Any = pq.ParquetWriter
        self._writer = writer(stream, self._schema, use_dictionary=repeated, compression="zstd")
        self._waiting: list[dict[str, Any]] = []

    def write(self, records: Sequence[dict[str, Any]]) -> None:
        self._waiting += [{**record, "time": _moment(record["time"])} for record in records]
        while len(self._waiting) >= ROW_GROUP:
            self._flush(ROW_GROUP)

    def close(self) -> None:
        if self._waiting:
            self._flush(len(self._waiting))
        self._writer.close()

    def _flush(self, count: int) -> None:
        self._writer.write_table(self._table(self._waiting[:count], schema=self._schema))
        del self._waiting[:count]


def _moment(time: str | None) -> datetime | None:
    epoch = epoch_of(time) if time is not None else None
    return datetime.fromtimestamp(epoch, UTC) if epoch is not None else None


_WRITERS: dict[str, Any] = {".parquet": _Parquet, ".jsonl": _JsonLines, ".ndjson": _JsonLines, ".csv": _Csv}
