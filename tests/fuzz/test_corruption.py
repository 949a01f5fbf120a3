"""Damaged tables under the address and undefined-behaviour sanitizers: refused, or used without harm.

After a table is open the kernel checks nothing.  So whatever the verifier lets through must be safe to use, whoever
made it: the checksum is no defence, since corrupt.c seals what it damages.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest
from layout import ROOT
from strategies import ADDRESSES, ARNS, INSTANTS, NUMBERS, ROLES, USERS
from tables import assemble, damage, read_header, small_tables

import gatewright as gw
from gatewright.runtime import _table as native
from gatewright.runtime.layout import HEADER, SECTIONS

HERE = Path(__file__).parent
REGRESSIONS = sorted((HERE / "regressions").glob("*.json"))
FULL = bool(os.environ.get("GATEWRIGHT_FUZZ_FULL"))
"""Every word, many rounds and all requests: some minutes."""
REQUESTS = 100_000 if FULL else 5
"""Most requests that are decided at a time in a table that opens; what decides most of them is the same."""
SANITIZERS = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer"]
HANGS = 600  # seconds after which a run counts as hung


class Run(NamedTuple):
    """How many damaged tables there were, and how many of them opened."""

    tried: int
    opened: int


def texts() -> list[bytes]:
    """Return texts near every grammar, and some that are no text at all."""
    session = ROLES[0].replace(":iam:", ":sts:").replace(":role/", ":assumed-role/") + "/session"
    names = [USERS[0], ROLES[0], session, "aws:UserName", "s3:max-keys", "s3:GetObject", "sqs:SendMessage"]
    values = ["arn:aws:s3:::xa123/a", "arn:aws:s3:::pears/x", "É", "\u212a", "mara", "abéx?", "0*xx0", "p65"]
    values += ["baaaa" + "z" * 20, "QQ==", "QR=="]
    typed = [*NUMBERS[:6], *INSTANTS[:4], *ADDRESSES[:4], *ADDRESSES[6:9], *ARNS[:2], "1e999999999", "1" * 255]
    encoded = [text.encode() for text in (*names, *values, *typed, "", "a" * 300, "?" * 70, "-", "::", "=" * 4)]
    broken = [b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xf0\x9d\x84", b"\x00" * 9, bytes(range(256)), b"arn:aws:s3:::\xf4"]
    return encoded + broken


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the tables, the texts and the program."""
    folder = tmp_path_factory.mktemp("corrupt")
    for name, table in small_tables().items():
        (folder / name).write_bytes(without_notes(table))
    (folder / "values").write_bytes(b"".join(len(text).to_bytes(4, "little") + text for text in texts()))
    return folder


def without_notes(table: gw.Table) -> bytes:
    """Cut the notes off, the last section: the kernel never reads them, and they would only cost time."""
    header = read_header(table)
    assert list(SECTIONS)[-1] == "notes"
    size = int(header["sections"][-1]["offset"])
    header["sections"][-1]["count"] = 0
    header["total_bytes"] = size
    return assemble(header, bytes(table)[HEADER.itemsize : size])


@pytest.fixture(scope="session")
def program(folder: Path) -> Path:
    """Build the program, or skip where the compiler has no sanitizers."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler")
    probe = folder / "probe.c"
    probe.write_text("int main(void) { return 0; }\n")
    command = [compiler, "-std=c11", "-g", "-O2", *SANITIZERS]
    linked = subprocess.run([*command, probe, "-o", folder / "probe"], capture_output=True, check=False)
    if linked.returncode or subprocess.run([folder / "probe"], capture_output=True, check=False).returncode:
        pytest.skip("the C compiler has no sanitizers")
    kernel = sorted((ROOT / "runtime/kernel").glob("*.c"))
    built = folder / "corrupt"
    include = ["-I", ROOT / "runtime/include"]
    done = subprocess.run(
        [*command, "-Wall", "-Wextra", "-Werror", *include, HERE / "corrupt.c", *kernel, "-o", built],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return built


def run(program: Path, mode: str, table: Path, seed: int = 1, rounds: int = 1) -> Run:
    """Run the program; a report of a sanitizer is a failure."""
    command = [program, mode, table, program.parent / "values", str(seed), str(rounds), str(REQUESTS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=HANGS)
    assert done.returncode == 0, f"{mode} {table.name} seed {seed}\n{done.stderr}"
    return Run(*map(int, done.stdout.split()))


TABLES = ["texts", "typed", "variables", "wide", "crowded", "sides", "relays"]
ALL_TABLES = [*TABLES, "indexed"]  # too large to be tried at each of its bytes


def test_the_tables_fill_every_section(folder: Path) -> None:
    """No section is left out of the search, and no table."""
    tables = small_tables()
    assert set(ALL_TABLES) == set(tables)
    full = {name for table in ALL_TABLES for name in SECTIONS if len(tables[table].section(name))}
    assert full == set(SECTIONS)


@pytest.mark.parametrize("name", ALL_TABLES)
def test_a_sound_table_opens(program: Path, folder: Path, name: str) -> None:
    """The undamaged table opens, and using it as the damaged ones are used is no harm."""
    assert run(program, "whole", folder / name) == Run(1, 1)


@pytest.mark.parametrize("name", TABLES)
def test_a_table_cut_anywhere_does_not_open(program: Path, folder: Path, name: str) -> None:
    """Cut at every byte, as it is and with size and checksum made right again."""
    tried, opened = run(program, "cut", folder / name)
    size = (folder / name).stat().st_size
    assert tried == size + (size - HEADER.itemsize)
    # What lies behind the last element is padding, which a table may do without.
    assert opened < native.SECTION_ALIGNMENT


@pytest.mark.parametrize("name", TABLES)
def test_the_checksum_notices_every_flipped_bit(program: Path, folder: Path, name: str) -> None:
    """Flip each bit of the table in turn."""
    tried, opened = run(program, "flip", folder / name)
    assert (tried, opened) == (8 * (folder / name).stat().st_size, 0)


@pytest.mark.parametrize("name", ALL_TABLES)
def test_any_word_may_be_wrong(program: Path, folder: Path, name: str) -> None:
    """Put odd values and every flipped bit into each word of the header and of the sections, and seal."""
    tried, opened = run(program, "words", folder / name, rounds=1 if FULL else 3)
    assert tried > 16 * HEADER.itemsize / 4
    assert 0 < opened < tried


@pytest.mark.parametrize("name", ALL_TABLES)
def test_several_things_may_be_wrong(program: Path, folder: Path, name: str, request: pytest.FixtureRequest) -> None:
    """Change several places of a table at once, and seal."""
    seed = int(request.config.getoption("hypothesis_seed", None) or 1)
    rounds = (200_000 if FULL else 4_000) // (20 if name == "indexed" else 1)
    tried, opened = run(program, "mix", folder / name, seed, rounds)
    assert 0 < opened < tried


@pytest.mark.parametrize("name", TABLES)
def test_noise_does_not_open(program: Path, folder: Path, name: str) -> None:
    """Random bytes, behind nothing, a magic number or a whole header."""
    assert run(program, "noise", folder / name, 1, 3_000).opened == 0


@pytest.mark.parametrize("name", ALL_TABLES)
def test_every_alignment(program: Path, folder: Path, name: str) -> None:
    """A table opens at each multiple of 8 bytes, and nowhere else."""
    assert run(program, "shift", folder / name) == Run(64, 8)


def test_other_versions_do_not_open(program: Path, folder: Path) -> None:
    """A table of another version is refused before anything else is read."""
    assert run(program, "age", folder / "texts") == Run(5, 0)


@pytest.mark.parametrize("path", REGRESSIONS, ids=lambda path: path.stem)
def test_past_finds(program: Path, folder: Path, path: Path) -> None:
    """What once did harm does not open any more."""
    find = json.loads(path.read_text(encoding="utf-8"))
    damaged = folder / path.stem
    damaged.write_bytes(damage(small_tables()[find["table"]], find["changes"]))
    assert run(program, "whole", damaged) == Run(1, 0)


def test_there_are_past_finds() -> None:
    """The list above is not empty by mistake."""
    assert REGRESSIONS
