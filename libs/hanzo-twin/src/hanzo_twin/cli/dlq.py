"""`hanzo-twin dlq …`: records that nobody could handle."""

from __future__ import annotations

import json
from itertools import islice
from typing import Annotated

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from hanzo_twin.cli.arguments import AsJson, Profile, Watch
from hanzo_twin.cli.outcome import console, emit
from hanzo_twin.cli.reach import api
from hanzo_twin.cli.shown import pairs, show, table, when
from hanzo_twin.models import DeadLetter

app = typer.Typer(help="Look at dead letters, and send them again.", no_args_is_help=True)

Letter = Annotated[str, typer.Argument(metavar="ID", help="As `dlq list` shows it.", show_default=False)]


@app.command("list")
def list_letters(
    topic: Annotated[str | None, typer.Option(help="They come from this topic.")] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="The newest so many.")] = 50,
    watch: Watch = False,
    profile: Profile = None,
    as_json: AsJson = False,
) -> None:
    """List dead letters, newest first."""
    with api(profile, as_json=as_json) as client:

        def ask() -> tuple[object, RenderableType]:
            page = min(limit, 500)
            found = list(islice(client.list_dead_letters(topic=topic, page_size=page), limit))
            told = {"letters": [json.loads(letter.model_dump_json()) for letter in found]}
            return told, _table(found) if found else "no dead letters"

        show(ask, as_json=as_json, watch=watch)


@app.command("show")
def show_letter(letter: Letter, profile: Profile = None, as_json: AsJson = False) -> None:
    """Show a dead letter with its content."""
    with api(profile, as_json=as_json) as client:

        def ask() -> tuple[object, RenderableType]:
            found = client.get_dead_letter(letter)
            return json.loads(found.model_dump_json()), _shown(found)

        show(ask, as_json=as_json, watch=False)


@app.command()
def redrive(letter: Letter, profile: Profile = None, as_json: AsJson = False) -> None:
    """Send a dead letter again to where it came from, in your own name: its cause should be gone by now."""
    with api(profile, as_json=as_json) as client:
        sent = client.redrive_dead_letter(letter)
        console().print(
            f"{letter} was sent to {sent.topic}, partition {sent.partition}, offset {sent.offset}"
        )
        if as_json:
            emit({"letter": letter, **json.loads(sent.model_dump_json())})


def _table(found: list[DeadLetter]) -> RenderableType:
    made = table("id", "when", "type", "topic", "service", "why", "sent again")
    for letter in found:
        why = f"{letter.code}: {letter.message}"
        again = str(len(letter.redriven)) if letter.redriven else ""
        made.add_row(letter.id, when(letter.at), letter.type or "?", letter.topic, letter.service, why, again)
    return made


def _shown(letter: DeadLetter) -> RenderableType:
    facts = pairs(
        letter=letter.id,
        origin=f"{letter.topic}, partition {letter.partition}, offset {letter.offset}",
        type=letter.type,
        refused_by=f"{letter.service}, attempt {letter.attempts}, {when(letter.at)} UTC",
        why=f"{letter.code}: {letter.message}",
        key=letter.key,
        sent_again=", ".join(f"{each.actor} {when(each.at)}" for each in letter.redriven),
    )
    content = json.dumps(letter.decoded, indent=2) if letter.decoded is not None else letter.value or ""
    return Group(facts, Text(content))
