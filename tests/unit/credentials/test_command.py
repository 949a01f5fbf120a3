"""`gatewright credentials`: what it prints, and what it refuses."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from gatewright.cli import main
from gatewright.credentials.master import VARIABLE

ALICE = "arn:aws:iam::111122223333:user/alice"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own, without keys in the environment."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(VARIABLE, raising=False)
    return tmp_path


def call(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> tuple[str, str]:
    """Run the command with the key file `k`; return what it printed on both streams."""
    assert main(["credentials", *arguments, "--key-file", "k"]) == code, capsys.readouterr()
    captured = capsys.readouterr()
    return captured.out, captured.err


def test_the_life_of_a_key(capsys: pytest.CaptureFixture[str]) -> None:
    """A key is made, listed, rotated and deactivated; its secret is shown when it is made, and never again."""
    out, _ = call(capsys, "init")
    assert out.splitlines() == [
        "k: made a master key; keep a copy of it elsewhere",
        "credentials.db: made a store of credentials",
    ]
    out, err = call(capsys, "create", ALICE)
    words = [line.split()[-1] for line in out.splitlines()]
    assert words[0] == ALICE and len(words[1]) == 20 and len(words[2]) == 40
    assert err == "the secret is not shown again\n"
    key_id, secret = words[1:]
    out, err = call(capsys, "rotate", key_id)
    new_id = out.splitlines()[1].split()[-1]
    assert f"{key_id} is still active" in err
    out, _ = call(capsys, "list")
    assert len(out.splitlines()) == 2 and f"replaced by {new_id}" in out and secret not in out
    out, _ = call(capsys, "deactivate", key_id)
    assert out.startswith(f"{key_id}  {ALICE}  inactive since 20")
    out, _ = call(capsys, "rotate-master")
    assert out.startswith("k: added the master key k2; sealed 2 secrets under it\n")
    out, _ = call(capsys, "list", ALICE)
    assert new_id in out
    assert call(capsys, "list", f"{ALICE}2") == ("", "")


def test_json_is_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    """Each verb prints one JSON value with the members of AWS's APIs."""
    assert json.loads(call(capsys, "init", "--json")[0]) == {
        "store": "credentials.db",
        "keyFile": "k",
        "masterKey": "k1",
    }
    made = json.loads(call(capsys, "create", ALICE, "--json")[0])
    assert made["arn"] == ALICE and made["userName"] == "alice" and made["status"] == "Active"
    secret = made.pop("secretAccessKey")
    assert len(secret) == 40
    assert json.loads(call(capsys, "list", "--json")[0]) == [made]
    new = json.loads(call(capsys, "rotate", made["accessKeyId"], "--json")[0])
    assert new["secretAccessKey"] != secret
    gone = json.loads(call(capsys, "deactivate", made["accessKeyId"], "--json")[0])
    assert (gone["status"], gone["replacedBy"]) == ("Inactive", new["accessKeyId"])
    assert json.loads(call(capsys, "rotate-master", "--json")[0]) == {"masterKey": "k2", "resealed": 2}


def test_keys_may_come_from_the_environment(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a key file the variable has the master keys; the command cannot change it."""
    monkeypatch.setenv(VARIABLE, "a:" + "QUFB" * 10 + "QUE=")
    assert main(["credentials", "init"]) == 0
    assert main(["credentials", "create", ALICE]) == 0
    assert main(["credentials", "rotate-master"]) == 2
    assert "needs `--key-file`" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["create"], "`create` needs the ARN of a user"),
        (["create", "alice"], "`alice` is no user; write `arn:aws:iam::"),
        (["rotate", "AKIA"], "there is no access key `AKIA`; see `gatewright credentials list`"),
        (["deactivate"], "`deactivate` needs an access key id"),
        (["init"], "credentials.db: there is a file already; name another one with `--store`"),
        (["init", "x"], "`init` takes no `x`"),
        (["lst"], "`lst` is not known; did you mean `list`?"),
        (
            ["list", "--store", "other.db"],
            "other.db: there is no such store; make one with `gatewright credentials init`",
        ),
        (["rotate-master", "--store", "other.db"], "other.db: there is no such store"),
        (["list", "--store", "k"], "k: "),
    ],
)
def test_mistakes_are_one_line(capsys: pytest.CaptureFixture[str], arguments: list[str], message: str) -> None:
    """What is wrong is said in one line, and nothing is changed."""
    call(capsys, "init")
    before = Path("k").read_bytes()
    _, err = call(capsys, *arguments, code=2)
    assert message in err and len(err.splitlines()) == 1 and err.startswith("gatewright: error: ")
    assert Path("k").read_bytes() == before


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_a_key_file_that_others_read_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """The line says what to do about it."""
    call(capsys, "init")
    Path("k").chmod(0o644)
    assert "run `chmod 600` on it" in call(capsys, "list", code=2)[1]
    assert main(["credentials", "list", "--key-file", "missing"]) == 2
    assert capsys.readouterr().err == "gatewright: error: missing: no such file or directory\n"


def test_without_cryptography_the_command_says_what_to_install(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Credentials are an extra."""
    for name in [name for name in sys.modules if name.startswith("gatewright.credentials")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "cryptography", None)
    monkeypatch.setitem(sys.modules, "cryptography.exceptions", None)
    assert "pip install 'gatewright[gateway]'" in call(capsys, "list", code=2)[1]
