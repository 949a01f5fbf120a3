"""Batches of any accepted form become columns: distinct values and a code per request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._batch import Batch
from ._columns import ColumnHandle, TakenColumn
from ._engine import Engine
from ._rows import Rows
from ._values import Texts, number_values
from .errors import RequestError
from .requests import OTHERS, Others, context_value

PRINCIPAL, ACTION, RESOURCE, CONTEXT, UNKNOWN = PARTS = ("principal", "action", "resource", "context", "unknown")
ACCOUNT, ENDPOINT = SIDES = ("resource_account", "endpoint")
"""Parts that requests as dicts and batches as columns can have besides."""

OwnValues = Texts | Sequence[str | tuple[str, ...]]
Values = ColumnHandle | OwnValues

_TEXT_PARTS = (PRINCIPAL, ACTION, RESOURCE, *SIDES)
_LEFT_OUT = ("*", None, ())
_UNASKED = -2
_INT32 = np.dtype(np.int32)


def read_batch(engine: Engine, requests: object, unknown: Others | tuple[()]) -> Batch | Rows:
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
        return Rows(engine, requests, _parts, unknown)
    raise RequestError(f"a batch is a list of requests, a dict of columns or Arrow data, not {type(requests).__name__}")


def _parts(i: int, row: object) -> tuple[Any, ...]:
    if isinstance(row, tuple | list):
        if not 2 <= len(row) <= len(PARTS):
            raise RequestError(f"request {i} has {len(row)} parts; give two to five: {', '.join(PARTS)}")
        return (*row, *_LEFT_OUT[len(row) - 2 :])
    if isinstance(row, Mapping):
        strange = row.keys() - {*PARTS, *SIDES}
        if strange:
            name = min(map(str, strange))
            raise RequestError(f"request {i} has a part `{name}`; the parts are {', '.join((*PARTS, *SIDES))}")
        for name in (PRINCIPAL, ACTION):
            if name not in row:
                raise RequestError(f"request {i} has no `{name}`")
        parts = (row[PRINCIPAL], row[ACTION], row.get(RESOURCE, "*"), row.get(CONTEXT), row.get(UNKNOWN, ()))
        return (*parts, row.get(ACCOUNT), row.get(ENDPOINT))
    raise RequestError(f"request {i} must be a dict or a tuple, not {type(row).__name__}")


def read_column(engine: Engine, name: str, values: object) -> ColumnHandle:
    """Read the values of a column once, for batches that give their codes alone.

    Raises
    ------
    RequestError
        The values are no array, or one of them is missing or has a type that is not understood.
    """
    if name == UNKNOWN:
        raise RequestError(f"column `{UNKNOWN}` holds lists of keys; there is no handle of it")
    if isinstance(values, str | bytes | Mapping) or not (hasattr(values, "to_pylist") or isinstance(values, Iterable)):
        raise RequestError(f"column `{name}` is no array")
    read: OwnValues | None = None
    if hasattr(values, "to_pylist"):
        codes, texts = _arrow_dictionary(name, values, is_typed=True)
        if isinstance(texts, Texts) and np.array_equal(codes, np.arange(len(texts))):
            read = texts.copy()  # a handle outlives the caller's array
    if read is None:
        rows = list(next(getattr(values, way) for way in ("to_pylist", "tolist", "__iter__") if hasattr(values, way))())
        if None in rows:
            raise RequestError(f"column `{name}` lacks value {rows.index(None)}; a request without one has the code -1")
        read = [_value(name, value) for value in rows]
    return ColumnHandle(engine, name, _slot(Batch(engine, 0, ()), name), read)


def _slot(batch: Batch, name: str) -> int:
    """Return the slot of a column, or _UNASKED where no statement asks for the key."""
    if name == PRINCIPAL:
        return -1
    slots = {ACTION: 0, RESOURCE: 1, ACCOUNT: batch.account_slot, ENDPOINT: batch.endpoint_slot}
    slot = slots[name] if name in slots else batch.slot_of(name)
    return slot if slot >= 0 else _UNASKED


def _read_columns(engine: Engine, columns: dict[Any, Any], unknown: Others | tuple[()]) -> Batch:
    for name in (PRINCIPAL, ACTION):
        if name not in columns:
            raise RequestError(f"the batch has no column `{name}`")
    read: dict[str, tuple[NDArray[np.int32], Values]] = {}
    unknown_keys = columns.pop(UNKNOWN, None)
    count = -1
    slots: dict[str, int] = {}
    finder: Batch | None = None
    for name, column in columns.items():
        if isinstance(column, ColumnHandle):
            raise RequestError(f"column `{name}` is values alone; say with `take` which of them each request has")
        if isinstance(column, TakenColumn):
            slots[name] = column.handle.slot
            read[name] = _taken(engine, name, column)
        else:
            finder = finder or Batch(engine, 0, unknown)
            slots[name] = _slot(finder, name)
            read[name] = _dictionary(name, column, is_typed=finder.is_typed(slots[name]))
        length = len(read[name][0])
        if length != count >= 0:
            raise _strange_length(name, length, count)
        count = length
    batch = Batch(engine, count, unknown)
    _fill(batch, PRINCIPAL, slots.pop(PRINCIPAL), *read.pop(PRINCIPAL))
    if RESOURCE not in read:
        _fill(batch, RESOURCE, 1, np.zeros(count, dtype=np.int32), ["*"])
    keys_of_requests = [] if unknown_keys is None else _key_lists(unknown_keys, count)
    for i, keys in enumerate(keys_of_requests):
        if keys is OTHERS:
            batch.fill_unknown(i, keys)
    filled: dict[int, str] = {}
    for name, (codes, values) in read.items():
        slot = slots[name]
        if slot in filled:
            raise RequestError(
                f"the columns `{filled[slot]}` and `{name}` are one key; the case of a key's letters does not matter"
            )
        if slot >= 0:
            filled[slot] = name
            _fill(batch, name, slot, codes, values)
    for i, keys in enumerate(keys_of_requests):
        if keys is not OTHERS and keys is not None:
            try:
                batch.fill_unknown(i, keys)
            except TypeError as error:
                raise RequestError(f"request {i}: {error}") from None
    return batch


def _fill(batch: Batch, name: str, slot: int, codes: NDArray[np.int32], values: Values) -> None:
    try:
        if name == PRINCIPAL:
            batch.fill_principals(codes, values)
        else:
            batch.fill_column(slot, codes, values)
    except IndexError:
        if name in (PRINCIPAL, ACTION) and codes.min() == -1:
            raise RequestError(f"column `{name}` has no value for request {int(np.argmin(codes))}") from None
        raise _strange_code(name, codes, len(values)) from None


def _strange_code(name: str, codes: NDArray[Any], count: int) -> RequestError:
    i = int(np.argmax((codes < -1) | (codes >= count)))
    hint = f"there are {count} values, counted from 0, and -1 is none"
    return RequestError(f"column `{name}` has the code {int(codes[i])} for request {i}; {hint}")


def _taken(engine: Engine, name: str, column: TakenColumn) -> tuple[NDArray[np.int32], ColumnHandle]:
    """Return codes and values of a column whose values have been read."""
    handle = column.handle
    if handle.table is not engine.table:
        raise RequestError(f"{handle!r} was made for another table; ask this authorizer for one")
    if handle.name != name and handle.slot != _slot(Batch(engine, 0, ()), name):
        raise RequestError(f"column `{name}` was given {handle!r}")
    codes = np.asarray(column.codes)
    if codes.ndim != 1 or (codes.dtype is not _INT32 and codes.size and codes.dtype.kind not in "iu"):
        raise RequestError(f"the codes of column `{name}` are no array of integers")
    # A number that does not fit must not become one that does.
    if codes.dtype is not _INT32 and ((codes < -1) | (codes >= len(handle))).any():
        raise _strange_code(name, codes, len(handle))
    return np.ascontiguousarray(codes, dtype=_INT32), handle


def _strange_length(name: str, length: int, count: int) -> RequestError:
    return RequestError(f"column `{name}` has {length} requests, the columns before it have {count}")


def _key_lists(column: Any, count: int) -> list[Any]:
    keys: list[Any]
    if hasattr(column, "to_pylist"):
        keys = column.to_pylist()
    elif isinstance(column, Iterable) and not isinstance(column, str | bytes):
        keys = list(column)
    else:
        raise RequestError(f"column `{UNKNOWN}` is no array")
    if len(keys) != count:
        raise _strange_length(UNKNOWN, len(keys), count)
    return keys


def _dictionary(name: str, column: Any, *, is_typed: bool) -> tuple[NDArray[np.int32], OwnValues]:
    """Return a code per request (-1: no value) and the values: texts, or tuples of texts.

    They are distinct, or nearly so, but for a column `is_typed`: there reading a value twice costs less than telling
    values apart.
    """
    if hasattr(column, "to_pylist"):
        return _arrow_dictionary(name, column, is_typed=is_typed)
    if isinstance(column, str | bytes | Mapping) or not hasattr(column, "__len__") or not hasattr(column, "__iter__"):
        raise RequestError(f"column `{name}` is no array")
    if isinstance(column, np.ndarray):
        if column.ndim != 1:
            raise RequestError(f"column `{name}` has {column.ndim} dimensions; give one")
        if column.dtype.kind in "biuU" and not isinstance(column, np.ma.MaskedArray):
            values, codes = np.unique(column, return_inverse=True)
            return codes.astype(np.int32), [_value(name, value) for value in values.tolist()]
        column = column.tolist()
    return _intern(name, column)


def _value(name: str, value: Any) -> str | tuple[str, ...]:
    if name in _TEXT_PARTS and not isinstance(value, str):
        raise RequestError(f"column `{name}` holds a value of type {type(value).__name__}; give text")
    return context_value(name, value)


def _intern(name: str, column: Iterable[Any]) -> tuple[NDArray[np.int32], OwnValues]:
    return number_values(column, lambda value: _value(name, value))


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
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise RequestError(f"the Arrow data is no table of requests: {_first_line(error)}") from None
    columns: dict[str, Any] = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        if name in columns:
            raise RequestError(f"the batch has two columns `{name}`")
        columns[name] = column
    return columns


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]


def _arrow_dictionary(name: str, column: Any, *, is_typed: bool) -> tuple[NDArray[np.int32], OwnValues]:
    import pyarrow as pa

    if isinstance(column, pa.Array):
        column = pa.chunked_array([column])
    try:
        texts = _arrow_texts(name, column)
        if texts is None:
            return _intern(name, column.to_pylist())
        if is_typed and not pa.types.is_dictionary(texts.type):
            return _arrow_rows(texts)
        return _arrow_codes(texts)
    except (pa.ArrowException, UnicodeDecodeError) as error:
        raise RequestError(f"column `{name}` cannot be read: {_first_line(error)}") from None


def _arrow_texts(name: str, column: Any) -> Any:
    """Return a column as texts, plain or as a dictionary; None when its values must be looked at one by one."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = column.type
    if pa.types.is_dictionary(kind):
        if column.num_chunks == 1 and kind.index_type == pa.int32() and _is_laid_out(kind.value_type):
            return column
        column.validate(full=True)
        # Arrow unites no dictionaries that hold null.
        is_united = column.num_chunks < 2 or not any(chunk.dictionary.null_count for chunk in column.chunks)
        if is_united and _is_text(kind.value_type):
            # The codes may be too narrow for the dictionaries of all chunks together.
            codes, texts = pa.int32(), pa.large_string()
            chunks = [
                pa.DictionaryArray.from_arrays(chunk.indices.cast(codes), chunk.dictionary.cast(texts))
                for chunk in column.chunks
            ]
            return pa.chunked_array(chunks, pa.dictionary(codes, texts))
        column = column.cast(kind.value_type)
        kind = column.type
    if _is_laid_out(kind):
        return column
    column.validate(full=True)
    if _is_text(kind) or pa.types.is_null(kind):
        return column.cast(pa.large_string())
    if name in _TEXT_PARTS:
        return None
    if pa.types.is_boolean(kind) or pa.types.is_integer(kind):
        return column.cast(pa.string())
    if pa.types.is_timestamp(kind):
        # An instant without zone is one in UTC, as IAM reads it (R85).
        options = pc.StrftimeOptions("%Y-%m-%dT%H:%M:%SZ")
        return pc.call_function("strftime", [column.cast(pa.timestamp(kind.unit, "UTC"))], options)
    return None


def _is_text(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _is_laid_out(kind: Any) -> bool:
    """Tell whether texts of a type are as `Texts` reads them."""
    import pyarrow as pa

    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _arrow_codes(column: Any) -> tuple[NDArray[np.int32], OwnValues]:
    """Return the codes and the texts of a column, where they are."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    array = _one_chunk(column if column.num_chunks == 1 else column.unify_dictionaries())
    if array is None:
        return np.empty(0, dtype=np.int32), []
    array.validate(full=True)
    indices, values = array.indices.cast(pa.int32()), array.dictionary
    codes: NDArray[np.int32] = pc.fill_null(indices, -1).to_numpy() if indices.null_count else indices.to_numpy()
    if values.null_count:
        is_null = pc.call_function("is_null", [values]).to_numpy(zero_copy_only=False)
        codes = np.where((codes >= 0) & is_null[codes], np.int32(-1), codes)
    return codes, _texts_of(values)


def _arrow_rows(column: Any) -> tuple[NDArray[np.int32], OwnValues]:
    """Return the texts of a column row by row, with a code of its own for each."""
    import pyarrow.compute as pc

    array = _one_chunk(column)
    if array is None:
        return np.empty(0, dtype=np.int32), []
    array.validate(full=True)
    codes = np.arange(len(array), dtype=np.int32)
    if array.null_count:
        codes[pc.call_function("is_null", [array]).to_numpy(zero_copy_only=False)] = -1
    return codes, _texts_of(array)


def _one_chunk(column: Any) -> Any:
    """Return the whole column as one array, or None for one without rows."""
    if not len(column):
        return None
    array = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
    return array.chunk(0) if hasattr(array, "num_chunks") else array


def _texts_of(array: Any) -> OwnValues:
    """Return the texts of a validated array without copying them."""
    import pyarrow as pa

    if not len(array):
        return []
    _, offsets, data = array.buffers()
    is_wide = pa.types.is_large_string(array.type)
    start = offsets.address + (8 if is_wide else 4) * array.offset
    # Texts that are all empty may have no data; they are empty texts all the same.
    return Texts(len(array), start if data is None else data.address, start, is_wide, array)
