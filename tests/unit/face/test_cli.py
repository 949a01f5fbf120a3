"""The command line answers mistakes in one line, and never with a traceback."""

from __future__ import annotations

import io
import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from layout import ROOT

from gatewright.arguments import UsageError, context_entry, context_of
from gatewright.cli import main
from gatewright.commands import COMMANDS
from gatewright.terminal import Terminal, visible

GOOD = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}'
NARROW = GOOD.replace('"*"', '"arn:aws:s3:::orchard/*"')
BAD = '{\n  "Version": "2012-10-17",\n  "Statement": [{"Effect": "Allow", "Action": 7, "Resource": "*"}]\n}\n'


@pytest.fixture
def narrow(tmp_path: Path) -> str:
    """Return a file with a policy of which there is nothing to say."""
    file = tmp_path / "narrow.json"
    file.write_text(NARROW, encoding="utf-8")
    return str(file)


@pytest.fixture
def good(tmp_path: Path) -> str:
    """Return a file with a sound policy."""
    file = tmp_path / "good.json"
    file.write_text(GOOD, encoding="utf-8")
    return str(file)


@pytest.fixture
def bad(tmp_path: Path) -> str:
    """Return a file with a policy that does not compile."""
    file = tmp_path / "bad.json"
    file.write_text(BAD, encoding="utf-8")
    return str(file)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["chek"], "no command `chek`; did you mean `check`?"),
        (["autorize"], "did you mean `authorize`?"),
        (["frobnicate"], "see `gatewright --help`"),
        (["--versio"], "no option `--versio`; did you mean `--version`?"),
        (["check", "--fromat", "json", "x"], "no option `--fromat`; did you mean `--format`?"),
        (["check", "--format", "xml", "x"], "`xml` is not known; choose from `text`, `json`, `sarif`"),
        (["check", "--kind", "identify", "x"], "`identify` is not known; did you mean `identity`?"),
        (["check"], "nothing to check"),
        (["check", "-", "-"], "standard input can be read only once"),
        (["check", "--json", "--format", "sarif", "x"], "`--json` and `--format` disagree"),
        (["check", "--vectors", "x", "y"], "`--vectors` takes no other input"),
        (["compile"], "required: STORE"),
        (["compile", "a", "b"], "unrecognized arguments: b"),
        (["authorize", "--acton", "s3:GetObject"], "no option `--acton`; did you mean `--action`"),
        (["authorize", "--store", "a", "--table", "b", "--principal", "c", "--action", "d"], "not allowed with"),
        (["authorize", "--principal", "c", "--action", "d"], "one of the arguments --store --table --policy"),
        (["authorize", "--store", "a", "--principal", "c", "--action", "d", "--context", "x"], "KEY=VALUE"),
        (["listing"], "required: TABLE"),
    ],
)
def test_a_mistyped_command_line_is_one_line(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Bad usage ends in one line on standard error that says what was meant, and exit code 2."""
    assert main(arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("gatewright: error: ") and printed.err.count("\n") == 1
    assert words in printed.err


@pytest.mark.parametrize("command", [command.NAME for command in COMMANDS])
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """``--help`` of each command prints its usage and leaves with 0."""
    assert main([command, "--help"]) == 0
    printed = capsys.readouterr()
    assert printed.out.startswith(f"usage: gatewright {command}") and printed.err == ""


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    """The help text names each command with its summary; without arguments it goes to standard error."""
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    width = max(len(command.NAME) for command in COMMANDS)
    assert all(f"  {command.NAME:{width}}  {command.SUMMARY}" in shown for command in COMMANDS)
    assert main([]) == 2
    assert capsys.readouterr().err == shown


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["check", "{0}/stoer"], "did you mean `{0}/store`?"),
        (["check", "{0}/god.json"], "did you mean `{0}/good.json`?"),
        (["listing", "{0}/god.gwt"], "no such file or directory; did you mean `{0}/good.gwt`?"),
        (["listing", "{0}/store"], "is a folder, not a table; `gatewright compile` makes"),
        (["compile", "{0}"], "the store has no `accounts/*.json`; did you mean `{0}/store`?"),
        (["compile", "{0}/store", "-o", "{0}/gone/x.gwt"], "error: {0}/gone/x.gwt: no such file or directory"),
        (["compile", "{0}/good.gwt"], "is a table, no text with policies; give it with `--table`"),
        (["replay", "{0}/log.josnl", "--store", "{0}/store"], "`{0}/log.josnl`; did you mean `{0}/log.jsonl`?"),
        (
            ["authorize", "--store", "{0}/store", "--principal", "Bob"],
            "did you mean `arn:aws:iam::111122223333:user/Bob`?",
        ),
        (
            ["authorize", "--policy", "{0}/store/accounts/a.json", "--principal", "arn:aws:iam::111122223333:user/Bob"],
            "GW629: these are the details of an account, not a policy document; give them with `--store`",
        ),
    ],
)
def test_what_is_mistaken_is_named(
    arguments: list[str], words: str, tmp_path: Path, good: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A mistyped path, or one thing in the place of another, gets one line that says what was meant or what to do."""
    user = {"UserName": "Bob", "Arn": "arn:aws:iam::111122223333:user/Bob", "UserPolicyList": []}
    (tmp_path / "store" / "accounts").mkdir(parents=True)
    (tmp_path / "store" / "accounts" / "a.json").write_text(json.dumps({"UserDetailList": [user]}))
    (tmp_path / "log.jsonl").write_text("{}")
    assert main(["compile", str(tmp_path / "store"), "-o", str(tmp_path / "good.gwt")]) == 0
    capsys.readouterr()
    action = ["--action", "s3:GetObject"] if arguments[0] == "authorize" else []
    assert main([argument.format(tmp_path) for argument in arguments] + action) == 2
    printed = capsys.readouterr()
    assert words.format(tmp_path) in printed.err + printed.out
    assert printed.err.count("\n") == 1 or arguments[0] == "check"


def test_missing_files_are_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that is not there is said to be not there, whatever was to be done with it."""
    missing = str(tmp_path / "nowhere")
    arguments = ["--principal", "arn:aws:iam::111122223333:user/Bob", "--action", "s3:GetObject"]
    for command in (
        ["compile", missing],
        ["listing", missing],
        ["authorize", "--store", missing, *arguments],
        ["authorize", "--table", missing, *arguments],
        ["authorize", "--policy", missing, *arguments],
        ["check", missing],
        ["check", "--vectors", missing],
    ):
        assert main(command) == 2, command
        printed = capsys.readouterr()
        assert "no such file or directory" in printed.err + printed.out, command
        assert "Traceback" not in printed.err + printed.out and "bug" not in printed.err


def test_check_tells_good_from_bad(good: str, bad: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 0 without errors, 1 with, 2 where something cannot be read."""
    assert main(["check", good]) == 0
    assert main(["check", good, bad]) == 1
    assert main(["check", bad, f"{bad}.gone"]) == 2
    capsys.readouterr()


def test_check_shows_the_line_and_points_at_the_place(bad: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The text form names file, line and column, shows the line, and a caret under the place."""
    main(["check", bad])
    finding, line, caret, summary = capsys.readouterr().out.splitlines()
    assert finding.startswith(f"{bad}:3:") and ": error GW" in finding
    column = int(finding.removeprefix(f"{bad}:3:").partition(":")[0])
    assert line == f"     3 | {BAD.splitlines()[2]}"
    assert caret.index("^") == len("     3 | ") + column - 1
    assert summary == "1 error in 1 document"


def test_check_reads_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """``-`` is standard input, under the name ``<stdin>``."""
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(BAD.encode())))
    assert main(["check", "-"]) == 1
    assert capsys.readouterr().out.startswith("<stdin>:3:")


def test_a_long_line_is_shown_in_part(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A document without line breaks does not fill the screen, and the caret still points at the place."""
    file = tmp_path / "long.json"
    statements = [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}] * 200
    file.write_text(json.dumps({"Version": "2012-10-17", "Statement": [*statements, {"Effect": "Alow"}]}))
    assert main(["check", str(file)]) == 1
    lines = capsys.readouterr().out.splitlines()
    carets = [index for index, line in enumerate(lines) if "^" in line]
    assert carets and max(map(len, (lines[index] for index in carets))) < 120
    pointed = [lines[index - 1][lines[index].index("^") :] for index in carets]
    assert any(text.startswith('"Alow"') for text in pointed)


def test_check_prints_json(narrow: str, bad: str, capsys: pytest.CaptureFixture[str]) -> None:
    """``--format json`` prints one object with every finding; a sound policy has none."""
    main(["check", "--format", "json", bad])
    value = json.loads(capsys.readouterr().out)
    (finding,) = value["findings"]
    assert (value["errors"], value["documents"]) == (1, 1)
    assert (finding["source"], finding["line"], finding["path"]) == (bad, 3, "$.Statement[0].Action")
    main(["check", "--json", narrow])
    assert json.loads(capsys.readouterr().out) == {"findings": [], "documents": 1, "errors": 0}


def test_check_prints_sarif(bad: str, capsys: pytest.CaptureFixture[str]) -> None:
    """SARIF names its version, declares each rule once, and places each result."""
    assert main(["check", "--format", "sarif", bad, str(ROOT / "examples/store")]) == 1
    value = json.loads(capsys.readouterr().out)
    assert value["version"] == "2.1.0"
    (run,) = value["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert rules == sorted(set(rules))
    for result in run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
        assert result["level"] in ("error", "warning", "note") and result["message"]["text"]
    location = run["results"][0]["locations"][0]["physicalLocation"]
    assert location["artifactLocation"]["uri"] == Path(bad).as_uri() and location["region"]["startLine"] == 3


def test_check_knows_a_store_from_a_policy(capsys: pytest.CaptureFixture[str]) -> None:
    """A folder, one file of account details and a policy document are told apart."""
    accounts = sorted((ROOT / "examples/store/accounts").glob("*.json"))
    assert main(["check", str(ROOT / "examples/store"), str(accounts[0])]) == 0
    assert "error" not in capsys.readouterr().out


def test_check_runs_vectors(capsys: pytest.CaptureFixture[str]) -> None:
    """``--vectors`` prints one object per document, with the members that the vectors' description names."""
    vectors = ROOT / "tests/vectors/invalid.jsonl"
    assert main(["check", "--vectors", str(vectors), "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["id"] for line in lines] == [json.loads(line)["id"] for line in vectors.read_text().splitlines()]
    severities = {line["id"]: {finding["severity"] for finding in line["findings"]} for line in lines}
    assert severities["IV-029"] == {"error"}  # phase save: the IAM API stores no document without a Version (R4)
    assert severities["IV-031"] == {"warning"}  # phase lint: the language has a meaning for the same document
    members = {"code", "severity", "aws_check", "line", "column", "path", "message", "hint"}
    assert {frozenset(finding) for line in lines for finding in line["findings"]} == {frozenset(members)}


def test_a_bad_vector_does_not_stop_the_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A line that is no vector is reported with its number, and the rest is checked."""
    good_line = json.dumps({"id": "A", "policy_kind": "identity", "document": NARROW})
    wrong = ["{", "[]", '{"id": "B"}', '{"id": "C", "policy_kind": "odd", "document": {}}', "[" * 100_000]
    file = tmp_path / "vectors.jsonl"
    file.write_text("\n".join([*wrong, good_line]))
    assert main(["check", "--vectors", str(file), "--json"]) == 2
    printed = capsys.readouterr()
    assert json.loads(printed.out) == {"id": "A", "findings": []}
    assert [line.split(":")[1] for line in printed.err.splitlines()] == ["1", "2", "3", "4", "5"]


def test_a_context_is_made_of_pairs() -> None:
    """The value may hold ``=`` and may be empty; a repeated key is multivalued, in whatever case it is written."""
    pairs = [context_entry(text) for text in ("a=1", "b=", "c=x=y", "A=2")]
    assert context_of(pairs) == {"a": ["1", "2"], "b": "", "c": "x=y"}


def test_control_characters_do_not_reach_the_terminal() -> None:
    """Text from policies cannot move the cursor, colour the screen or forge a line."""
    assert visible("a\x1b[31mb\nc\u202ed") == r"a\x1b[31mb\nc\u202ed"
    out = io.StringIO()
    Terminal(out, out).say("x\x1b]0;title\x07", ("y\r", "red"))
    assert out.getvalue() == "x\\x1b]0;title\\x07y\\r\n"


def test_a_bug_is_reported_as_one(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """An exception that nobody expected is said to be a bug; the traceback is for those who ask."""
    monkeypatch.delenv("GATEWRIGHT_DEBUG", raising=False)
    monkeypatch.setattr("gatewright.cli._main_parser", lambda: 1 // 0)
    assert main(["check"]) == 2
    first, second = capsys.readouterr().err.splitlines()
    assert first == "gatewright: internal error: ZeroDivisionError: integer division or modulo by zero"
    assert "GATEWRIGHT_DEBUG=1" in second
    monkeypatch.setenv("GATEWRIGHT_DEBUG", "1")
    assert main(["check"]) == 2
    assert "Traceback (most recent call last)" in capsys.readouterr().err


def test_an_interrupt_is_quiet(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Ctrl-C ends a command with one line and the shell's exit code."""

    def interrupt() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("gatewright.cli._main_parser", interrupt)
    assert main(["check"]) == 130
    assert capsys.readouterr().err == "gatewright: interrupted\n"


def test_usage_errors_join_message_and_hint() -> None:
    """The hint stands after a semicolon."""
    assert str(UsageError("no option `x`", "did you mean `y`?")) == "no option `x`; did you mean `y`?"


def test_a_closed_pipe_is_silent() -> None:
    """``gatewright ... | head`` leaves no noise behind."""
    read_end, write_end = os.pipe()
    os.close(read_end)
    command = [sys.executable, "-m", "gatewright", "check", str(ROOT / "examples/store"), "--json"]
    done = subprocess.run(command, stdout=write_end, stderr=subprocess.PIPE, check=False)
    os.close(write_end)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.parametrize("no_color", [False, True])
def test_colours_are_for_terminals_that_want_them(bad: str, no_color: bool) -> None:
    """On a terminal the severity is coloured, unless NO_COLOR is set; the words are the same."""
    pytest.importorskip("rich")
    leader, follower = pty.openpty()
    environment = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "CI", "TERM")}
    environment |= {"TERM": "xterm-256color"} | ({"NO_COLOR": "1"} if no_color else {})
    command = [sys.executable, "-m", "gatewright", "check", bad]
    subprocess.run(command, stdout=follower, stderr=subprocess.DEVNULL, env=environment, check=False)
    os.close(follower)
    shown = b""
    try:
        while chunk := os.read(leader, 4096):
            shown += chunk
    except OSError:  # Linux reports the end of a terminal as an error
        pass
    os.close(leader)
    assert b"GW" in shown
    assert (b"\x1b[1;31m" in shown) is not no_color


BOB = "arn:aws:iam::111122223333:user/Bob"


@pytest.fixture
def office(tmp_path: Path) -> str:
    """Return a policy whose statements depend on the address."""
    statements = [
        {"Sid": "Read", "Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::bucket/*"},
        {
            "Effect": "Deny",
            "Action": "*",
            "Resource": "*",
            "Condition": {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
        },
    ]
    file = tmp_path / "office.json"
    file.write_text(json.dumps({"Version": "2012-10-17", "Statement": statements}, indent=1), encoding="utf-8")
    return str(file)


def ask(policy: str, *more: str, action: str = "s3:GetObject", principal: str = BOB) -> int:
    """Run ``gatewright authorize`` with one policy."""
    resource = ["--resource", "arn:aws:s3:::bucket/key"]
    return main(["authorize", "--policy", policy, "--principal", principal, "--action", action, *resource, *more])


@pytest.mark.parametrize(
    ("more", "code", "first", "second"),
    [
        (["--context", "aws:SourceIp=203.0.113.9"], 0, "allowed: ", "by Allow statement `Read` of the policy"),
        (["--context", "AWS:sourceip=192.0.2.1"], 1, "explicitly denied: ", "by Deny statement 2 of the policy"),
        (["--unknown", "aws:SourceIp"], 2, "unknown: ", "it depends on `aws:sourceip`"),
        (["--unknown", "*"], 2, "unknown: ", "it depends on `aws:sourceip`"),
        (["--unknown", "resource", "--context", "aws:SourceIp=203.0.113.9"], 2, "unknown: ", "depends on `resource`"),
    ],
)
def test_authorize_answers_with_code_decision_and_reason(
    office: str, more: list[str], code: int, first: str, second: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The exit code is the decision; the text names the statement and its line, or the keys that would settle it."""
    assert ask(office, *more) == code
    decision, reason = capsys.readouterr().out.splitlines()
    assert decision.startswith(first) and second in reason
    if code < 2:
        line = 4 if code == 0 else 10
        assert f"({office}:{line}:3)" in reason


def test_authorize_says_why_nothing_allows(office: str, capsys: pytest.CaptureFixture[str]) -> None:
    """An implicit deny has no statement, so the text says what is missing."""
    assert ask(office, "--context", "aws:SourceIp=203.0.113.9", action="s3:PutObject") == 1
    assert capsys.readouterr().out.splitlines()[1] == "  no identity policy allows it"


def test_authorize_explains_every_statement(office: str, capsys: pytest.CaptureFixture[str]) -> None:
    """``--explain`` shows each statement, whether it applies, and each of its tests."""
    ask(office, "--context", "aws:SourceIp=203.0.113.9", "--explain")
    shown = capsys.readouterr().out
    assert "\napplies: Allow statement `Read`" in shown
    assert "\ndoes not apply: Deny statement" in shown
    assert "  no       NotIpAddress `aws:SourceIp`: `203.0.113.0/24`" in shown


def test_authorize_prints_json(office: str, capsys: pytest.CaptureFixture[str]) -> None:
    """``--json`` has the decision, the statement with its place, the unknown keys, and on request every statement."""
    ask(office, "--context", "aws:SourceIp=203.0.113.9", "--json")
    value = json.loads(capsys.readouterr().out)
    (statement,) = value["statements"]
    assert (value["decision"], value["allowed"], value["unknown_keys"]) == ("allow", True, [])
    assert (statement["sid"], statement["path"]) == ("Read", "$.Statement[0]")
    ask(office, "--unknown", "*", "--json", "--explain")
    value = json.loads(capsys.readouterr().out)
    assert (value["decision"], value["unknown_keys"]) == ("unknown", ["aws:sourceip"])
    assert [entry["truth"] for entry in value["considered"]] == ["true", "unsure"]


@pytest.fixture
def sides(tmp_path: Path) -> str:
    """Return a store of one user and one role, with policies at the side of resources and an endpoint."""
    account, bucket = "111122223333", "arn:aws:s3:::bucket"
    role = f"arn:aws:iam::{account}:role/web"

    def write(name: str, value: object) -> None:
        file = tmp_path / "sides" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(value), encoding="utf-8")

    def policy(principal: object, action: str, **members: object) -> dict[str, object]:
        allow = {"Effect": "Allow", "Principal": principal, "Action": action, **members}
        return {"Version": "2012-10-17", "Statement": [allow]}

    trust = policy({"Service": "ec2.amazonaws.com"}, "sts:AssumeRole")
    own = {"PolicyName": "Own", "PolicyDocument": json.loads(GOOD)}
    user = {"UserName": "Bob", "Arn": BOB, "UserPolicyList": [own]}
    details = {"UserDetailList": [user], "RoleDetailList": [{"RoleName": "web", "Arn": role}]}
    details["RoleDetailList"][0]["AssumeRolePolicyDocument"] = trust
    write("accounts/a.json", details)
    public = policy("*", "s3:GetObject", Resource=f"{bucket}/public/*")
    write("resource-policies.json", {bucket: {"Account": account, "Policy": public}})
    endpoint = {"VpcEndpointId": "vpce-1", "VpcEndpointType": "Interface"}
    endpoint["PolicyDocument"] = json.dumps(policy("*", "s3:PutObject", Resource="*"))
    write("endpoints/a.json", {"VpcEndpoints": [endpoint]})
    return str(tmp_path / "sides")


BUCKET, WEB = "arn:aws:s3:::bucket", "arn:aws:iam::111122223333:role/web"


@pytest.mark.parametrize(
    ("principal", "action", "resource", "more", "code", "reason"),
    [
        ("anonymous", "s3:GetObject", f"{BUCKET}/public/a", [], 0, f"of policy of {BUCKET}, a resource policy"),
        ("anonymous", "s3:GetObject", f"{BUCKET}/a", [], 1, "the policy of the resource does not grant it"),
        ("anonymous", "sts:AssumeRole", WEB, [], 1, "refused before policies are read"),
        ("ec2.amazonaws.com", "sts:AssumeRole", WEB, [], 0, "of role web, trust policy ("),
        ("rds.amazonaws.com", "sts:AssumeRole", WEB, [], 1, "the role's trust policy does not let the caller in"),
        (BOB, "sts:AssumeRole", WEB, [], 1, "the role's trust policy does not let the caller in"),
        (BOB, "s3:GetObject", f"{BUCKET}/a", [], 0, "of user Bob, inline Own"),
        (BOB, "s3:GetObject", f"{BUCKET}/a", ["--endpoint", "vpce-1"], 1, "the policy of a VPC endpoint on the way"),
        (BOB, "s3:GetObject", "arn:aws:s3:::x/a", ["--resource-account", "111122223333"], 0, "inline Own"),
        (BOB, "s3:GetObject", "arn:aws:s3:::x/a", ["--resource-account", "999988887777"], 1, "does not grant it"),
    ],
)
def test_authorize_by_policies_of_every_kind(
    sides: str,
    principal: str,
    action: str,
    resource: str,
    more: list[str],
    code: int,
    reason: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """R140, R141, R144, R145: who has no account asks too, and the text names the kind of policy that decides."""
    request = ["--principal", principal, "--action", action, "--resource", resource]
    assert main(["authorize", "--store", sides, *request, *more]) == code
    shown = capsys.readouterr()
    assert reason in shown.out, shown


def test_authorize_explains_the_policies_at_the_resource(sides: str, capsys: pytest.CaptureFixture[str]) -> None:
    """``--explain`` names the kind of each policy that was considered, also as JSON."""
    request = ["--principal", BOB, "--action", "s3:GetObject", "--resource", f"{BUCKET}/a", "--endpoint", "vpce-1"]
    assert main(["authorize", "--store", sides, *request, "--explain"]) == 1
    shown = capsys.readouterr().out
    assert f"does not apply: Allow statement 1 of policy of {BUCKET}, a resource policy (" in shown
    assert "does not apply: Allow statement 1 of policy of vpce-1, a VPC endpoint policy (" in shown
    assert main(["authorize", "--store", sides, *request, "--explain", "--json"]) == 1
    value = json.loads(capsys.readouterr().out)
    assert value["missing"] == "vpc-endpoint"
    assert {entry["statement"]["kind"] for entry in value["considered"]} == {"identity", "resource", "vpc-endpoint"}


def test_authorize_takes_only_an_account_as_owner(sides: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What is no id of an account is refused in one line, and so are more endpoints than are evaluated."""
    request = ["authorize", "--store", sides, "--principal", BOB, "--action", "s3:GetObject"]
    for text in ("1", "000000000000", "١٢٣٤٥٦٧٨٩٠١٢", ""):
        assert main([*request, "--resource-account", text]) == 2
        assert "is not the id of an account; it has 12 digits" in capsys.readouterr().err
    assert main([*request, *(part for number in range(9) for part in ("--endpoint", f"vpce-{number}"))]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_boundary_is_named_as_what_denies(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where identity policies allow and the boundary does not, the text says so."""
    arn = "arn:aws:iam::111122223333:policy/Bound"
    version = {"VersionId": "v1", "IsDefaultVersion": True, "Document": json.loads(GOOD.replace("s3:Get", "ec2:Get"))}
    user = {
        "UserName": "Bob",
        "Arn": BOB,
        "UserPolicyList": [{"PolicyName": "Own", "PolicyDocument": json.loads(GOOD)}],
        "PermissionsBoundary": {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn},
    }
    managed = {"Arn": arn, "DefaultVersionId": "v1", "PolicyVersionList": [version]}
    file = tmp_path / "account.json"
    file.write_text(json.dumps({"UserDetailList": [user], "Policies": [managed]}), encoding="utf-8")
    arguments = ["authorize", "--store", str(file), "--principal", BOB, "--action", "s3:GetObject"]
    assert main(arguments) == 1
    assert "an identity policy allows it, the permissions boundary does not" in capsys.readouterr().out
    arguments[-1] = "s3:PutObject"
    main([*arguments, "--explain", "--json"])
    (own, bound) = [entry["statement"] for entry in json.loads(capsys.readouterr().out)["considered"]]
    assert own["path"] == "$.UserDetailList[0].UserPolicyList[0].PolicyDocument.Statement[0]"
    text = file.read_text(encoding="utf-8")
    for statement, kind in ((own, "identity"), (bound, "boundary")):
        column = int(statement["place"].removeprefix(f"{file}:1:"))
        assert statement["kind"] == kind and text[column - 1 :].startswith('{"Effect": "Allow"')


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"principal": "Bob"}, "GW630"),
        ({"action": "s3"}, "`s3` is not an action; write `service:Name`"),
    ],
)
def test_a_request_that_is_none_is_an_error(
    office: str, more: dict[str, str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A mistyped principal or action is said to be one, and exit code 2 is no decision."""
    assert ask(office, **more) == 2
    assert words in capsys.readouterr().err


def test_a_key_is_known_or_unknown(office: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A key that is given and called unknown is a contradiction."""
    assert ask(office, "--context", "a:b=1", "--unknown", "A:B") == 2
    assert "`a:b` is given and unknown" in capsys.readouterr().err


def test_a_table_answers_as_its_store(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``compile`` writes a table that gives the same answers, and near names for an unknown principal."""
    table, store = str(tmp_path / "t.gwt"), str(ROOT / "examples/store")
    assert main(["compile", store, "-o", table]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith(f"{table}: 51 principals, ") and f"{os.path.getsize(table):,} bytes" in printed
    request = ["--principal", "arn:aws:iam::123456789012:user/amara", "--action", "iam:CreateUser", "--json"]
    answers = []
    for source in (["--table", table], ["--store", store]):
        assert main(["authorize", *source, *request]) == 1
        answers.append(json.loads(capsys.readouterr().out))
    assert answers[0] == answers[1]
    request[1] = request[1].replace("amara", "amra")
    assert main(["authorize", "--table", table, *request]) == 2
    assert "did you mean `arn:aws:iam::123456789012:user/amara`" in capsys.readouterr().err


def test_what_is_no_table_is_refused(good: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that is no table is named in the one line that says so."""
    for command in (["listing", good], ["authorize", "--table", good, "--principal", BOB, "--action", "s3:GetObject"]):
        assert main(command) == 2
        assert capsys.readouterr().err == f"gatewright: error: {good}: these bytes are no gatewright table\n"


def test_a_store_with_errors_is_not_compiled(tmp_path: Path, bad: str, capsys: pytest.CaptureFixture[str]) -> None:
    """``compile`` prints every error and leaves the old table alone."""
    table = tmp_path / "t.gwt"
    table.write_bytes(b"old")
    assert main(["compile", bad, "-o", str(table)]) == 2
    assert "GW610" in capsys.readouterr().err
    assert table.read_bytes() == b"old"


def test_an_output_that_cannot_be_written_is_one_line(good: str, tmp_path: Path) -> None:
    """A folder that is not there is an error about that file."""
    code = main(["compile", str(ROOT / "examples/store"), "-o", str(tmp_path / "nowhere/t.gwt")])
    assert code == 2


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["-o", "x.txt"], "`x.txt` has no known form; end it in .parquet, .jsonl, .csv"),
        (["--strict"], "`--strict` needs `--proposed`"),
        (["--table", "x"], "not allowed with"),
    ],
)
def test_replay_checks_its_arguments(more: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What cannot work is said before anything is read."""
    assert main(["replay", "logs", "--store", "store", *more]) == 2
    assert words in capsys.readouterr().err


def test_replay_compares_two_stores(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The examples' proposal revokes access that the logs show in use: exit code 1, a report, a file of decisions."""
    output, report = tmp_path / "d.jsonl", tmp_path / "r.html"
    logs = ROOT / "examples/logs/AWSLogs/123456789012/CloudTrail/eu-west-1"
    stores = ["--store", str(ROOT / "examples/store"), "--proposed", str(ROOT / "examples/proposed")]
    assert main(["replay", str(logs), *stores, "-o", str(output), "--report", str(report), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)
    assert output.stat().st_size > 0 and report.read_text(encoding="utf-8").startswith("<!")
