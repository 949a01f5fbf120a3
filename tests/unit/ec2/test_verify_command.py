"""``gatewright ec2 verify``."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from shared import shared

from gatewright.cli import main

# Signed by boto 2.0's rules (signature version 2) with an invented key.
KEY, SECRET = "AKIDMARAEXAMPLE00001", "an/invented+secret"


def row(**changes: Any) -> dict[str, Any]:
    """Return a recorded request, signed with botocore."""
    auth = pytest.importorskip("botocore.auth")
    awsrequest = pytest.importorskip("botocore.awsrequest")
    credentials = pytest.importorskip("botocore.credentials")
    data = changes.pop("data", {"Action": "StopInstances", "Version": "2016-11-15", "InstanceId.1": "i-0a1b2c3d"})
    host = changes.pop("host", "ec2.eu-west-1.amazonaws.com")
    request = awsrequest.AWSRequest("POST", f"https://{host}/", data=data)
    region = changes.pop("scope", "eu-west-1")
    auth.SigV4Auth(credentials.Credentials(KEY, SECRET), "ec2", region).add_auth(request)
    prepared = request.prepare()
    headers = [
        [name, value.decode() if isinstance(value, bytes) else value] for name, value in prepared.headers.items()
    ]
    stamp = dict(headers)["X-Amz-Date"]
    time = f"{stamp[:4]}-{stamp[4:6]}-{stamp[6:11]}:{stamp[11:13]}:{stamp[13:15]}Z"
    body = prepared.body.decode() if isinstance(prepared.body, bytes) else prepared.body
    recorded = {"method": "POST", "path": "/", "query": "", "headers": [["Host", host], *headers], "body": body}
    return {**recorded, "access_key": KEY, "secret_key": SECRET, "session_token": None, "time": time, **changes}


def verify(path: Path, capsys: pytest.CaptureFixture[str], *rows: dict[str, Any] | str, **options: str) -> Any:
    """Run the command; return the exit code and what it printed."""
    file = path / "requests.jsonl"
    file.write_text("".join((one if isinstance(one, str) else json.dumps(one)) + "\n" for one in rows))
    more = [text for name, value in options.items() for text in (f"--{name}", value)]
    code = main(["ec2", "verify", str(file), "--json", *more])
    captured = capsys.readouterr()
    return code, [json.loads(line) for line in captured.out.splitlines()], captured.err


def test_accepted_requests_are_shown_with_what_they_ask_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each line has the action, the resources with their keys, and what could not be mapped."""
    data = {"Action": "StopInstances", "Version": "2016-11-15", "InstanceId.1": "i-0a1b2c3d", "Force": "true"}
    code, (shown,), _ = verify(
        tmp_path, capsys, row(data=data, peer="198.51.100.7", is_secure=True, account="210987654321")
    )
    assert (code, shown["accepted"], shown["signature"], shown["access_key"]) == (0, True, "4", KEY)
    assert (shown["action"], shown["version"], shown["region"]) == ("ec2:StopInstances", "2016-11-15", "eu-west-1")
    (item,) = shown["authorizations"]
    assert item["resource"] == "arn:aws:ec2:eu-west-1:210987654321:instance/i-0a1b2c3d"
    assert item["kind"] == "instance" and item["context"]["ec2:Region"] == "eu-west-1"
    assert "aws:ResourceTag/*" in item["unknown"]
    assert shown["unmapped"] == ["Force"] and shown["context"]["aws:SourceIp"] == "198.51.100.7"


def test_text_says_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without ``--json`` the same is for people."""
    file = tmp_path / "requests.jsonl"
    file.write_text(json.dumps(row()) + "\n\n" + json.dumps(row(access_key="AKIDOTHER")) + "\n")
    assert main(["ec2", "verify", str(file)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "1 ec2:StopInstances 2016-11-15 in eu-west-1 accepted"
    assert lines[1] == "  arn:aws:ec2:eu-west-1:123456789012:instance/i-0a1b2c3d"
    assert "    ec2:Region = eu-west-1" in lines
    (refused,) = [line for line in lines if line.startswith("3 ")]
    assert "AuthFailure: " in refused


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"secret_key": "another"}, "AuthFailure"),
        ({"session_token": "x"}, "AuthFailure"),
        ({"verify_at": "time+16min"}, "RequestExpired"),
        ({"verify_at": "2011-05-15T00:00:00Z"}, "RequestExpired"),
        ({"body": "Action=TerminateInstances&Version=2016-11-15&InstanceId.1=i-0a1b2c3d"}, "AuthFailure"),
        ({"data": {"Action": "StopInstances", "Version": "2016-11-15"}}, "MissingParameter"),
        ({"data": {"Action": "StopAll", "Version": "2016-11-15"}}, "InvalidAction"),
        ({"scope": "us-east-1"}, "AuthFailure"),
    ],
)
def test_refused_requests_have_ec2s_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], changes: dict[str, Any], code: str
) -> None:
    """A wrong signature, and a request that cannot be read."""
    exit_code, (shown,), _ = verify(tmp_path, capsys, row(**changes))
    assert (exit_code, shown["accepted"], shown["code"]) == (1, False, code)
    assert shown["reason"] and shown["status"] >= 400


def test_proxies_and_instances_are_options(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The peer is a trusted proxy, the client an instance."""
    instances = tmp_path / "instances.json"
    entry = {"PrivateIpAddress": "10.1.0.5", "PublicIpAddress": "203.0.113.5"}
    instances.write_text(json.dumps({"Reservations": [{"Instances": [entry]}]}))
    recorded = row(peer="10.0.0.1")
    recorded["headers"].append(["X-Forwarded-For", "10.1.0.5"])
    options = {"instances": str(instances), "proxy": "10.0.0.0/24", "region": "eu-west-1"}
    _, (shown,), _ = verify(tmp_path, capsys, recorded, **options)
    assert shown["context"]["aws:SourceIp"] == "203.0.113.5"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", "1: not JSON"),
        ("[" * 100_000, "1: not JSON"),
        ("7", "1: no JSON object"),
        ("{}", "1: no member `path`"),
        ({"path": 7}, "1: `path` is no text"),
        ({"headers": None}, "`headers` is no list"),
        ({"headers": [["a"]]}, "`headers` is no list"),
        ({"time": "now"}, "is no time"),
        ({"verify_at": "time-1min"}, "is no time"),
        ({"verify_at": "9999-12-31T23:59:59-23:00"}, "is no time"),
        ({"is_secure": "yes"}, "`is_secure`"),
        ({"account": "x"}, "`account`"),
        ({"body": "\ud800"}, "half a character"),
    ],
)
def test_lines_that_are_no_requests_end_the_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], line: str | dict[str, Any], words: str
) -> None:
    """The message names file, line and member."""
    code, _, err = verify(tmp_path, capsys, line if isinstance(line, str) else row(**line))
    assert code == 2 and words in err and "requests.jsonl:1: " in err and err.count("\n") == 1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"account": "12"}, "`12` is no account"),
        ({"proxy": "10.0.0.0/99"}, "is no network"),
        ({"instances": __file__}, "not JSON"),
        ({"instances": "/nowhere/instances.json"}, "no such file"),
    ],
)
def test_bad_options_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: dict[str, str], words: str
) -> None:
    """In one line."""
    code, _, err = verify(tmp_path, capsys, **options)
    assert code == 2 and words in err and err.count("\n") == 1


def test_bad_arguments_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A task that is none, and a file that is not there."""
    for arguments, words in (
        (["ec2", "verfy", "x"], "did you mean `verify`"),
        (["ec2"], "required: TASK"),
        (["ec2", "verify", str(tmp_path / "nothing")], "no such file"),
        (["ec2", "verify", str(tmp_path)], "directory"),
        (["ec2", "verify", "a\0b"], "is not a file name"),
    ):
        assert main(arguments) == 2
        assert words in capsys.readouterr().err


def test_standard_input_is_read(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """``-`` is standard input."""
    text = io.TextIOWrapper(io.BytesIO(json.dumps(row()).encode()))
    monkeypatch.setattr("sys.stdin", text)
    assert main(["ec2", "verify", "-", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["accepted"]


@pytest.mark.parametrize("name", ["requests-boto3.jsonl", "requests-boto-2.0.jsonl"])
def test_recorded_requests_are_accepted(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What clients sent is authentic, and asks for what they were told to ask for."""
    file = shared("data") / "ec2-query" / name
    assert main(["ec2", "verify", str(file), "--json"]) == 0
    shown = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    expected = [json.loads(line)["expected_action"] for line in file.read_text().splitlines()]
    assert [one["action"] for one in shown] == expected


def test_tampered_requests_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """Each mutation is refused with the code that EC2 answers to it."""
    file = shared("data") / "ec2-query/requests-bad.jsonl"
    assert main(["ec2", "verify", str(file), "--json"]) == 1
    shown = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    codes = {"replayed": "RequestExpired", "Authorization": "MissingAuthenticationToken"}
    codes |= {"signature removed": "IncompleteSignature"}
    for one, recorded in zip(shown, rows, strict=True):
        assert recorded["auth"] == "reject" and not one["accepted"]
        wanted = {code for start, code in codes.items() if recorded["why"].startswith(start)} or {"AuthFailure"}
        if recorded["why"].startswith("second Action"):
            wanted |= {"MalformedQueryString"}
        assert one["code"] in wanted, recorded["why"]
