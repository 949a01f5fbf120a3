"""Batches of any accepted form become columns: distinct values and a code per request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._engine import Batch, Engine
from .errors import RequestError
from .requests import OTHERS, Others, set_texts, value_text

PRINCIPAL, ACTION, RESOURCE, CONTEXT, UNKNOWN = PARTS = ("principal", "action", "resource", "context", "unknown")

_SLOTS = {ACTION: 0, RESOURCE: 1}


def read_batch(engine: Engine, requests: object, unknown: Others | tuple[()]) -> Batch:
    """Read a batch: a list of dicts or tuples, a dict of columns, or Arrow data.

    Raises
    ------
    RequestError
        The form, a column's length or the type of a value is not understood; the message names request and column.
    """
    if hasattr(requests, "__arrow_c_stream__") or hasattr(requests, "__arrow_c_array__"):
        return _read_columns(engine, _arrow_columns(requests), unknown)
    if isinstance(requests, Mapping):
        return _read_columns(engine, dict(requests), unknown)
    if isinstance(requests, Sequence) and not isinstance(requests, str | bytes):
        return _read_rows(engine, requests, unknown)
    raise RequestError(
        f"a batch is a list of requests, a dict of columns or Arrow data, not {type(requests).__name__}"
    )


def _read_rows(engine: Engine, rows: Sequence[Any], unknown: Others | tuple[()]) -> Batch:
    batch = Batch(engine, len(rows), unknown)
    for i, row in enumerate(rows):
        try:
            if isinstance(row, Mapping):
                strange = row.keys() - set(PARTS)
                if strange:
                    raise RequestError(f"a request has no part `{min(map(str, strange))}`; the parts are {', '.join(PARTS)}")
                parts = (row[PRINCIPAL], row[ACTION], row.get(RESOURCE, "*"), row.get(CONTEXT), row.get(UNKNOWN, ()))
            else:
                parts = (*row, *("*", None, ())[len(row) - 2 :]) if len(row) >= 2 else ()
                if len(parts) != 5:
                    raise RequestError("a request has two to five parts: " + ", ".join(PARTS))
            batch.fill_request(i, *parts)
        except KeyError as error:
            raise RequestError(f"request {i} has no `{error.args[0]}`") from None
        except (TypeError, ValueError) as error:
            raise RequestError(f"request {i}: {error}") from None
    return batch


def _read_columns(engine: Engine, columns: dict[str, Any], unknown: Others | tuple[()]) -> Batch:
    for name in (PRINCIPAL, ACTION):
        if name not in columns:
            raise RequestError(f"the batch has no column `{name}`")
    read: dict[str, tuple[NDArray[np.int32], list[Any]]] = {}
    count = None
    unknown_keys = columns.pop(UNKNOWN, None)
    for name, column in columns.items():
        codes, values = _dictionary(name, column)
        if count is None:
            count = len(codes)
        elif len(codes) != count:
            raise RequestError(f"column `{name}` has {len(codes)} requests, the columns before it have {count}")
        read[name] = codes, values
    assert count is not None
    batch = Batch(engine, count, unknown)
    for name in (PRINCIPAL, ACTION):
        codes, values = read[name]
        if count and codes.min() < 0:
            raise RequestError(f"column `{name}` has no value for request {int(np.argmin(codes))}")
        for value in values:
            if not isinstance(value, str):
                raise RequestError(f"column `{name}` holds more than texts")
    batch.fill_principals(*read.pop(PRINCIPAL))
    read.setdefault(RESOURCE, (np.zeros(count, dtype=np.int32), ["*"]))
    for name, (codes, values) in read.items():
        slot = _SLOTS[name] if name in _SLOTS else batch.slot_of(name)
        if slot >= 0:
            batch.fill_column(slot, codes, values)
    if unknown_keys is not None:
        names = unknown_keys.to_pylist() if hasattr(unknown_keys, "to_pylist") else list(unknown_keys)
        if len(names) != count:
            raise RequestError(f"column `{UNKNOWN}` has {len(names)} requests, the columns before it have {count}")
        for i, keys in enumerate(names):
            if keys is OTHERS or keys:
                batch.fill_unknown(i, keys)
    return batch


def _dictionary(name: str, column: Any) -> tuple[NDArray[np.int32], list[Any]]:
    """Return a code per request (-1: no value) and the distinct values."""
    if hasattr(column, "to_pylist"):
        return _arrow_dictionary(name, column)
    if isinstance(column, str | bytes) or not hasattr(column, "__len__"):
        raise RequestError(f"column `{name}` is no array")
    if isinstance(column, np.ndarray):
        if column.ndim != 1:
            raise RequestError(f"column `{name}` has {column.ndim} dimensions; give one")
        if column.dtype.kind in "biuU":
            values, codes = np.unique(column, return_inverse=True)
            return codes.astype(np.int32), [value_text(name, value) for value in values.tolist()]
        column = column.tolist()
    return _intern(name, column)


def _intern(name: str, column: Sequence[Any]) -> tuple[NDArray[np.int32], list[Any]]:
    codes = np.empty(len(column), dtype=np.int32)
    seen: dict[Any, int] = {}
    for i, value in enumerate(column):
        if value is None:
            codes[i] = -1
            continue
        if not isinstance(value, str):
            if isinstance(value, list | tuple | set | frozenset):
                value = set_texts(name, value)
            else:
                value = value_text(name, value)
        codes[i] = seen.setdefault(value, len(seen))
    return codes, list(seen)


# ---- Arrow ----


def _arrow_columns(requests: object) -> dict[str, Any]:
    """Read Arrow data, from whichever library, through the PyCapsule interface."""
    try:
        import pyarrow as pa
    except ImportError:
        raise RequestError("Arrow data needs the package `pyarrow`; install gatewright[arrow]") from None
    try:
        if hasattr(requests, "__arrow_c_stream__"):
            table = pa.RecordBatchReader.from_stream(requests).read_all()
        else:
            table = pa.Table.from_batches([pa.record_batch(requests)])
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, TypeError) as error:
        raise RequestError(f"the Arrow data is no table of requests: {error}") from None
    columns: dict[str, Any] = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        if name in columns:
            raise RequestError(f"the batch has two columns `{name}`")
        columns[name] = column
    return columns


def _arrow_dictionary(name: str, column: Any) -> tuple[NDArray[np.int32], list[Any]]:
    import pyarrow as pa
    import pyarrow.compute as pc

    if isinstance(column, pa.Array):
        column = pa.chunked_array([column])
    kind = column.type
    if pa.types.is_dictionary(kind):
        if not _is_text(kind.value_type):
            column = column.cast(kind.value_type)
            kind = column.type
    if not pa.types.is_dictionary(kind):
        if pa.types.is_boolean(kind) or pa.types.is_integer(kind):
            column = column.cast(pa.string())
        elif pa.types.is_timestamp(kind):
            # An instant without zone is one in UTC, as IAM reads it (R85).
            column = pc.strftime(column.cast(pa.timestamp("us", "UTC")), format="%Y-%m-%dT%H:%M:%SZ")
        elif pa.types.is_null(kind):
            return np.full(len(column), -1, dtype=np.int32), []
        elif not _is_text(kind):
            return _intern(name, column.to_pylist())
        column = column.dictionary_encode()
    array = column.unify_dictionaries().combine_chunks()
    if isinstance(array, pa.ChunkedArray):
        array = array.chunk(0) if array.num_chunks else pa.DictionaryArray.from_arrays(pa.array([], pa.int32()), pa.array([], pa.string()))
    codes = pc.fill_null(array.indices.cast(pa.int32()), -1).to_numpy(zero_copy_only=False)
    values = array.dictionary.to_pylist()
    if None in values:
        codes = np.where(codes == values.index(None), -1, codes)
        values = [value or "" for value in values]
    return np.asarray(codes, dtype=np.int32), values


def _is_text(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))
