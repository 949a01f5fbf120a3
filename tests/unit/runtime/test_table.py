"""Tables as objects and as files: whole or not at all, never written to, the same wherever they go."""

from __future__ import annotations

import copy
import os
import pickle
import stat
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from strategies import USERS
from tables import damage, elements, read_header, small_tables

import gatewright as gw
from gatewright.runtime import TableFormatError
from gatewright.runtime import _table as native
from gatewright.runtime.layout import HEADER, SECTIONS

REQUEST = (USERS[0], "s3:GetObject", "arn:aws:s3:::pears/x", {"aws:username": "x"})


@cache
def table() -> gw.Table:
    """Compile a table once."""
    return small_tables()["texts"]


def answer(asked: gw.Table) -> gw.Answer:
    """Ask a table one thing."""
    return gw.Authorizer(asked).authorize(*REQUEST)


# ---- files ----


def test_open_after_save_is_identity(tmp_path: Path) -> None:
    """A table comes back from a file byte by byte, whatever names the path."""
    for path in (tmp_path / "a.gwt", str(tmp_path / "b.gwt"), os.fsencode(tmp_path / "c.gwt")):
        table().save(path)
        opened = gw.Table.open(path)
        assert bytes(opened) == bytes(table())
        assert answer(opened) == answer(table())
        assert gw.Authorizer.open(os.fsdecode(path)).authorize(*REQUEST) == answer(table())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.gwt", "b.gwt", "c.gwt"]


def test_save_in_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bare file name is a path too."""
    monkeypatch.chdir(tmp_path)
    table().save("x.gwt")
    assert [path.name for path in tmp_path.iterdir()] == ["x.gwt"]


def test_saving_keeps_to_the_umask(tmp_path: Path) -> None:
    """The file gets the permissions that any new file gets."""
    before = os.umask(0o027)
    try:
        table().save(tmp_path / "x.gwt")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "x.gwt").stat().st_mode) == 0o640


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_failing_to_save_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """When the disk is full the old table is still there, and nothing else."""
    path = tmp_path / "x.gwt"
    path.write_bytes(b"old")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, step, fail)
    with pytest.raises(OSError, match="No space left"):
        table().save(path)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_saving_over_an_open_table(tmp_path: Path) -> None:
    """Who has the old file open keeps the old table."""
    path = tmp_path / "x.gwt"
    table().save(path)
    old = gw.Table.open(path)
    other = small_tables()["typed"]
    other.save(path)
    assert bytes(old) == bytes(table())
    assert bytes(gw.Table.open(path)) == bytes(other)
    old.save(path)
    assert bytes(gw.Table.open(path)) == bytes(table())


def test_what_is_no_file_does_not_open(tmp_path: Path) -> None:
    """A missing file, a folder, an empty file, a named pipe and a file of something else are told apart at once."""
    with pytest.raises(FileNotFoundError):
        gw.Table.open(tmp_path / "nowhere")
    with pytest.raises(IsADirectoryError):
        gw.Table.open(tmp_path)
    empty = tmp_path / "empty"
    empty.touch()
    with pytest.raises(TableFormatError, match="empty` is an empty file, no gatewright table"):
        gw.Table.open(empty)
    other = tmp_path / "other"
    other.write_text("{}" * 1000)
    with pytest.raises(TableFormatError, match="these bytes are no gatewright table"):
        gw.Table.open(other)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(TableFormatError, match="pipe` is no regular file"):
        gw.Table.open(pipe)


# ---- bytes ----


@pytest.mark.parametrize("form", [bytes, bytearray, memoryview, lambda data: np.frombuffer(data, dtype=np.uint64)])
def test_any_bytes_are_a_table(form: Callable[[bytes], Any]) -> None:
    """Whatever has a contiguous buffer."""
    assert bytes(gw.Table(form(bytes(table())))) == bytes(table())


@pytest.mark.parametrize("shift", range(1, 9))
def test_bytes_at_any_address(shift: int) -> None:
    """Bytes that start at an odd address are copied."""
    data = memoryview(bytes(shift) + bytes(table()))[shift:]
    assert bytes(gw.Table(data)) == bytes(table())
    assert answer(gw.Table(data)) == answer(table())


def test_a_table_does_not_change_with_its_buffer() -> None:
    """What can be written is copied: nothing may change behind the verifier's back."""
    data = bytearray(bytes(table()))
    array = np.frombuffer(bytearray(data), dtype=np.uint8).copy()
    from_bytes, from_array = gw.Table(data), gw.Table(array)
    data[HEADER.itemsize :] = bytes(len(data) - HEADER.itemsize)
    array[:] = 0
    assert bytes(from_bytes) == bytes(from_array) == bytes(table())


def test_what_is_no_buffer_is_no_table() -> None:
    """Objects without a buffer, and buffers with gaps."""
    with pytest.raises(TypeError):
        gw.Table(3)  # type: ignore[arg-type]
    with pytest.raises(TableFormatError, match="one contiguous run of bytes"):
        gw.Table(memoryview(bytes(table()))[::2])
    for nothing in (b"", bytearray(), memoryview(b"")):
        with pytest.raises(TableFormatError, match="no gatewright table"):
            gw.Table(nothing)


def test_sections_cannot_be_written() -> None:
    """The views that a table gives out are for reading."""
    for name in SECTIONS:
        view = table().section(name)
        assert view.readonly
        assert (
            len(view)
            == int(read_header(table())["sections"][list(SECTIONS).index(name)]["count"])
            * np.dtype(SECTIONS[name]).itemsize
        )
    with pytest.raises(KeyError):
        table().section("nothing")


def test_layout_is_that_of_c() -> None:
    """The records of numpy have the sizes of the C structs."""
    assert native.ELEMENT_BYTES == tuple(np.dtype(dtype).itemsize for dtype in SECTIONS.values())


# ---- copies ----


def test_a_copy_is_the_table_itself() -> None:
    """Nobody can tell copies of what never changes."""
    assert copy.copy(table()) is table()
    assert copy.deepcopy({"table": table()})["table"] is table()


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_tables_and_authorizers_pickle(protocol: int) -> None:
    """They come back equal, and answer the same."""
    restored = pickle.loads(pickle.dumps(table(), protocol))
    assert bytes(restored) == bytes(table())
    authorizer = pickle.loads(pickle.dumps(gw.Authorizer(table()), protocol))
    assert authorizer.authorize(*REQUEST) == answer(table())
    assert copy.copy(authorizer).authorize(*REQUEST) == answer(table())
    assert copy.deepcopy(authorizer).authorize(*REQUEST) == answer(table())
    assert pickle.loads(pickle.dumps(gw.OTHERS, protocol)) is gw.OTHERS


def ask_elsewhere(authorizer: gw.Authorizer) -> gw.Answer:
    """Ask in another process."""
    return authorizer.authorize(*REQUEST)


def test_another_process_answers_the_same() -> None:
    """An authorizer travels to a process that was started afresh."""
    with get_context("spawn").Pool(1) as pool:
        assert pool.map(ask_elsewhere, [gw.Authorizer(table())]) == [answer(table())]


# ---- what only a hostile table can do ----

NOTES = ["", "null", "[]", "{}", "3", '{"statements": []}', '{"statements": [[0]], "documents": [], "tests": []}',
         '{"statements": [[0, 0, null, []]], "documents": [["a"]], "tests": [3]}', "[" * 500]  # fmt: skip


@pytest.mark.parametrize("notes", NOTES, ids=range(len(NOTES)))
def test_damaged_notes_are_told(notes: str) -> None:
    """Sealed notes of any shape decide nothing; asking where a statement comes from says that they are damaged."""
    data = bytearray(bytes(table()))
    room = elements(data, "notes")
    room[:] = np.frombuffer(notes.ljust(len(room)).encode(), dtype=np.uint8)
    del room
    native.seal(data)
    authorizer = gw.Authorizer(gw.Table(bytes(data)))
    result = authorizer.authorize_batch([REQUEST])
    assert result.decision.tolist() == [gw.Decision.ALLOW]
    with pytest.raises(TableFormatError, match=r"^the table is damaged in section `notes`$"):
        authorizer.authorize(*REQUEST)
    with pytest.raises(TableFormatError, match=r"^the table is damaged in section `notes`$"):
        authorizer.explain(*REQUEST)


def test_deep_notes_are_told() -> None:
    """Notes that nest beyond reason."""
    header = read_header(table())
    body = bytes(table())[HEADER.itemsize : int(header["sections"][-1]["offset"])] + b"[" * 200_000
    header["sections"][-1]["count"] = 200_000
    header["total_bytes"] = HEADER.itemsize + len(body)
    data = bytearray(header.tobytes() + body)
    native.seal(data)
    with pytest.raises(TableFormatError, match=r"^the table is damaged in section `notes`$"):
        _ = gw.Table(bytes(data)).notes


def test_damaged_names_are_told() -> None:
    """A name that is no text, in a sealed table."""
    data = damage(table(), [("text", 0, 0xFF)])
    with pytest.raises(TableFormatError, match=r"^the table is damaged in section `text`$"):
        _ = gw.Table(data).principals


@pytest.mark.parametrize("index", [-1, 10**6, 2**40])
def test_no_such_statement(index: int) -> None:
    """A number that no statement has."""
    with pytest.raises(IndexError):
        gw.Authorizer(table()).statement(index)


def test_the_runtime_needs_no_compiler(tmp_path: Path) -> None:
    """A process that opens a table and asks it loads no compiler."""
    path = tmp_path / "x.gwt"
    table().save(path)
    code = (
        "import sys, gatewright as gw\n"
        f"print(gw.Authorizer.open({str(path)!r}).authorize(*{REQUEST!r}).decision.name)\n"
        "sys.exit(any(name.startswith('gatewright.compiler') for name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "ALLOW\n", "")
