"""The project's own modules, as syntax trees."""

import ast
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import TypeVar

ROOT = Path(__file__).parents[2]
Found = TypeVar("Found")
GENERATED = ROOT / "schemas/src/twin_schemas/records"


@cache
def modules() -> tuple[Path, ...]:
    """Everything that is installed, but for what is generated."""
    found = [
        path
        for package in ("schemas", "libs/*", "services/*")
        for path in ROOT.glob(f"{package}/src/**/*.py")
    ]
    return tuple(sorted(path for path in found if GENERATED not in path.parents))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def each_module(find: Callable[[ast.Module], Found]) -> dict[str, Found]:
    """What is found in modules, by their names; those where nothing is are left out."""
    return {name(path): found for path in modules() if (found := find(tree(path)))}


def texts(module: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and text of every string that the code uses, the fixed parts of f-strings among them."""
    nodes = list(ast.walk(module))
    prose = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield node.lineno, node.value
