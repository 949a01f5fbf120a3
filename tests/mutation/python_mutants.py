"""A Python file -> its mutants: copies of its syntax tree with one small fault each."""

from __future__ import annotations

import ast
import copy
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

COMPARISONS: Final[Mapping[type[ast.cmpop], tuple[type[ast.cmpop], ...]]] = {
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,), ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,), ast.Lt: (ast.LtE, ast.GtE), ast.LtE: (ast.Lt, ast.Gt), ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
}  # fmt: skip
OPERATORS: Final[Mapping[type[ast.operator], type[ast.operator]]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult, ast.Mod: ast.FloorDiv,
    ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr, ast.BitXor: ast.BitOr, ast.LShift: ast.RShift, ast.RShift: ast.LShift,
}  # fmt: skip
NAMES: Final = {
    "any": "all", "all": "any", "any_of": "all_of", "all_of": "any_of", "min": "max", "max": "min",
    "T": "U", "U": "F", "F": "U", "ALWAYS": "NEVER", "NEVER": "ALWAYS",
}  # fmt: skip
"""Functions and truth values that are taken for each other."""
REMOVED: Final = (ast.Expr, ast.AugAssign, ast.Continue, ast.Break)


@dataclass(frozen=True)
class Mutant:
    """A file with a fault: `line` is the text of the line where it is, `change` says what became of what."""

    number: int
    row: int
    line: str
    change: str
    source: str


def find_mutants(text: str) -> list[Mutant]:
    """Return the mutants of a Python file in the order of its lines."""
    lines = text.split("\n")
    mutants: list[Mutant] = []
    seen: Counter[tuple[int, str]] = Counter()
    for number, (row, change, source) in enumerate(sorted(_mutate(ast.parse(text)), key=lambda found: found[0])):
        seen[row, change] += 1
        mutants.append(Mutant(number, row, lines[row - 1].strip(), number_change(change, seen[row, change]), source))
    return mutants


def number_change(change: str, count: int) -> str:
    """Return a change with its number among those of a line that read the same."""
    return change if count == 1 else f"{change} ({count})"


def _mutate(tree: ast.Module) -> Iterator[tuple[int, str, str]]:
    members = defaultdict(set)  # those of each enumeration that the file uses
    for node in ast.walk(tree):
        if _is_member(node):
            members[node.value.id].add(node.attr)  # type: ignore[attr-defined]
    for path in list(_places(tree, ())):
        node, parent = _at(tree, path), _at(tree, path[:-2] if isinstance(path[-1], int) else path[:-1])
        before = ast.unparse(node)
        if not hasattr(node, "lineno") and not isinstance(node, ast.comprehension):
            continue
        row = (node.target if isinstance(node, ast.comprehension) else node).lineno  # type: ignore[attr-defined]
        for after in list(_replacements(node, members)):
            said = "" if isinstance(after, ast.Pass) else ast.unparse(after)
            _put(parent, path, after)
            source = ast.unparse(tree)
            _put(parent, path, node)
            yield row, _change(before, said), source


def _put(parent: ast.AST, path: tuple[str | int, ...], node: ast.AST) -> None:
    if isinstance(path[-1], int):
        getattr(parent, str(path[-2]))[path[-1]] = node
    else:
        setattr(parent, path[-1], node)


def _change(before: str, after: str) -> str:
    if "\n" in before:  # a branch: only its condition changes
        before, after = before.split("\n")[0], after.split("\n")[0]
    return f"{before.strip()} -> {after.strip() or 'nothing'}"


def _is_member(node: ast.AST) -> bool:
    is_attribute = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.attr.isupper()
    return is_attribute and node.value.id[0].isupper()  # type: ignore[attr-defined]


def _at(tree: ast.AST, path: tuple[str | int, ...]) -> ast.AST:
    for step in path:
        tree = tree[step] if isinstance(step, int) else getattr(tree, step)  # type: ignore[index]
    return tree


def _places(node: ast.AST, path: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
    """Yield the paths of the nodes that run: not of annotations, docstrings, messages, imports, assertions."""
    if isinstance(node, ast.Raise | ast.Assert | ast.Import | ast.ImportFrom | ast.JoinedStr):
        return
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return
    if isinstance(node, ast.Assign) and not node.col_offset and isinstance(node.value, ast.BinOp | ast.Subscript):
        return  # the name of a type
    if path:
        yield path
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "bases", "ctx", "op", "ops"):
            continue
        children = enumerate(value) if isinstance(value, list) else [(None, value)]
        for index, child in children:
            if isinstance(child, ast.AST):
                yield from _places(child, (*path, name) if index is None else (*path, name, index))


def _replacements(node: ast.AST, members: Mapping[str, set[str]]) -> Iterator[ast.AST]:
    def changed(**fields: object) -> ast.AST:
        other = copy.copy(node)
        for name, value in fields.items():
            setattr(other, name, value)
        return other

    if isinstance(node, ast.Compare):
        for index, operator in enumerate(node.ops):
            for other in COMPARISONS[type(operator)]:
                yield changed(ops=[*node.ops[:index], other(), *node.ops[index + 1 :]])
    elif isinstance(node, ast.BoolOp):
        yield changed(op=ast.And() if isinstance(node.op, ast.Or) else ast.Or())
        for index in range(len(node.values)):
            rest = [*node.values[:index], *node.values[index + 1 :]]
            yield rest[0] if len(rest) == 1 else changed(values=rest)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.Invert | ast.USub):
        yield node.operand
    elif isinstance(node, ast.BinOp | ast.AugAssign) and type(node.op) in OPERATORS:
        yield changed(op=OPERATORS[type(node.op)]())
    elif isinstance(node, ast.Constant):
        yield from map(ast.Constant, _constants(node.value))
    elif isinstance(node, ast.Return) and node.value is not None and not isinstance(node.value, ast.Constant):
        yield changed(value=ast.Constant(None))
    elif isinstance(node, ast.If | ast.IfExp):
        yield changed(test=ast.Constant(True))
        yield changed(test=ast.Constant(False))
    elif isinstance(node, ast.comprehension) and node.ifs:
        for index in range(len(node.ifs)):
            yield changed(ifs=[*node.ifs[:index], *node.ifs[index + 1 :]])
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in NAMES:
        yield changed(id=NAMES[node.id])
    elif _is_member(node):
        names = sorted(members[node.value.id])  # type: ignore[attr-defined]
        if len(names) > 1:
            yield changed(attr=names[(names.index(node.attr) + 1) % len(names)])  # type: ignore[attr-defined]
    if isinstance(node, REMOVED):
        yield ast.Pass()


def _constants(value: object) -> Iterator[object]:
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield value + 1
        if value > 1:
            yield value - 1
    elif isinstance(value, str):
        yield value + "X"
