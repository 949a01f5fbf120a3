"""Whatever a file or a request holds: one clear message or the right decision, and never a traceback."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gatewright.cli import main

BOB = "arn:aws:iam::111122223333:user/Bob"
TAG = "aws:PrincipalTag/t"
ALLOWED, DENIED, UNDECIDED = 0, 1, 2


def allow(**members: Any) -> dict[str, Any]:
    """Return a statement that allows everything of S3, but for the members that are given."""
    return {"Effect": "Allow", "Action": "s3:*", "Resource": "*", **members}


class Shell:
    """Writes a file, runs a command on it, and keeps what was printed."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.file = folder / "input.json"
        self.capsys = capsys
        self.out = self.err = ""

    def write(self, content: bytes | str) -> Shell:
        self.file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return self

    def policy(self, *statements: dict[str, Any]) -> Shell:
        return self.write(json.dumps({"Version": "2012-10-17", "Statement": statements}))

    def run(self, command: str, *arguments: str) -> int:
        code = main([command, *arguments])
        captured = self.capsys.readouterr()
        self.out, self.err = captured.out, captured.err
        assert "Traceback" not in self.err and "internal error" not in self.err
        return code

    def check(self) -> int:
        return self.run("check", str(self.file))

    def ask(self, *arguments: str, action: str = "s3:GetObject", resource: str = "arn:aws:s3:::b/k") -> int:
        asked = ["--principal", BOB, "--action", action, "--resource", resource]
        return self.run("authorize", "--policy", str(self.file), *asked, *arguments)

    def refuses(self, code: str, *words: str) -> None:
        """Check that both commands name the code, in one line where nothing can be shown beside it."""
        assert self.check() in (1, 2)
        assert all(word in self.out for word in (code, *words))
        assert self.ask() == UNDECIDED
        assert code in self.err and self.err.count("\n") == 1 and len(self.err) < 1000


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(tmp_path, capsys)


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        (b"", "GW010", "the text is empty"),
        (b"\0" * 1000, "GW004", "found"),
        (bytes(range(256)) * 400, "GW001", "save the file as UTF-8"),
        (b"[" * 10_000 + b"]" * 10_000, "GW007", "1:65"),
        (b'{"Statement": ' + b'{"a":' * 10_000 + b"1" + b"}" * 10_001, "GW007", "deeper than 64"),
        (b'{"Statement": "' + b"x" * 10_000_000, "GW010", "inside a string"),
        (b'{"Statement": [' + b'{"Effect": "Allow"}, ' * 480_000, "GW010", "ends too early"),
        (b'{"Statement": "\\ud800"}', "GW008", "surrogate pair"),
        (b'{"Statement": "\xed\xa0\x80"}', "GW001", "byte 16, 0xed"),
    ],
    ids=["empty", "zeros", "binary", "lists", "objects", "10 MB of text", "10 MB cut", "half escape", "half character"],
)
def test_a_broken_text_is_refused_in_one_line(shell: Shell, content: bytes, code: str, words: str) -> None:
    """What is no policy is refused with code and place, however deep or long it is."""
    shell.write(content).refuses(code, words)


def test_what_is_no_table_and_no_log_is_refused(shell: Shell, tmp_path: Path) -> None:
    """Binary garbage and empty files in the place of a table or a log end in one line as well."""
    for content in (b"", bytes(range(256)) * 400):
        file = str(shell.write(content).file)
        for arguments in (["listing", file], ["replay", file, "--table", file]):
            assert shell.run(*arguments) == UNDECIDED
            assert shell.err.count("\n") == 1 and "gatewright table" in shell.err and shell.err.count(file) == 1
    policy = shell.policy(allow()).file
    details = {"UserName": "Bob", "Arn": BOB, "UserPolicyList": []}
    (tmp_path / "store" / "accounts").mkdir(parents=True)
    (tmp_path / "store" / "accounts" / "a.json").write_text(json.dumps({"UserDetailList": [details]}))
    policy.write_bytes(bytes(range(256)) * 400)
    assert shell.run("replay", str(policy), "--store", str(tmp_path / "store")) == UNDECIDED
    assert "no event was read" in shell.err


@pytest.mark.parametrize(
    ("pattern", "text", "is_match"),
    [
        ("*" * 2000 + "x", "y" * 5000 + "x", True),
        ("*" * 2000 + "x", "y" * 5000, False),
        ("*a" * 2000 + "x", "a" * 5000 + "x", True),
        ("*a" * 2000 + "x", "a" * 5000, False),
        ("*" + "?" * 2000, "y" * 2000, True),
        ("*" + "?" * 2000, "y" * 1999, False),
        ("*a" + "?" * 2000, "a" * 2001, True),
        ("*a" + "?" * 2000, "b" + "a" * 2000, False),
    ],
)
def test_wildcards_without_end(shell: Shell, pattern: str, text: str, is_match: bool) -> None:
    """Thousands of wildcards match what they say (R45)."""
    shell.policy(allow(Resource=f"arn:aws:s3:::{pattern}"))
    assert shell.ask(resource=f"arn:aws:s3:::{text}") == (ALLOWED if is_match else DENIED)


@pytest.mark.parametrize("is_one_statement", [True, False])
def test_overlapping_patterns_of_actions(shell: Shell, is_one_statement: bool) -> None:
    """Hundreds of patterns that may match one action together are one table, which decides (R42)."""
    patterns = [f"s3:*a{number}b*" for number in range(400)]
    if is_one_statement:
        shell.policy(allow(Action=patterns))
    else:
        shell.policy(*(allow(Action=pattern, Sid=f"s{number}") for number, pattern in enumerate(patterns)))
    assert shell.ask(action="s3:xa17by") == ALLOWED
    assert is_one_statement or "`s17`" in shell.out
    assert shell.ask(action="s3:xa400by") == DENIED


def test_statements_without_end(shell: Shell) -> None:
    """20,000 statements are checked, compiled and told apart."""
    shell.policy(
        *(
            allow(
                Sid=f"s{number}", Resource=f"arn:aws:s3:::b{number}/*", Condition={"StringEquals": {TAG: f"{number}"}}
            )
            for number in range(20_000)
        )
    )
    assert shell.check() == 0
    assert shell.ask("--context", f"{TAG}=19999", resource="arn:aws:s3:::b19999/k") == ALLOWED
    assert "`s19999`" in shell.out


def test_a_huge_value(shell: Shell) -> None:
    """A condition value of 1 MB is compared whole, and no output for people repeats it; as a pattern it is refused."""
    value = "x" * 1_000_000
    shell.policy(allow(Condition={"StringEquals": {TAG: value}}))
    assert shell.check() == 0 and len(shell.out) < 2000
    assert shell.ask("--context", f"{TAG}={value}", "--explain") == ALLOWED
    assert len(shell.out) < 2000
    assert shell.ask("--context", f"{TAG}={value}x") == DENIED
    shell.policy(allow(Condition={"StringLike": {TAG: f"{value}*"}}))
    assert shell.ask("--context", f"{TAG}={value}") == UNDECIDED
    assert "GW903" in shell.err and len(shell.err) < 1000


def test_a_variable_full_of_stars(shell: Shell) -> None:
    """Stars in a variable's value are text, 100,000 of them too (R108)."""
    stars = "*" * 100_000
    shell.policy(allow(Resource=f"arn:aws:s3:::b/${{{TAG}}}"))
    assert shell.ask("--context", f"{TAG}={stars}", resource="arn:aws:s3:::b/k") == DENIED
    assert shell.ask("--context", f"{TAG}={stars}", resource=f"arn:aws:s3:::b/{stars}") == ALLOWED


@pytest.mark.parametrize("effect", ["Allow", "Deny"])
def test_a_match_that_takes_too_long_is_undecided(shell: Shell, effect: str) -> None:
    """Where variables make a match quadratic nothing is decided, which lets nothing pass, and it says why (R195)."""
    pattern = f"*${{{TAG}}}" * 200
    others = [allow()] if effect == "Deny" else []
    shell.policy(allow(Effect=effect, Resource=f"arn:aws:s3:::b/{pattern}"), *others)
    value = "a" * 500 + "b"
    assert shell.ask("--context", f"{TAG}={value}", resource=f"arn:aws:s3:::b/{'a' * 100_000}") == UNDECIDED
    assert shell.out.endswith("a pattern with variables would take too long to match, so nothing is decided\n")


def test_odd_characters_in_a_request(shell: Shell) -> None:
    """NUL and lone surrogates are characters like others: equal to themselves alone, and escaped when printed."""
    shell.policy(allow(Condition={"StringEquals": {TAG: "a\0b"}}))
    assert shell.ask("--context", f"{TAG}=a\0b") == ALLOWED
    assert shell.ask("--context", f"{TAG}=a") == DENIED
    assert shell.ask("--context", f"{TAG}=\ud800") == DENIED
    assert shell.ask("--context", "aws:\udcff=1", "--unknown", "a\0\ud800") == DENIED
    assert shell.ask(action="s3:\udcff\0") == DENIED
    assert "s3:\\udcff\\x00" in shell.out
    shell.policy(allow(Resource=["arn:aws:s3:::b/?"]))
    assert shell.ask(resource="arn:aws:s3:::b/\udcff") == ALLOWED
    for name in ("\udcff.json", "a\0.json"):
        assert shell.run("check", name) == 2
        assert shell.out.startswith(name.encode("unicode_escape").decode()) and "GW601" in shell.out


def test_a_store_that_refers_to_what_it_lacks(shell: Shell, tmp_path: Path) -> None:
    """Every group, policy and boundary that is not there is told in a line; nothing is compiled."""
    user = {
        "UserName": "Bob",
        "Arn": BOB,
        "GroupList": ["gone"],
        "AttachedManagedPolicies": [{"PolicyName": "p", "PolicyArn": "arn:aws:iam::111122223333:policy/p"}],
        "PermissionsBoundary": {
            "PermissionsBoundaryType": "Policy",
            "PermissionsBoundaryArn": "arn:aws:iam::111122223333:policy/q",
        },
    }
    (tmp_path / "accounts").mkdir()
    (tmp_path / "accounts" / "a.json").write_text(json.dumps({"UserDetailList": [user]}))
    assert shell.run("check", str(tmp_path)) == 1
    output = str(tmp_path / "policies.gwt")
    assert shell.run("compile", str(tmp_path), "-o", output) == UNDECIDED
    assert [line.split(" error ")[1][:5] for line in shell.err.splitlines()] == ["GW622", "GW623", "GW624"]
    assert not Path(output).exists()
