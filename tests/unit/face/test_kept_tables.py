"""Tables that `gatewright compile --cache` keeps, and the progress that it shows."""

from __future__ import annotations

import io
import os
import shutil
from pathlib import Path

import pytest

import gatewright as gw
from gatewright import kept_tables
from gatewright.cli import main
from gatewright.commands import compile as command
from gatewright.terminal import Terminal

STORE = Path(__file__).parents[3] / "examples" / "store"


def refuse(*_: object, **__: object) -> None:
    raise AssertionError("it was kept")


def compile_store(store: Path, folder: Path, *flags: str) -> bytes:
    output = folder / "table"
    assert main(["compile", str(store), "-o", str(output), "--cache", str(folder / "kept"), *flags]) == 0
    return output.read_bytes()


def test_an_unchanged_store_is_not_compiled_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The second table is the first one, with the same count of findings; a changed file or option makes a new one."""
    store = tmp_path / "store"
    shutil.copytree(STORE, store)
    whole = compile_store(store, tmp_path)
    first = capsys.readouterr()
    with monkeypatch.context() as patch:
        patch.setattr("gatewright.store.check_reading", refuse)
        assert compile_store(store, tmp_path) == whole
        second = capsys.readouterr()
        assert second.err == first.err and "as kept" in second.out and "as kept" not in first.out
        with pytest.raises(AssertionError, match="kept"):
            compile_store(store, tmp_path, "--max-table-bytes", str(len(whole)))
        file = sorted((store / "accounts").iterdir())[0]
        file.write_bytes(file.read_bytes() + b"\n")
        with pytest.raises(AssertionError, match="kept"):
            compile_store(store, tmp_path)
    assert compile_store(store, tmp_path) == whole


def test_a_damaged_table_is_made_again(tmp_path: Path) -> None:
    """What was changed on disk is not used, and is replaced."""
    whole = compile_store(STORE, tmp_path)
    (kept,) = (tmp_path / "kept").iterdir()
    kept.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert compile_store(STORE, tmp_path) == whole == kept.read_bytes()


def test_so_many_tables_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last ones used, and no more bytes than allowed, but for the last; other files are left alone."""
    table = gw.compile(gw.PolicyStore.load(STORE))
    tables = kept_tables.KeptTables(tmp_path / "kept")
    (tmp_path / "kept" / "notes.gwt").write_text("mine", encoding="utf-8")
    keys = [f"{number:064x}" for number in range(kept_tables.KEPT_TABLES + 3)]
    for number, key in enumerate(keys):
        tables.keep(key, table, number)
        (path,) = (tmp_path / "kept").glob(f"{key}-*")
        os.utime(path, ns=(number, number))
    assert [tables.find(key) is not None for key in keys[:4]] == [False, False, False, True]
    kept = tables.find(keys[-1])
    assert kept is not None and kept.finding_count == len(keys) - 1
    monkeypatch.setattr(kept_tables, "KEPT_BYTES", 1)
    tables.keep("f" * 64, table, 0)
    assert sorted(path.name for path in (tmp_path / "kept").iterdir()) == [f"{'f' * 64}-0.gwt", "notes.gwt"]


def test_a_folder_of_others_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where somebody else may write, nothing is kept nor taken: one line says so."""
    folder = tmp_path / "kept"
    folder.mkdir()
    folder.chmod(0o777)
    arguments = ["compile", str(STORE), "-o", str(tmp_path / "table"), "--cache"]
    assert main([*arguments, str(folder)]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "others may write" in error
    (tmp_path / "file").touch()
    assert main([*arguments, str(tmp_path / "file" / "x")]) == 2
    assert capsys.readouterr().err.count("\n") == 1 and not (tmp_path / "table").exists()


class Screen(io.StringIO):
    """A terminal."""

    def isatty(self) -> bool:
        return True


def show(store: Path, folder: Path, err: io.StringIO) -> None:
    from argparse import ArgumentParser

    parser = ArgumentParser()
    command.add_arguments(parser)
    command.run(parser.parse_args([str(store), "-o", str(folder / "table")]), Terminal(io.StringIO(), err))


def test_a_terminal_shows_progress(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bar for each pass, which is taken away at the end; other streams see none of it."""
    monkeypatch.setenv("TERM", "xterm")
    texts: list[str] = []
    monkeypatch.setattr("rich.status.Status.update", lambda _, text: texts.append(text))
    screen, plain = Screen(), io.StringIO()
    show(STORE, tmp_path, screen)
    names = [text.split()[0] for text in texts]
    assert list(dict.fromkeys(names)) == ["check", "normalize", "lower", "flatten", "write"]
    assert {len(text) for text in texts} == {10 + command.BAR_WIDTH} and texts[-1].count("#") == command.BAR_WIDTH
    written = screen.getvalue()
    assert written.count("\x1b[?25l") == written.count("\x1b[?25h") == 1  # the cursor comes back
    show(STORE, tmp_path, plain)
    assert "\x1b" not in plain.getvalue() and "#" not in plain.getvalue()


def test_an_error_takes_the_progress_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error in the midst of it leaves a terminal as it was."""
    monkeypatch.setenv("TERM", "xterm")
    (tmp_path / "store" / "accounts").mkdir(parents=True)
    (tmp_path / "store" / "accounts" / "a.json").write_text("{", encoding="utf-8")
    screen = Screen()
    with pytest.raises(gw.PolicyError):
        show(tmp_path / "store", tmp_path, screen)
    written = screen.getvalue()
    assert written.count("\x1b[?25l") == written.count("\x1b[?25h") == 1


def test_a_table_of_other_code_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """A compiler that was changed, though its version was not, keeps tables of its own."""
    texts = [("accounts/a.json", "{}")]
    key = kept_tables.make_key(texts, ())
    assert kept_tables.make_key(texts, ()) == key
    monkeypatch.setattr(kept_tables, "_code", lambda: "another")
    assert kept_tables.make_key(texts, ()) != key
