"""The mutants: what is changed, what is left alone, and that explanations are about lines that exist."""

from __future__ import annotations

import ast
import importlib
import re
import tomllib

from layout import ROOT

from mutation import c_mutants, python_mutants, warm
from mutation.build_kernel import MODULES
from mutation.targets import TARGETS

PYTHON = '''"""Text."""
def judge(a: int | None, b=1):
    """Text."""
    if a is None or b < 2:
        return Truth.FALSE
    assert b > 3, "text"
    return a + b if Truth.TRUE else [c for c in a if c]
'''
C = """#define LIMIT 1
/* 1 < 2 */
static int judge(int a)
{
    if (!a && a < 2)
        return GW_TRUE;
    a += 1;
    return GW_FALSE;
}
"""


def test_python_mutants_have_one_fault_each() -> None:
    """Conditions, operators, constants, members and filters are changed; annotations and docstrings are not."""
    found = [(mutant.row, mutant.change) for mutant in python_mutants.find_mutants(PYTHON)]
    assert (2, "1 -> 2") in found
    assert (4, "a is None or b < 2 -> a is None and b < 2") in found
    assert (4, "a is None or b < 2 -> b < 2") in found
    assert (4, "b < 2 -> b <= 2") in found
    assert (4, "if a is None or b < 2: -> if True:") in found
    assert (5, "Truth.FALSE -> Truth.TRUE") in found
    assert (7, "a + b -> a - b") in found
    assert (7, "for c in a if c -> for c in a") in found
    assert not [row for row, _ in found if row in (1, 3, 6)]
    assert not [change for _, change in found if "int" in change]


def test_python_mutants_differ() -> None:
    """Every mutant is Python, and another program than the original and than all others."""
    texts = [mutant.source for mutant in python_mutants.find_mutants(PYTHON)]
    trees = {ast.dump(ast.parse(text)) for text in [*texts, PYTHON]}
    assert len(trees) == len(texts) + 1


def test_c_mutants_have_one_fault_each() -> None:
    """Operators, numbers, names of a family, conditions and statements are changed; comments and macros are not."""
    found = [(mutant.row, mutant.change) for mutant in c_mutants.find_mutants(C)]
    assert (5, "&& -> ||") in found
    assert (5, "< -> <=") in found
    assert (5, "! -> nothing") in found
    assert (5, "!a && a < 2 -> 0") in found
    assert (6, "GW_TRUE -> GW_FALSE") in found
    assert (7, "+= -> -=") in found
    assert (7, "a += 1; -> ;") in found
    assert (8, "GW_FALSE -> 0") in found
    assert not [row for row, _ in found if row in (1, 2)]


def test_explanations_are_about_lines_that_exist() -> None:
    """Every explained mutant is of a line that its file still has, and says why."""
    explained = tomllib.loads((ROOT / "tests/mutation/equivalent.toml").read_text(encoding="utf-8"))
    assert explained.keys() <= {target.file for target in TARGETS}
    for file, entries in explained.items():
        lines = {line.strip() for line in (ROOT / file).read_text(encoding="utf-8").split("\n")}
        for entry in entries:
            assert entry["line"] in lines, (file, entry["line"])
            assert len(entry["why"]) > 10 and entry["changes"], (file, entry["line"])


def test_every_copy_of_the_kernel_is_changed() -> None:
    """The modules that a changed C file is built into are those that `setup.py` gives the deciding kernel."""
    text = (ROOT / "setup.py").read_text(encoding="utf-8")
    assert set(re.findall(r'extension\("(\w+)", \*DECIDING[,)]', text)) == set(MODULES)


def test_what_depends_on_a_changed_module_loads_anew() -> None:
    """All that imports it, itself or by others, and nothing else."""
    importlib.import_module("gatewright.vectors")
    importlib.import_module("gatewright.compiler")
    found = warm.find_dependents(["gatewright.compiler.lower"])
    passes = {"lower", "flatten", "callers", "write", "fit", "incremental"}
    assert {f"gatewright.compiler.{name}" for name in passes} | {"gatewright.compiler"} <= found
    kept = {f"gatewright.compiler.{name}" for name in ("automaton", "normalize", "check", "syntax", "values")}
    assert not found & {*kept, "gatewright.vectors", "gatewright.runtime"}
