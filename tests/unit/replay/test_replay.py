"""A replay from logs to exit code, outputs, summary and report."""

from __future__ import annotations

import csv
import html.parser
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gatewright.replay import ReplayOptions, replay
from gatewright.replay.output import OutputError, open_output

Maker = Callable[..., dict[str, Any]]
ALLOW_ALL = ("Allow", "*", "*")


def write_log(path: Path, *documents: dict[str, Any]) -> str:
    path.write_text("".join(json.dumps(document) + "\n" for document in documents))
    return str(path)


def run(log: str, engine: Any, proposed: Any = None, **options: Any) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    code = replay(ReplayOptions([log], **options), authorizer=engine, proposed=proposed, out=out, err=err)
    return code, out.getvalue(), err.getvalue()


def summary(log: str, engine: Any, proposed: Any = None, **options: Any) -> dict[str, Any]:
    code, out, _ = run(log, engine, proposed, as_json=True, **options)
    value: dict[str, Any] = json.loads(out)
    assert value["exit_code"] == code
    return value


@pytest.fixture
def mixed(tmp_path: Path, document: Maker, session: Callable[..., Any]) -> str:
    """Return a log with an allowed, a denied, an unknown, another account's and a foreign call, and a broken line."""
    log = write_log(
        tmp_path / "log.jsonl",
        document("GetObject"),
        document("PutObject", errorCode="AccessDenied", errorMessage="with an explicit deny in a session policy"),
        document("DeleteObjects", requestParameters={"bucketName": "books"}, userIdentity=session()),
        document("GetObject", userIdentity={"type": "AWSAccount", "accountId": "999999999999"}),
        document("GetObject", userIdentity=session("arn:aws:iam::123456789012:role/Other")),
        document("GetBucketPolicy", errorCode="NoSuchBucketPolicy"),
    )
    with open(log, "a") as stream:
        stream.write("{}\n")
    return log


def test_counts(mixed: str, engine: Callable[..., Any]) -> None:
    """Every event is evaluated or counted with its reason; every line that cannot be read is listed."""
    found = summary(
        mixed, engine(("Allow", "s3:GetO*", "*"), ("Allow", "s3:PutObject", "*"), ("Allow", "s3:D*", "x/*"))
    )
    assert (found["events"], found["evaluated"]) == (6, 4)
    assert found["decisions"] == {"implicit-deny": 1, "allow": 2, "explicit-deny": 0, "unknown": 1}
    assert found["not_evaluated"] == {
        "caller of another account: its own record tells who": 1,
        "principal not in the store": 1,
    }
    assert found["agreement"] == {
        "agrees": 1,
        "decided allow, recorded denied": 0,
        "decided deny, recorded allowed": 0,
        "decided allow, denied by a policy that is not in the store": 1,
        "undecided": 1,
        "outcome not told": 1,
    }
    assert found["principals_not_in_store"] == [{"principal": "arn:aws:iam::123456789012:role/Other", "events": 1}]
    assert found["unknown_keys"] == [{"key": "resource", "events": 1}]
    assert found["statements_never_used"] == {"count": 1, "list": ["policy 2 [s2]"]}
    assert found["logs"]["problem_list"][0]["position"] == 7


def test_batches_do_not_change_the_result(mixed: str, engine: Callable[..., Any]) -> None:
    """The size of the batches is invisible."""
    results = [summary(mixed, engine(ALLOW_ALL), engine(), batch_size=size) for size in (1, 2, 3, 8192)]
    assert all(result == results[0] for result in results)


def test_exit_codes(tmp_path: Path, document: Maker, mixed: str, engine: Callable[..., Any]) -> None:
    """0 when nothing is revoked, 1 when something is, 2 when the replay fails; strict also counts what may be."""
    log = write_log(tmp_path / "one.jsonl", document("DeleteObjects", requestParameters={"bucketName": "b"}))
    everything, nothing, some = engine(ALLOW_ALL), engine(), engine(("Allow", "*", "arn:aws:s3:::b/*"))
    assert run(log, everything)[0] == 0
    assert run(log, everything, everything)[0] == 0
    assert run(log, nothing, everything)[0] == 0
    assert run(log, everything, nothing)[0] == 1
    assert run(log, everything, some)[0] == 0
    assert run(log, everything, some, strict=True)[0] == 1
    assert run(mixed, everything, everything)[0] == 0
    assert run(mixed, everything, everything, strict=True)[0] == 2
    assert run(str(tmp_path / "none"), everything)[0] == 2
    assert run(write_log(tmp_path / "empty.jsonl"), everything)[0] == 2


def test_a_removed_principal_loses_access(tmp_path: Path, document: Maker, engine: Callable[..., Any]) -> None:
    """A caller that only one store knows is denied by the other."""
    log = write_log(tmp_path / "log.jsonl", document())
    assert summary(log, engine(ALLOW_ALL), engine(ALLOW_ALL, principals=()))["changes"]["access revoked"] == 1
    assert summary(log, engine(ALLOW_ALL, principals=()), engine(ALLOW_ALL))["changes"]["access gained"] == 1


def test_changes_name_the_statements(tmp_path: Path, document: Maker, engine: Callable[..., Any]) -> None:
    """A change is listed with the statements responsible on both sides."""
    log = write_log(tmp_path / "log.jsonl", document(), document())
    found = summary(log, engine(ALLOW_ALL), engine(ALLOW_ALL, ("Deny", "s3:*", "*")))
    assert found["changed"] == [
        {
            "change": "access revoked",
            "principal": "arn:aws:iam::123456789012:user/dev/Bob",
            "action": "s3:GetObject",
            "now": "policy 0 [s0]",
            "proposed": "policy 1 [s1]",
            "events": 2,
        }
    ]


def records(path: Path) -> list[dict[str, Any]]:
    if path.suffix == ".csv":
        return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    if path.suffix == ".parquet":
        parquet = pytest.importorskip("pyarrow.parquet")
        rows: list[dict[str, Any]] = parquet.read_table(path).to_pylist()
        return rows
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("suffix", ["parquet", "jsonl", "csv"])
def test_output_has_a_record_per_event(tmp_path: Path, mixed: str, engine: Callable[..., Any], suffix: str) -> None:
    """Each event that could be read is one record, evaluated or not, in every format."""
    target = tmp_path / f"decisions.{suffix}"
    code, _, _ = run(mixed, engine(ALLOW_ALL), engine(), output=str(target))
    found = records(target)
    assert code == 1
    assert len(found) == 6
    first = {name: found[0][name] for name in ("action", "resource", "decision", "policy", "change", "outcome")}
    assert first == {
        "action": "s3:GetObject",
        "resource": "arn:aws:s3:::books/a/b.txt",
        "decision": "allow",
        "policy": "policy 0",
        "change": "access revoked",
        "outcome": "allowed",
    }
    assert found[1]["denied_by"] == "session"
    assert found[3]["reason"] == "caller of another account: its own record tells who"
    assert not found[3]["decision"]
    assert [int(record["position"]) for record in found] == [1, 2, 3, 4, 5, 6]


def test_parquet_times_are_times(tmp_path: Path, mixed: str, engine: Callable[..., Any]) -> None:
    """Parquet holds times as instants and repeated texts once."""
    parquet = pytest.importorskip("pyarrow.parquet")
    target = tmp_path / "d.parquet"
    run(mixed, engine(ALLOW_ALL), output=str(target))
    assert records(target)[0]["time"].isoformat() == "2026-10-01T12:00:00+00:00"
    group = parquet.ParquetFile(target).metadata.row_group(0)
    encodings = {group.column(index).path_in_schema: group.column(index).encodings for index in range(5)}
    assert "RLE_DICTIONARY" in encodings["file"]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_no_partial_output(tmp_path: Path, mixed: str, engine: Callable[..., Any], error: type[BaseException]) -> None:
    """An error or an interrupt leaves the old output as it was and nothing beside it."""

    def fail(requests: Any, *, unknown: Any = ()) -> Any:
        raise error

    broken = engine(ALLOW_ALL)
    broken.authorize_batch = fail
    target = tmp_path / "out" / "d.csv"
    target.parent.mkdir()
    target.write_text("old")
    with pytest.raises(error):
        run(mixed, broken, output=str(target))
    assert [path.name for path in target.parent.iterdir()] == ["d.csv"]
    assert target.read_text() == "old"


@pytest.mark.parametrize("name", ["d.txt", "d", "none/d.csv"])
def test_an_output_that_cannot_be_written_is_an_error(
    tmp_path: Path, mixed: str, engine: Callable[..., Any], name: str
) -> None:
    """A wrong ending or folder is told in one line, with exit code 2."""
    code, _, err = run(mixed, engine(ALLOW_ALL), output=str(tmp_path / name))
    assert code == 2
    assert err.startswith("gatewright: error: ")
    assert err.count("\n") == 1
    with pytest.raises(OutputError), open_output(tmp_path / name, False):
        pass


HOSTILE = ["=1+1", "+x", "-x", "@x", "\tx", " =x", "<script>alert(1)</script>", "\x1b[31mred", '"><img src=x>', "a\nb"]


@pytest.fixture
def hostile(tmp_path: Path, document: Maker) -> str:
    """Return a log whose every text is an attack on a spreadsheet, a browser or a terminal."""
    documents = [
        document(
            text,
            text,
            eventID=text,
            errorCode=text,
            userIdentity={
                "type": "IAMUser",
                "arn": f"arn:aws:iam::123456789012:user/{text}",
                "accountId": "123456789012",
            },
        )
        for text in HOSTILE
    ]
    documents += [document(requestParameters={"bucketName": "b", "key": text}) for text in HOSTILE]
    return write_log(tmp_path / "hostile.jsonl", *documents)


def test_csv_cells_are_no_formulas(tmp_path: Path, hostile: str, engine: Callable[..., Any]) -> None:
    """No cell can be read as a formula by a spreadsheet."""
    target = tmp_path / "d.csv"
    run(hostile, engine(ALLOW_ALL), output=str(target))
    with target.open(newline="", encoding="utf-8") as stream:
        cells = [cell for row in csv.reader(stream) for cell in row]
    assert "'=1+1" in cells
    assert not [cell for cell in cells if cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\n"))]


class Tags(html.parser.HTMLParser):
    """Collects the tags and attributes of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.add(tag)
        self.attributes |= {name for name, _ in attrs}


def test_the_report_escapes_everything(tmp_path: Path, hostile: str, engine: Callable[..., Any]) -> None:
    """The page has no script, no handler, no reference to anything outside, whatever the log holds."""
    target = tmp_path / "r.html"
    infos = engine(("Deny", "*", "*"))
    infos.statements[0] = type(infos.statements[0])("<script>x</script>", "<b>", "Deny", "*", "*")
    run(hostile, infos, engine(), report=str(target), store="<u>")
    page = target.read_text(encoding="utf-8")
    tags = Tags()
    tags.feed(page)
    assert tags.found <= set(
        "html head meta title style body main h1 h2 p br wbr code div b span section table thead tbody tr th td".split()
    ) | {"i", "footer"}
    assert tags.attributes <= {"lang", "charset", "http-equiv", "content", "name", "class", "style"}
    assert "&lt;script&gt;x&lt;/script&gt;" in page
    assert "url(" not in page
    assert not [char for char in page if not char.isprintable() and char != "\n"]


def test_the_terminal_is_not_obeyed(hostile: str, engine: Callable[..., Any]) -> None:
    """No control character of a log reaches the terminal."""
    _, out, err = run(hostile, engine())
    assert not [char for char in out + err if not char.isprintable() and char != "\n"]


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_tables_and_progress_on_a_terminal(mixed: str, hostile: str, engine: Callable[..., Any]) -> None:
    """On a terminal the summary is drawn, hostile names included, and progress shows on the other stream."""
    pytest.importorskip("rich")
    for log in (mixed, hostile):
        out, err = Terminal(), Terminal()
        options = ReplayOptions([log])
        assert replay(options, authorizer=engine(ALLOW_ALL), proposed=engine(), out=out, err=err) == 1
        assert "What changes" in out.getvalue()
        assert "\x1b[31mred" not in out.getvalue()


def test_a_change_that_many_share_is_told_once(tmp_path: Path, document: Maker, engine: Callable[..., Any]) -> None:
    """People see one entry for what the same statements decide, with everybody whom it concerns."""
    names = [f"arn:aws:iam::123456789012:user/u{number}" for number in range(7)]
    events = [
        document(action, userIdentity={"type": "IAMUser", "arn": name, "accountId": "123456789012"})
        for number, name in enumerate(names)
        for action in ["GetObject"] * (number + 1)
    ]
    log = write_log(tmp_path / "log.jsonl", *events)
    _, out, _ = run(log, engine(ALLOW_ALL, principals=tuple(names)), engine(principals=tuple(names)))
    changes = out.partition("What changes:\n")[2].partition("\n\n")[0].splitlines()
    users = ", ".join(f"123456789012:user/u{number}" for number in (6, 5, 4, 3, 2))
    assert [line.split(maxsplit=1) for line in changes] == [
        ["28", "access revoked"],
        ["principals", f"{users} and 2 more"],
        ["actions", "s3:GetObject"],
        ["now", "policy 0 [s0]"],
        ["proposed", "no statement allows it"],
    ]
