"""Topics that code uses are declared, and the package that uses one is among its producers or consumers."""

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from twin_schemas.catalogue import PUBLIC, is_changelog
from twin_schemas.topics import PREFIX, TopicFile

# Avro names are hanzo.twin.<Type>: only a topic has two lower-case segments after the prefix.
_PHYSICAL = re.compile(re.escape(PREFIX) + r"\.[a-z]+\.[a-z]+")
# The chassis acts for whichever service it runs in.
_CHASSIS = "twin-common"


def findings(repository: Path, topics: Mapping[str, TopicFile]) -> list[str]:
    """Misused topics in ``services/*/src`` and ``libs/*/src`` of a checkout; tests may do as they like."""
    found: list[str] = []
    for package in sorted([*repository.glob("services/*"), *repository.glob("libs/*")]):
        for path in sorted(package.glob("src/**/*.py")):
            where = path.relative_to(repository).as_posix()
            try:
                tree = ast.parse(path.read_text())
            except SyntaxError as error:
                found.append(f"{where}:{error.lineno}: {error.msg}")
                continue
            found += [f"{where}:{line}: {what}" for line, what in _of_module(tree, package.name, topics)]
    return found


def _of_module(tree: ast.Module, package: str, topics: Mapping[str, TopicFile]) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            for problem in _of_call(node, package, topics):
                yield node.lineno, problem
        elif (
            isinstance(node, ast.Constant) and isinstance(node.value, str) and _PHYSICAL.fullmatch(node.value)
        ):
            yield (
                node.lineno,
                f"{node.value!r} is spelt out; use topic(...).physical(prefix)",
            )


def _of_call(call: ast.Call, package: str, topics: Mapping[str, TopicFile]) -> Iterator[str]:
    function = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if function == "public_topic":
        yield from _role(PUBLIC, package, topics)
    if function != "topic" or len(call.args) != 1 or not isinstance(call.args[0], ast.Constant):
        return
    name = call.args[0].value
    if not isinstance(name, str) or is_changelog(name):
        return
    if name not in topics or topics[name].pattern is not None:
        yield f"topic {name!r} is not declared in schemas/topics"
    else:
        yield from _role(name, package, topics)


def _role(name: str, package: str, topics: Mapping[str, TopicFile]) -> Iterator[str]:
    if name in topics and package != _CHASSIS:
        spec = topics[name].spec
        if package not in (*spec.producers, *spec.consumers):
            yield f"{package} neither produces nor consumes {name}; declare it in schemas/topics/{name}.yaml"
