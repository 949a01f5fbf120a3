"""``layout.py`` describes the structs of the C headers, member by member."""

from __future__ import annotations

import re
import shlex
import subprocess
import sysconfig
from collections.abc import Iterator

import numpy as np
import pytest
from layout import ROOT

from gatewright.runtime import _table as native
from gatewright.runtime import layout

HEADERS = ROOT / "runtime/include"
STRUCTS: dict[str, np.dtype[np.void]] = {
    "gw_header": layout.HEADER,
    "gw_extent": layout.EXTENT,
    **{
        f"gw_{name.removesuffix('s')}": dtype
        for name, dtype in layout.SECTIONS.items()
        if isinstance(dtype, np.dtype) and dtype.names
    },
}
ENUMS: dict[str, type[layout.IntEnum]] = {
    "GW_KIND_": layout.Kind,
    "GW_VIEW_": layout.View,
    "GW_PART_": layout.PartKind,
    "GW_LAYER_": layout.LayerKind,
    "GW_CALLER_": layout.CallerKind,
    "GW_PRINCIPAL_": layout.PrincipalFlag,
    "GW_SET_": layout.ActionSet,
    "GW_": layout.CallerTest,
}
COUNTS: dict[str, type[layout.IntEnum]] = {
    "GW_KIND_COUNT": layout.Kind,
    "GW_VIEW_COUNT": layout.View,
    "GW_PART_KIND_COUNT": layout.PartKind,
    "GW_PRINCIPAL_KIND_COUNT": layout.CallerKind,
    "GW_SET_COUNT": layout.ActionSet,
    "GW_CALLER_TEST_COUNT": layout.CallerTest,
    "GW_LAYER_AUTHENTICATION + 1": layout.LayerKind,
}
NUMBERS = {
    "GW_FALSE": layout.Truth.FALSE,
    "GW_UNSURE": layout.Truth.UNSURE,
    "GW_TRUE": layout.Truth.TRUE,
    **{f"GW_{decision.name}": decision for decision in layout.Decision},
    **{
        f"GW_{name}": getattr(layout, name)
        for name in (
            "PROGRAM_NONE", "PROGRAM_ALWAYS", "PROGRAM_SPECIAL", "PROGRAM_FIRST",
            "PROGRAM_MARK", "PROGRAM_GENERIC", "PROGRAM_COUNT", "PROGRAM_SLACK",
            "PRINCIPAL_MAP", "KEY_MAP", "RESOURCE_MAP", "ENDPOINT_MAP", "CLASSIFIER_MAPS", "KEY_CLASSIFIERS", "NO_ROW",
            "SHARED_LIMIT", "SHARED_PROGRAM",
            "ACTION_SLOT", "RESOURCE_SLOT", "FIRST_KEY_SLOT",
            "TEST_NEGATED", "TEST_TEMPLATES", "TEST_CALLER", "LEFT_NOTHING", "LEFT_MORE",
        )
    },
}  # fmt: skip


def members(dtype: np.dtype[np.void]) -> Iterator[tuple[str, int, int]]:
    """Yield name, offset and size of each member."""
    assert dtype.fields is not None
    for name, (field, offset, *_) in dtype.fields.items():
        yield name, offset, field.itemsize


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    """Let the C compiler of the build measure every struct, and print every constant."""
    expressions = [f"sizeof({struct})" for struct in STRUCTS]
    for struct, dtype in STRUCTS.items():
        for name, _, _ in members(dtype):
            expressions += [f"offsetof({struct}, {name})", f"sizeof((({struct} *)0)->{name})"]
    expressions += [*NUMBERS, *COUNTS, "GW_SECTION_COUNT"]
    expressions += [f"{prefix}{member.name}" for prefix, kind in ENUMS.items() for member in kind]
    expressions += [f"GW_SECTION_{name.upper()}" for name in layout.SECTIONS]
    folder = tmp_path_factory.mktemp("layout")
    lines = [f'    printf("%llu\\n", (unsigned long long)({expression}));' for expression in expressions]
    program = folder / "layout.c"
    program.write_text(
        '#include <stdio.h>\n#include "gatewright/decide.h"\nint main(void)\n{\n'
        + "\n".join(lines)
        + "\n    return 0;\n}\n"
    )
    compiler = shlex.split(sysconfig.get_config_var("CC") or "cc")
    binary = folder / "layout"
    build = [*compiler, "-std=c11", "-I", str(HEADERS), str(program), "-o", str(binary)]
    done = subprocess.run(build, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    output = subprocess.run([binary], capture_output=True, text=True, check=True).stdout.split()
    return dict(zip(expressions, map(int, output), strict=True))


@pytest.mark.parametrize("struct", STRUCTS)
def test_a_struct_has_the_members_of_its_dtype(struct: str, measured: dict[str, int]) -> None:
    """Size, and offset and size of every member, are what the compiler of the build says."""
    dtype = STRUCTS[struct]
    assert measured[f"sizeof({struct})"] == dtype.itemsize
    for name, offset, size in members(dtype):
        assert (measured[f"offsetof({struct}, {name})"], measured[f"sizeof((({struct} *)0)->{name})"]) == (offset, size)


@pytest.mark.parametrize("struct", STRUCTS)
def test_a_struct_has_no_other_members(struct: str) -> None:
    """The members that the header declares are those of the dtype, in that order, and no padding lies between them."""
    text = re.sub(r"/\*.*?\*/", "", (HEADERS / "gatewright/table.h").read_text(encoding="utf-8"), flags=re.DOTALL)
    match = re.search(rf"typedef struct \{{([^}}]*)\}} {struct};", text)
    assert match is not None
    declared = [
        re.sub(r"\[.*\]", "", name).strip().lstrip("*")
        for declaration in match[1].split(";")
        if declaration.strip()
        for name in declaration.strip().split(" ", 1)[1].split(",")
    ]
    dtype = STRUCTS[struct]
    assert declared == list(dtype.names or ())
    assert sum(size for _, _, size in members(dtype)) == dtype.itemsize


def test_sections_stand_in_the_order_of_the_header(measured: dict[str, int]) -> None:
    """The sections have the numbers of ``enum gw_section``, and the element sizes of the kernel."""
    assert measured["GW_SECTION_COUNT"] == len(layout.SECTIONS)
    assert [measured[f"GW_SECTION_{name.upper()}"] for name in layout.SECTIONS] == list(range(len(layout.SECTIONS)))
    assert tuple(np.dtype(dtype).itemsize for dtype in layout.SECTIONS.values()) == native.ELEMENT_BYTES


def test_constants_have_the_values_of_the_headers(measured: dict[str, int]) -> None:
    """Numbers that Python writes into a table are those that the kernel reads from it."""
    assert {name: measured[name] for name in NUMBERS} == {name: int(value) for name, value in NUMBERS.items()}
    for prefix, kind in ENUMS.items():
        assert {member.name: measured[f"{prefix}{member.name}"] for member in kind} == {m.name: int(m) for m in kind}
    for name, kind in COUNTS.items():
        assert measured[name] == len(kind)


def test_every_struct_of_the_table_is_measured() -> None:
    """No struct that a section is made of is left out above."""
    text = (HEADERS / "gatewright/table.h").read_text(encoding="utf-8")
    assert set(re.findall(r"\} (gw_\w+);", text)) == {*STRUCTS, "gw_table"}
