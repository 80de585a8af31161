"""docs/cli.md names every command, and what it and the standard write is understood."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer

from hanzo_twin.cli import build

USAGE = typer.BadParameter.__bases__[0]
DOCUMENT = Path(__file__).parents[4] / "docs" / "cli.md"


def commands(command: Any, *names: str) -> list[tuple[str, ...]]:
    """Every command that does something, with the names that lead to it."""
    children = getattr(command, "commands", {})
    found = [entry for name, child in children.items() for entry in commands(child, *names, name)]
    return found if children else [names]


def test_every_command_is_in_the_table() -> None:
    table = [
        line.split("`")[1] for line in DOCUMENT.read_text().splitlines() if line.startswith("| `hanzo-twin ")
    ]
    rows = [row.replace("\\|", " ").split() for row in table]
    known = commands(typer.main.get_command(build()))
    assert len(known) > 5
    for names in known:
        assert any(row[1 : len(names)] == [*names[:-1]] and names[-1] in row for row in rows), names


# The command line of the standard, word for word.
STANDARD = """
hanzo-twin create --config warehouse-east.yaml
hanzo-twin start twin-warehouse-east
hanzo-twin status twin-warehouse-east
hanzo-twin fork twin-warehouse-east --name "what-if-faster-conveyor"
hanzo-twin chaos inject twin-hanzo-cloud --scenario pod-kill --target deployment/llm-gateway
hanzo-twin synthdata generate --config synthdata-config.yaml
hanzo-twin train --twin twin-warehouse-east --engine mujoco --algo ppo --num-envs 64 --total-steps 10_000_000
hanzo-twin scene upload --name "warehouse-east" --path ./scenes/warehouse/
hanzo-twin scene validate --name "warehouse-east" --engine mujoco
"""


def examples(text: str) -> list[str]:
    """Every command line in a text, continued lines joined."""
    joined = text.replace("\\\n", " ")
    return [
        line.partition("#")[0].partition(" < ")[0] for line in re.findall(r"^hanzo-twin .*$", joined, re.M)
    ]


def understood(words: list[str]) -> None:
    """Parse a command line down to the command that it ends in, and carry nothing out.

    Raises:
        UsageError: it isn't understood.
    """
    command: Any = typer.main.get_command(build())
    context: Any = None
    while hasattr(command, "resolve_command"):
        context = command.make_context(command.name, list(words), parent=context)
        _, command, words = command.resolve_command(context, [*context._protected_args, *context.args])
    command.make_context(command.name, list(words), parent=context)


@pytest.mark.parametrize("example", [*examples(STANDARD), *examples(DOCUMENT.read_text())])
def test_an_example_is_understood(example: str) -> None:
    understood(shlex.split(example)[1:])


def test_an_example_that_is_wrong_is_not() -> None:
    with pytest.raises(USAGE):
        understood(["scene", "upload", "--path", "x"])
    assert len(examples(DOCUMENT.read_text())) > 5
