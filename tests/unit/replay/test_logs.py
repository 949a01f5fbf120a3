"""Reading of log files: every shape that CloudTrail delivers, and every kind of damage."""

from __future__ import annotations

import gzip
import io
import json
import sys
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gatewright.replay import logs
from gatewright.replay.logs import LogError, Reading, find_logs, read_events

Maker = Callable[..., dict[str, Any]]


def read(*paths: Path | str) -> tuple[list[tuple[str, int, str | None]], Reading]:
    reading = Reading()
    files = find_logs(map(str, paths), reading)
    found = [(Path(file).name, position, event.event_name) for file, position, event in read_events(files, reading)]
    return found, reading


def records(*documents: dict[str, Any]) -> bytes:
    return json.dumps({"Records": documents}).encode()


def lines(*documents: dict[str, Any]) -> bytes:
    return b"".join(json.dumps(document).encode() + b"\n" for document in documents)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("name", ["a.json", "b.jsonl", "c.ndjson", "d.json"])
def test_every_delivered_shape_is_read(tmp_path: Path, document: Maker, name: str, packed: bool) -> None:
    """A `Records` document and JSON lines are read under any of their names, packed or not."""
    content = (records if name == "a.json" else lines)(document("One"), document("Two"))
    path = tmp_path / (name + ".gz" if packed else name)
    path.write_bytes(gzip.compress(content) if packed else content)
    found, reading = read(path)
    assert found == [(path.name, 1, "One"), (path.name, 2, "Two")]
    assert not reading.problems


def test_unusual_but_whole_files_are_read(tmp_path: Path, document: Maker) -> None:
    """Indented documents, a lone event, a mark of byte order, documents in a row and packed members are no damage."""
    one, two = document("One"), document("Two")
    (tmp_path / "a.json").write_text(json.dumps({"Records": [one, two]}, indent=2))
    (tmp_path / "b.json").write_text(json.dumps(one, indent=2))
    (tmp_path / "c.json").write_bytes(b"\xef\xbb\xbf" + records(document("Three")))
    (tmp_path / "d.json").write_bytes(records(document("Four")) + records(document("Five")))
    (tmp_path / "e.json.gz").write_bytes(
        gzip.compress(lines(document("Six"))) + gzip.compress(lines(document("Seven")))
    )
    (tmp_path / "f.jsonl").write_bytes(records(document("Eight"), document("Nine")) + b"\n\n" + lines(document("Ten")))
    (tmp_path / "g.json").write_bytes(json.dumps({"version": 1, "Records": [document("Eleven")]}).encode())
    found, reading = read(tmp_path)
    names = "One Two Three Four Five Six Seven Eight Nine Ten Eleven".split()
    assert [name for _, _, name in found] == names
    assert reading.duplicates == 1
    assert not reading.problems


def test_standard_input_is_sniffed(monkeypatch: pytest.MonkeyPatch, document: Maker) -> None:
    """A dash reads standard input, packed or not, whatever the shape."""
    for content in (records(document("One")), gzip.compress(lines(document("One")))):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
        found, reading = read("-")
        assert found == [("<stdin>", 1, "One")]
        assert not reading.problems


def test_folders_are_searched_and_digests_skipped(tmp_path: Path, document: Maker) -> None:
    """Folders are read recursively in order; digests and foreign files are counted, not read."""
    deep = tmp_path / "AWSLogs" / "1" / "CloudTrail" / "eu-west-1"
    deep.mkdir(parents=True)
    digest = tmp_path / "AWSLogs" / "1" / "CloudTrail-Digest"
    digest.mkdir()
    (deep / "b.json").write_bytes(records(document("Two")))
    (deep / "a.json.gz").write_bytes(gzip.compress(records(document("One"))))
    (deep / "1_CloudTrail-Digest_eu-west-1.json.gz").write_bytes(b"not read")
    (digest / "d.json.gz").write_bytes(b"not read")
    (deep / "notes.txt").write_text("not read")
    found, reading = read(tmp_path)
    assert [name for _, _, name in found] == ["One", "Two"]
    assert (reading.files, reading.digests, reading.other_files, reading.problems) == (2, 2, 1, [])


def test_a_missing_log_is_an_error(tmp_path: Path) -> None:
    """A name that does not exist stops the replay before anything is read."""
    with pytest.raises(LogError, match="no such file or folder"):
        find_logs([str(tmp_path / "none.json")], Reading())


def test_an_event_delivered_twice_is_read_once(tmp_path: Path, document: Maker) -> None:
    """The second delivery of an event id is counted; events without an id are never taken for duplicates."""
    one = document("One")
    bare = {key: value for key, value in document("Bare").items() if key != "eventID"}
    (tmp_path / "a.jsonl").write_bytes(lines(one, bare, bare, one))
    found, reading = read(tmp_path)
    assert [name for _, _, name in found] == ["One", "Bare", "Bare"]
    assert (reading.events, reading.duplicates) == (4, 1)


def test_duplicate_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """At most twice the window of ids is kept, and an id within the window is found."""
    monkeypatch.setattr(logs, "DUPLICATE_WINDOW", 100)
    duplicates = logs.RecentIds()
    for number in range(10_000):
        assert not duplicates.seen(f"{number}" * 50)
        assert number < 100 or duplicates.seen(f"{number - 99}" * 50)
        assert len(duplicates._new) + len(duplicates._old) <= 200


def test_truncated_gzip_keeps_what_came_before(tmp_path: Path, document: Maker) -> None:
    """However a packed file of lines is cut, its whole lines are read and the cut is reported."""
    packed = gzip.compress(lines(*(document(f"E{index}", userAgent=str(index) * 99) for index in range(300))))
    for cut in (1, 2, 5, 9, 10, 11, 40, len(packed) // 2, len(packed) - 9, len(packed) - 8, len(packed) - 1):
        path = tmp_path / "a.jsonl.gz"
        path.write_bytes(packed[:cut])
        found, reading = read(path)
        assert [name for _, _, name in found] == [f"E{index}" for index in range(len(found))]
        assert reading.problem_count >= 1, cut
        assert all(problem.file == str(path) for problem in reading.problems)
        if cut > len(packed) - 9:
            assert len(found) == 300


def test_truncated_document_keeps_whole_records(tmp_path: Path, document: Maker) -> None:
    """Of a document that breaks off, the whole records before the break are read."""
    packed = gzip.compress(records(*(document(f"E{index}", userAgent=str(index) * 99) for index in range(300))))
    path = tmp_path / "a.json.gz"
    path.write_bytes(packed[: len(packed) * 9 // 10])
    found, reading = read(path)
    assert 100 < len(found) < 300
    assert "cut short" in str(reading.problems[0])
    assert f"{len(found)} whole records" in str(reading.problems[0])


def test_corrupt_gzip_is_reported(tmp_path: Path, document: Maker) -> None:
    """Damage in the middle of a packed file is reported, the other files are read."""
    packed = bytearray(gzip.compress(records(*(document(f"E{index}") for index in range(50)))))
    packed[len(packed) // 2 : len(packed) // 2 + 20] = b"\xff" * 20
    (tmp_path / "a.json.gz").write_bytes(packed)
    (tmp_path / "b.json").write_bytes(records(document("Good")))
    found, reading = read(tmp_path)
    assert found[-1] == ("b.json", 1, "Good")
    assert reading.problem_count >= 1


def test_wrong_checksum_is_reported(tmp_path: Path, document: Maker) -> None:
    """A packed file whose checksum does not fit is reported."""
    packed = bytearray(gzip.compress(lines(document("One"))))
    packed[-8] ^= 1
    (tmp_path / "a.jsonl.gz").write_bytes(packed)
    _, reading = read(tmp_path)
    assert "damaged" in str(reading.problems[0])


@pytest.mark.parametrize("name", ["a.json.gz", "a.jsonl.gz"])
def test_gzip_bomb_costs_bounded_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """A file that expands without end is given up at the limit, in little memory."""
    monkeypatch.setattr(logs, "DOCUMENT_LIMIT", 8 << 20)
    monkeypatch.setattr(logs, "FILE_LIMIT", 32 << 20)
    packer = zlib.compressobj(9, wbits=31)
    block = b" " * (1 << 20)
    head = b'{"Records":[' if name == "a.json.gz" else b'{"eventName":"'
    content = packer.compress(head) + b"".join(packer.compress(block) for _ in range(256)) + packer.flush()
    (tmp_path / name).write_bytes(content)
    tracemalloc.start()
    found, reading = read(tmp_path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert not found
    assert "exceeds" in str(reading.problems[0])
    assert peak < 64 << 20


BAD_LINES = {
    "not JSON": b'{"eventName": }',
    "deep": b'{"eventName":"A","requestParameters":' + b"[" * 10_000 + b"]" * 10_000 + b"}",
    "deep and skipped": b'{"eventName":"A","other":' + b'{"a":' * 10_000 + b"1" + b"}" * 10_000 + b"}",
    "not UTF-8": b'{"eventName":"\xff\xfe"}',
    "lone surrogate": b'{"eventName":"\\ud800"}',
    "scalar": b"17",
    "list": b"[1]",
    "text": b'"eventName"',
    "wrong type": b'{"eventName":["A"]}',
    "wrong inner type": b'{"eventName":"A","userIdentity":{"arn":7}}',
    "no event": b"{}",
    "number out of range": b'{"eventName":"A","requestParameters":1e999}',
    "unfinished": b'{"eventName":"A"',
    "too large": b'{"eventName":"' + b"A" * 300_000 + b'"}',
}


@pytest.mark.parametrize("kind", BAD_LINES)
def test_a_bad_line_spoils_no_other(tmp_path: Path, document: Maker, kind: str) -> None:
    """A line that is no event is reported with its file, its number and a reason in one line, and the rest is read."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(lines(document("One")) + BAD_LINES[kind] + b"\n" + lines(document("Three")))
    found, reading = read(path)
    assert [(position, name) for _, position, name in found] == [(1, "One"), (3, "Three")]
    assert reading.problem_count == 1
    text = str(reading.problems[0])
    assert text.startswith(f"{path}:2: ")
    assert "\n" not in text
    assert not text.endswith(".")


@pytest.mark.parametrize("kind", [kind for kind in BAD_LINES if kind not in ("unfinished", "scalar", "list", "text")])
def test_a_bad_record_spoils_no_other(tmp_path: Path, document: Maker, kind: str) -> None:
    """A record that is no event is reported, and the other records of its document are read."""
    one, three = (json.dumps(document(name)).encode() for name in ("One", "Three"))
    path = tmp_path / "a.json"
    path.write_bytes(b'{"Records":[' + one + b"," + BAD_LINES[kind] + b"," + three + b"]}")
    found, reading = read(path)
    assert [name for _, _, name in found] == ["One", "Three"]
    assert reading.problem_count >= 1


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"   \n",
        b"{",
        b"[[[",
        b"}",
        b'{"Records":{}}',
        b'{"Records":null}',
        b'{"Records":"x"}',
        b"\x1f\x8b",
        b"null",
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b'{"Records":[' * 1_000,
        b'"' + b'\\"' * 50_000,
        b"\0" * 1_000,
        b" " * 300_000,
        b'{"Records":[' + b" " * 300_000,
    ],
)
def test_a_file_without_events_is_reported(tmp_path: Path, content: bytes) -> None:
    """A file that holds no event never passes in silence."""
    (tmp_path / "a.json").write_bytes(content)
    found, reading = read(tmp_path)
    assert not found
    assert reading.problem_count >= 1


def test_problems_are_kept_up_to_a_limit(tmp_path: Path) -> None:
    """A million bad lines cost a bounded list and are all counted."""
    (tmp_path / "a.jsonl").write_bytes(b"{}\n" * 5_000)
    _, reading = read(tmp_path)
    assert reading.problem_count == 5_000
    assert len(reading.problems) == logs.REPORTED_LIMIT


def test_unreadable_file_is_reported(tmp_path: Path, document: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that cannot be opened is reported, and the next one is read."""
    (tmp_path / "a.json").write_bytes(records(document("One")))
    (tmp_path / "b.json").write_bytes(records(document("Two")))
    reading = Reading()
    files = find_logs([str(tmp_path)], reading)
    (tmp_path / "a.json").unlink()
    found = [event.event_name for _, _, event in read_events(files, reading)]
    assert found == ["Two"]
    assert "cannot be read: no such file" in str(reading.problems[0])
