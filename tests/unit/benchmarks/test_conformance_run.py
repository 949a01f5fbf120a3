"""Rivals in processes of their own: what they answer is counted, and what they do wrong costs bounded time."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from benchmarks import install
from benchmarks.conformance import __main__ as command
from benchmarks.conformance import page
from benchmarks.conformance.findings import FINDINGS
from benchmarks.conformance.process import MOST_FAULTS, RivalProcess, driver_of
from benchmarks.conformance.rivals import RIVALS, Rival
from benchmarks.conformance.score import combine, compare, score_decisions, score_documents
from benchmarks.conformance.vectors import Case, VectorFileError, read_decisions, read_documents
from benchmarks.install import UnavailableError, command_of, install_rival
from benchmarks.process import FaultError

READY = "import json, sys, time\nprint(json.dumps({'ready': {'fake': '1.0'}}), flush=True)\n"
LOOP = READY + "for line in sys.stdin:\n    case = json.loads(line)\n    call = case['calls'][0]\n"
ANSWER = LOOP + "    print(json.dumps({'id': case['id'], **call}), flush=True)\n"

Start = Callable[..., RivalProcess]


@pytest.fixture
def start(tmp_path: Path) -> Start:
    """Return what makes a process of a driver's text; a test ends it by leaving its `with`."""

    def make(text: str, seconds: float = 30, startup_seconds: float = 30) -> RivalProcess:
        driver = tmp_path / "driver.py"
        driver.write_text(text, encoding="utf-8")
        return RivalProcess([sys.executable, str(driver)], seconds, startup_seconds=startup_seconds)

    return make


def case_of(id: str, expect: str, answer: dict[str, Any] | None = None, **changes: Any) -> Case:
    """Return a case whose vector holds what the fake rival answers."""
    return Case(id, changes.get("rule", "R1"), expect, changes.get("is_certain", True), "why", {"answer": answer})


def start_of(rival: Rival, folder: Path) -> list[str]:
    """Return the command that starts a rival of a folder."""
    driver, *arguments = rival.driver
    return command_of(rival, driver_of(driver), arguments, folder)


def map_answer(vector: Any) -> list[Any]:
    """Ask the fake rival for the vector's answer."""
    return [vector["answer"]]


# --- the process ---


def test_answers_come_back(start: Start) -> None:
    """A driver is asked case by case, and says what it runs."""
    with start(ANSWER) as process:
        assert process.ask("a", [{"decisions": ["allow"]}])["decisions"] == ["allow"]
        assert process.ask("b", [{"refused": "no"}])["refused"] == "no"
        assert process.versions == {"fake": "1.0"} and process.fault_count == 0


@pytest.mark.parametrize(
    "text, kind",
    [
        ("import sys; sys.exit('no such module')", "crash"),
        (LOOP + "    sys.exit('lost')\n", "crash"),
        (LOOP + "    time.sleep(600)\n", "timeout"),
        ("import time; time.sleep(600)", "timeout"),
        (READY + "time.sleep(600)\n", "timeout"),
        (LOOP + "    print(json.dumps({'id': 'other', 'decisions': ['allow']}), flush=True)\n", "wrong answer"),
        (LOOP + "    print(json.dumps({'id': case['id']}), flush=True)\n", "wrong answer"),
        (LOOP + "    print(json.dumps({'id': case['id'], 'decisions': ['allow'] * 2}), flush=True)\n", "wrong answer"),
        (LOOP + "    print(json.dumps({'id': case['id'], 'decisions': [7]}), flush=True)\n", "wrong answer"),
        (LOOP + "    print('[' * 100_000, flush=True)\n", "wrong answer"),
        (LOOP + "    print('[1]', flush=True)\n", "wrong answer"),
        (LOOP + "    while True: print('x' * 65536, end='', flush=True)\n", "wrong answer"),
        ("print('hello', flush=True)", "wrong answer"),
        ("print('{}', flush=True)", "wrong answer"),
    ],
)
def test_faults_are_told_and_end_in_time(start: Start, text: str, kind: str) -> None:
    """Whatever a driver does, the question ends with the kind of its fault, and the process with it."""
    # Longer than a pipe takes at once, so that a driver that does not read is noticed too.
    calls = [{"padding": "x" * 200_000}]
    with start(text, seconds=0.5, startup_seconds=0.5 if "ready" not in text and kind == "timeout" else 30) as process:
        with pytest.raises(FaultError) as caught:
            process.ask("a", calls)
        assert caught.value.kind == kind
        assert process.fault_count == 1 and process._process is None


def test_last_words_are_kept(start: Start) -> None:
    """A crash is told with the exit code and the last line of standard error."""
    with start(LOOP + "    sys.exit('out of pears')\n") as process:
        with pytest.raises(FaultError, match="exit code 1, `out of pears`"):
            process.ask("a", [{}])


def test_talk_on_standard_error_does_not_block(start: Start) -> None:
    """A rival may write to standard error more than a pipe holds."""
    text = (
        LOOP + "    sys.stderr.write('x' * 1_000_000)\n    print(json.dumps({'id': case['id'], **call}), flush=True)\n"
    )
    with start(text) as process:
        assert process.ask("a", [{"decisions": ["allow"]}])["decisions"] == ["allow"]


def test_next_case_finds_a_new_process(start: Start) -> None:
    """After a fault the driver starts again."""
    text = ANSWER.replace("    print(", "    if call.get('die'): sys.exit(3)\n    print(")
    with start(text) as process:
        with pytest.raises(FaultError):
            process.ask("a", [{"die": True}])
        assert process.ask("b", [{"decisions": ["allow"]}])["decisions"] == ["allow"]


def test_hopeless_rival_is_given_up(start: Start) -> None:
    """A rival that only crashes is not started for ever."""
    with start("raise SystemExit(1)") as process:
        for number in range(MOST_FAULTS + 2):
            with pytest.raises(FaultError) as caught:
                process.ask(str(number), [{}])
            assert caught.value.kind == ("crash" if number < MOST_FAULTS else "not run")


def test_missing_program_is_a_fault() -> None:
    """A command that does not exist is told like any other fault."""
    with RivalProcess(["/no/such/program"], 1) as process:
        with pytest.raises(FaultError, match="cannot be started"):
            process.ask("a", [{}])


# --- the score ---


@pytest.mark.parametrize(
    "decisions, whole",
    [
        (["allow", "allow"], "allow"),
        (["allow", "implicit_deny", "explicit_deny"], "explicit_deny"),
        (["unknown", "implicit_deny"], "implicit_deny"),
        (["allow", "unknown"], "unknown"),
        (["allow", "deny"], "deny"),
    ],
)
def test_call_is_allowed_only_if_each_authorization_is(decisions: list[str], whole: str) -> None:
    """Denials win, explicit ones first (R161)."""
    assert combine(decisions) == whole


@pytest.mark.parametrize(
    "expect, got, tells_kinds, way",
    [
        ("allow", "allow", True, "agree"),
        ("explicit_deny", "implicit_deny", True, "kind"),
        ("explicit_deny", "deny", False, "agree"),
        ("explicit_deny", "allow", False, "wide"),
        ("allow", "deny", False, "narrow"),
        ("unknown", "allow", True, "other"),
        ("allow", "Permitted", True, "other"),
    ],
)
def test_ways_of_disagreeing(expect: str, got: str, tells_kinds: bool, way: str) -> None:
    """A disagreement is too wide, too narrow or about the kind of denial; the last only if the rival tells kinds."""
    assert compare(expect, got, tells_kinds) == way


def test_score_keeps_apart_what_is_not_a_disagreement(start: Start) -> None:
    """Inexpressible, refused and failed vectors are no disagreements, and uncertain ones are counted apart."""
    cases = [
        case_of("A", "allow", {"decisions": ["allow"]}),
        case_of("B", "implicit_deny", {"decisions": ["allow"]}, rule="R42"),
        case_of("C", "allow", {"decisions": ["explicit_deny"]}, rule="R7"),
        case_of("D", "allow", {"decisions": ["explicit_deny"]}, is_certain=False, rule="R9"),
        case_of("E", "allow", {"refused": "unknown action"}),
        case_of("F", "allow", {"inexpressible": "no boundary"}),
        case_of("G", "allow", {"error": "KeyError: 'x'"}),
        case_of("H", "allow", {"nonsense": True}),
    ]
    with start(ANSWER) as process:
        score = score_decisions(cases, map_answer, process, True)
    assert score["vectors"] == 8 and score["expressible"] == 7
    assert score["certain"] == {"agree": 1, "disagree": 2, "faults": 2, "refused": 1}
    assert score["uncertain"] == {"disagree": 1}
    assert score["ways"] == {"narrow": 1, "wide": 1}
    assert list(score["disagreements"]) == ["R7", "R42"]
    assert score["disagreements"]["R42"] == {
        "count": 1,
        "examples": [{"id": "B", "expect": "implicit_deny", "got": "allow"}],
    }
    assert list(score["uncertain_disagreements"]) == ["R9"]
    assert score["inexpressible"] == {"no boundary": {"count": 1, "examples": ["F"]}}
    assert set(score["faults"]) == {"KeyError", "wrong answer"}
    assert json.loads(json.dumps(score)) == score


def test_documents_are_counted_by_phase(start: Start) -> None:
    """Any finding counts for a bad document, and one of a malformed document against a sound one."""
    cases = [
        case_of("A", "save", {"found": ["x"]}),
        case_of("B", "save", {"found": []}, rule="R12"),
        case_of("C", "sound", {"found": ["a warning"]}),
        case_of("D", "sound", {"found": ["malformed:x"]}, rule="R6"),
        case_of("E", "lint", {"error": "TypeError: x"}),
    ]
    with start(ANSWER) as process:
        score = score_documents(cases, map_answer, process)
    assert score["phases"] == {
        "save": {"documents": 2, "found": 1},
        "lint": {"documents": 1, "faults": 1},
        "sound": {"documents": 2, "found": 1},
    }
    assert list(score["missed"]) == ["R12"] and list(score["false_alarms"]) == ["R6"]


# --- files ---


@pytest.mark.parametrize(
    "line, message",
    [
        ("{", "is not JSON"),
        ("[]", "lacks `id`"),
        ('{"id": "A", "policies": {}}', "lacks `request`"),
        ("[" * 99999, "JSON"),
    ],
)
def test_bad_files_of_vectors_are_told_with_their_place(tmp_path: Path, line: str, message: str) -> None:
    """A line that is no vector stops the run with file, line and reason."""
    path = tmp_path / "v.jsonl"
    path.write_text("\n" + line + "\n", encoding="utf-8")
    with pytest.raises(VectorFileError, match=message) as caught:
        read_decisions([path])
    assert f"{path}:2: " in str(caught.value)


def test_sound_documents_come_from_certain_vectors_once() -> None:
    """Each distinct document of a certain vector is one sound document, under its kind."""
    policies = {"identity": [{"a": 1}, {"a": 1}], "resource": {"a": 1}, "scps": [[{"b": 2}]], "session": [{"c": 3}]}
    sure = Case("A", "R6", "allow", True, "", {"policies": policies})
    unsure = Case("B", "R6", "allow", False, "", {"policies": {"identity": [{"z": 1}]}})
    kinds = [(case.vector["policy_kind"], case.vector["document"]) for case in read_documents([], [sure, sure, unsure])]
    assert kinds == [("identity", {"a": 1}), ("session", {"c": 3}), ("resource", {"a": 1}), ("scp", {"b": 2})]


# --- the command ---


def rival_of(name: str) -> Rival:
    """Return a rival by its name."""
    return next(rival for rival in RIVALS if rival.name == name)


def test_absent_node_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without Node.js its rivals are unavailable, with a message that says what to install."""
    monkeypatch.setattr(install.shutil, "which", lambda name: None)
    rival = rival_of("iam-simulate")
    for act in (lambda: start_of(rival, tmp_path), lambda: install_rival(rival, tmp_path)):
        with pytest.raises(UnavailableError, match="node is not installed; rivals in this language need"):
            act()


def test_rival_that_is_not_installed_is_said(tmp_path: Path) -> None:
    """A rival whose packages are not there says how they get there."""
    with pytest.raises(UnavailableError, match="--install"):
        start_of(rival_of("moto"), tmp_path)


def test_failed_installation_leaves_nothing_that_counts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """If the installer fails, its last line is told, and the rival stays unavailable."""
    failing = [sys.executable, "-c", "import sys; sys.exit('no such version')"]
    run = install._run
    monkeypatch.setattr(install, "_run", lambda arguments, home: run(failing, home))
    with pytest.raises(UnavailableError, match="cannot be installed; no such version"):
        install_rival(rival_of("moto"), tmp_path)
    with pytest.raises(UnavailableError, match="--install"):
        start_of(rival_of("moto"), tmp_path)


def test_other_version_is_not_the_pinned_one(tmp_path: Path) -> None:
    """What was installed under other pins is not used."""
    rival = rival_of("moto")
    home = tmp_path / rival.folder
    home.mkdir()
    (home / "installed.json").write_text('{"moto": "1.0"}', encoding="utf-8")
    with pytest.raises(UnavailableError, match="--install"):
        start_of(rival, tmp_path)
    (home / "installed.json").write_text(json.dumps(dict(rival.packages)), encoding="utf-8")
    assert str(tmp_path) in start_of(rival, tmp_path)[0]


def test_unknown_rival_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """A name that nobody has ends the command with the names there are."""
    assert command.main(["--rivals", "nobody"]) == 2
    assert "no rival is called `nobody`; there are gatewright; " in capsys.readouterr().err


def test_whole_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """gatewright, the reference and the check run on files of ours; one that is not installed is said to be so."""
    allow = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    vector = {
        "id": "T-1",
        "rule": "R42",
        "why": "a test",
        "policies": {"identity": [allow], "resource": None, "scps": None, "boundary": None, "session": None},
        "request": {
            "principal": "arn:aws:iam::210987654321:user/mara",
            "action": "s3:GetObject",
            "resource": "arn:aws:s3:::a/b",
            "resource_account": "210987654321",
            "context": {},
        },
        "expect": "allow",
    }
    wrong = {**vector, "id": "T-2", "expect": "implicit_deny"}
    vectors, documents, output = (tmp_path / name for name in ("accepted.jsonl", "invalid.jsonl", "out.json"))
    vectors.write_text("\n".join(map(json.dumps, (vector, wrong))), encoding="utf-8")
    bad = {"id": "I-1", "rule": "R1", "policy_kind": "identity", "document": "{", "phase": "parse"}
    documents.write_text(json.dumps(bad), encoding="utf-8")
    monkeypatch.setattr(command, "command_of", lambda *arguments: command_of(*arguments, tmp_path))
    names = "gatewright;reference;moto;gatewright check"
    arguments = ["--rivals", names, "--vectors", str(vectors), "--documents", str(documents), "-o", str(output)]
    assert command.main(arguments) == 0
    result = json.loads(output.read_text(encoding="utf-8"))
    rivals = {rival["name"]: rival for rival in result["rivals"]}
    for name in ("gatewright", "reference"):
        assert rivals[name]["score"]["certain"] == {"agree": 1, "disagree": 1}, name
        assert rivals[name]["score"]["disagreements"]["R42"]["examples"][0]["id"] == "T-2"
    assert rivals["gatewright check"]["score"]["phases"] == {
        "parse": {"documents": 1, "found": 1},
        "sound": {"documents": 1, "found": 0},
    }
    assert "--install" in rivals["moto"]["unavailable"]
    shown = capsys.readouterr().out
    assert "| gatewright | 2 | 0 | 0 | 1 (50.0%) | 1 | 1 | 0 | 0 |" in shown
    assert str(tmp_path) not in output.read_text(encoding="utf-8")


# --- the page ---


def test_page_shows_the_newest_result() -> None:
    """The page in docs is what the newest stored result gives."""
    path = page.newest_result()
    text = page.PAGE.read_text(encoding="utf-8")
    assert page.write_page(text, json.loads(path.read_text(encoding="utf-8")), path.name) == text


def test_every_rule_with_disagreements_was_read() -> None:
    """Whatever a rival does otherwise, certain or not, has a text on the page; no text is about nothing."""
    result = json.loads(page.newest_result().read_text(encoding="utf-8"))
    for rival in result["rivals"]:
        score = rival.get("score", {})
        if "disagreements" in score:
            differing = {*score["disagreements"], *score["uncertain_disagreements"]}
            read = {rule for _, rules in FINDINGS[rival["name"]] for rule in rules.split()}
            assert read == differing, rival["name"]


def test_what_nobody_read_is_said() -> None:
    """Disagreements under a rule without a text are shown as not read."""
    entry = {"count": 2, "examples": [{"id": "x-1", "expect": "allow", "got": "deny"}]}
    score = {"disagreements": {"R999": entry}, "uncertain_disagreements": {"R3": entry}}
    lines = page.show_findings("moto", score)
    assert lines == ["- not read yet: R999 2 + 0 (x-1), R3 0 + 2 (x-1)"]


def test_page_needs_its_marks() -> None:
    """A page without the marks is refused, not overwritten."""
    result = json.loads(page.newest_result().read_text(encoding="utf-8"))
    with pytest.raises(ValueError, match="lacks the line"):
        page.write_page(f"before\n{page.BEGIN}\nrest", result, "x.json")
    written = page.write_page(f"before\n{page.BEGIN}\nold\n{page.END}\nafter", result, "x.json")
    assert written.startswith("before\n") and written.endswith("\nafter") and "old" not in written.split("###")[0]


def test_stored_results_do_not_depend_on_the_machine() -> None:
    """A stored result names no folder of the machine that made it."""
    for path in page.RESULTS.glob("*.json"):
        text = path.read_text(encoding="utf-8")
        assert str(Path.home()) not in text and str(page.PAGE.parents[1]) not in text, path.name
