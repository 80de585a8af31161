"""docs/cli.md names every command."""

from __future__ import annotations

from pathlib import Path

import click
import typer

from hanzo_twin.cli import build

DOCUMENT = Path(__file__).parents[4] / "docs" / "cli.md"


def commands(command: click.Command, *names: str) -> list[tuple[str, ...]]:
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
