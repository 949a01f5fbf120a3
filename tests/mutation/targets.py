"""What is mutated, and which tests judge it beside the vectors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from .build_kernel import MODULES
from .oracle import Vector, ask_engine, ask_reference

Ask = Callable[[Sequence[Vector]], str | None]


@dataclass(frozen=True)
class Target:
    """A file, the module that it is, or () of a C file; what asks the vectors; tests that are quick, and all others.

    ``is_plain``: it decides plain requests, so that it is asked vectors of the caller's side, without an entry for the
    resource.  Without ``has_vectors`` it does what no table of a vector needs, and tests alone judge.
    """

    file: str
    modules: tuple[str, ...]
    ask: Ask
    quick: tuple[str, ...]
    slow: tuple[str, ...]
    is_plain: bool = False
    has_vectors: bool = True


UNITS: Final = "tests/unit/compiler/test_"
AGAINST_REFERENCE: Final = ("tests/exhaustive", "tests/differential")
RUNTIME: Final = tuple(
    f"tests/unit/runtime/test_{name}.py"
    for name in (
        *("principals", "organizations", "endpoints", "strangers", "targets", "sequences"),
        *("what_is_unknown", "shared_rows"),
    )
)
KERNEL: Final = tuple(f"gatewright.runtime.{module}" for module in MODULES)


def _pass(name: str, *tests: str) -> Target:
    quick = (*(f"{UNITS}{test}.py" for test in tests), "tests/differential/test_corners.py")
    if name == "lower":
        quick += ("tests/golden/test_golden.py",)  # what the listing shows of columns
    if name in ("normalize", "patterns"):
        quick += ("tests/unit/face/test_diagnostics.py",)  # holds their part of the catalogue
    slow = ("tests/unit/compiler", *AGAINST_REFERENCE)
    return Target(f"compiler/{name}.py", (f"gatewright.compiler.{name}",), ask_engine, quick, slow)


def _kernel(name: str, *tests: str) -> Target:
    quick = (*RUNTIME, *(f"tests/unit/runtime/test_{test}.py" for test in tests), "tests/differential/test_corners.py")
    slow = ("tests/unit/runtime", *AGAINST_REFERENCE)
    return Target(f"runtime/kernel/{name}.c", KERNEL, ask_engine, quick, slow, is_plain=name == "decide")


def _batches() -> Target:
    quick = (
        "tests/differential/test_blocks.py",
        "tests/unit/runtime/test_columns.py",
        "tests/unit/runtime/test_arrow.py",
    )
    slow = ("tests/unit/runtime", *AGAINST_REFERENCE)
    return Target("runtime/kernel/batch.c", KERNEL, ask_engine, quick, slow, has_vectors=False)


def _groups(file: str, modules: tuple[str, ...], *tests: str) -> Target:
    quick = (*tests, "tests/unit/runtime/test_groups.py")
    slow = ("tests/unit/compiler/test_automaton.py", "tests/differential/test_patterns_on_kernel.py")
    return Target(file, modules, ask_engine, quick, slow, has_vectors=False)


def _reference(name: str) -> Target:
    quick = (f"tests/unit/test_{name}.py",) if name != "reference_layers" else ("tests/unit/test_reference_kinds.py",)
    slow = ("tests/unit/test_reference_vectors.py", "tests/unit/test_reference.py", *AGAINST_REFERENCE)
    return Target(f"tests/{name}.py", (name,), ask_reference, quick, slow)


TARGETS: Final = (
    _pass("normalize", "normalize", "lower", "incremental"),
    _kernel("judge"),
    _kernel("caller"),
    _reference("reference_kinds"),
    _reference("reference_layers"),
    _reference("reference_principals"),
    _pass("flatten", "known_cells", "flatten", "flatten_twin", "incremental"),
    _pass("plan", "plan", "known_cells", "flatten", "flatten_twin", "incremental"),
    _pass("lower", "lower", "incremental", "fit"),
    _pass("numbering", "numbering", "lower", "incremental"),
    _pass("callers", "callers"),
    _pass("action_sets", "action_sets", "lower"),
    _kernel("decide", "batch"),
    _batches(),
    _pass("values", "values"),
    _pass("patterns", "patterns"),
    _reference("reference_ec2"),
    _reference("reference"),
    _pass("automaton", "automaton", "relays", "incremental"),
    _groups("compiler/relays.py", ("gatewright.compiler.relays",), "tests/unit/compiler/test_relays.py"),
    _groups("runtime/kernel/relays.c", KERNEL),
    _groups("runtime/kernel/groups.c", KERNEL),
)
"""The most deciding first."""
