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
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            if _PHYSICAL.fullmatch(node.value):
                yield node.lineno, f"{node.value!r} is spelt out; use topic(...).physical(prefix)"
            for problem in _role(node.value, package, topics):
                yield node.lineno, problem


def _of_call(call: ast.Call, package: str, topics: Mapping[str, TopicFile]) -> Iterator[str]:
    """Problems of ``public_topic(...)``, ``topic("name")`` and ``topics.method("name")``."""
    function, receiver = call.func, ""
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    if isinstance(function, ast.Attribute):
        receiver = getattr(function.value, "attr", getattr(function.value, "id", ""))
    if name == "public_topic":
        yield from _role(PUBLIC, package, topics)
    if not call.args or not (name == "topic" or receiver.endswith("topics")):
        return
    argument = call.args[0].value if isinstance(call.args[0], ast.Constant) else None
    if not isinstance(argument, str) or is_changelog(argument):
        return
    if argument not in topics or topics[argument].pattern is not None:
        yield f"topic {argument!r} is not declared in schemas/topics"


def _role(name: str, package: str, topics: Mapping[str, TopicFile]) -> Iterator[str]:
    """A package that names a topic, wherever it does, is its owner or one of its producers or consumers."""
    if name in topics and package != _CHASSIS:
        spec = topics[name].spec
        if package not in (spec.owner, *spec.producers, *spec.consumers):
            yield f"{package} neither produces nor consumes {name}; declare it in schemas/topics/{name}.yaml"
