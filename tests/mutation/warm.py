"""Loads, before the mutants of a file run, what they share: modules that do not import it, and what these compute."""

from __future__ import annotations

import ast
import functools
import importlib
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import resolve_name
from types import ModuleType
from typing import Any

import hypothesis
from hypothesis import Phase
from layout import ROOT

from .oracle import Vector, ask_engine

ENGINE = ("gatewright.vectors", "gatewright.compiler", "gatewright.compiler.check", "gatewright.runtime")
HELPERS = ("hypothesis.strategies", "_pytest.fixtures", "_pytest.python")


is_keeping = True


def load_engine(vectors: Sequence[Vector]) -> None:
    """Load engine and helpers, and keep what reading, checking and building automata for these vectors came to.

    The keeping is done by functions put in place of those of the modules: a process in which such a module is loaded
    anew, since it depends on the changed file, has its own function again.
    """
    for name in (*ENGINE, *HELPERS):
        importlib.import_module(name)
    hypothesis.settings.register_profile("mutation", phases=[Phase.explicit, Phase.generate], database=None)
    hypothesis.settings.load_profile("mutation")  # a failure is enough, it need not be a small one
    _keep("gatewright.vectors", "Source", lambda line, place: line)
    _keep("gatewright.vectors", "read_vector", lambda source: id(source))
    _keep("gatewright.compiler.check", "check_document", lambda document, **options: (id(document), *options.items()))
    _keep("gatewright.compiler.automaton", "build_groups", _patterns)
    wrong = ask_engine(vectors)
    if wrong:
        raise SystemExit(f"{wrong} fails without a fault; mend it first")


def _patterns(patterns: Sequence[Any], *, folds_ascii: bool, budget: object) -> object:
    return tuple(patterns), folds_ascii  # no vector comes near the budget


def _keep(module: str, name: str, key_of: Callable[..., object]) -> None:
    plain = getattr(sys.modules[module], name)
    plain = getattr(plain, "__wrapped__", plain)  # of an earlier file's vectors
    kept: dict[object, tuple[object, object]] = {}

    @functools.wraps(plain)
    def recall(*arguments: Any, **options: Any) -> Any:
        if not is_keeping:
            return plain(*arguments, **options)
        key = key_of(*arguments, **options)
        if key not in kept:
            kept[key] = plain(*arguments, **options), arguments  # the arguments keep their ids
        return kept[key][0]

    setattr(sys.modules[module], name, recall)


@contextmanager
def computing() -> Iterator[None]:
    """Let everything be computed anew, as tests want it that set other limits."""
    global is_keeping
    is_keeping = False
    yield
    is_keeping = True


def find_dependents(changed: Sequence[str]) -> set[str]:
    """Find the changed modules and all that import them, themselves or by others: those that load anew."""
    imports = {name: set(_imports(module)) for name, module in list(sys.modules.items()) if _is_ours(module)}
    dependents = set(changed)
    while found := {name for name, imported in imports.items() if imported & dependents} - dependents:
        dependents |= found
    return dependents


def load_anew(dependents: Collection[str]) -> None:
    """Load modules again; every one is an attribute of its package, be the package new or the module."""
    for name in dependents:
        sys.modules.pop(name, None)
    for name in dependents:
        importlib.import_module(name)
    for name, module in list(sys.modules.items()):
        package = sys.modules.get(name.rpartition(".")[0])
        if package is not None and _is_ours(package):
            setattr(package, name.rpartition(".")[2], module)


def _is_ours(module: ModuleType) -> bool:
    file = getattr(module, "__file__", None) or ""
    return file.startswith(str(ROOT)) and "site-packages" not in file and file.endswith(".py")


def _imports(module: ModuleType) -> Iterator[str]:
    """Yield the modules that a module imports when it loads."""
    assert module.__file__ is not None
    with open(module.__file__, encoding="utf-8") as file:
        tree = ast.parse(file.read())
    for node in tree.body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            name = resolve_name("." * node.level + (node.module or ""), module.__package__ or "")
            yield name
            yield from (f"{name}.{alias.name}" for alias in node.names)
