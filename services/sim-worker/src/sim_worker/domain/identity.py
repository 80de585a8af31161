"""Ids that come out the same however often a worker arrives at them (journal rules 4 and 7)."""

import uuid

from twin_schemas.records import CommandApplied, CommandRefused, IncarnationBegan, Stamps

_SPACE = uuid.UUID("6f0c2a4e-5b0f-5e3e-9d0a-3a1d1f6f2b57")


def request_id(twin: str, revision: int, stamps: Stamps, anew: str = "") -> str:
    """Id of the request for an incarnation: one for each revision and everything the fold depends on.

    `anew` names what else makes one necessary, when nothing of that has changed.
    """
    parts = [stamps.engine, stamps.engine_build, stamps.cpu, str(stamps.fold_version)]
    parts += [stamps.scene_digest, stamps.model_digest]
    parts += [anew] if anew else []
    return str(uuid.uuid5(_SPACE, "\n".join(["incarnation", twin, str(revision), *parts])))


def event_id(event: CommandApplied | CommandRefused) -> str:
    """Id of what the fold says of a command; a repeat after a restore has the same."""
    parts = [type(event).__name__, event.twin, str(event.incarnation), str(event.offset), event.command_id]
    return str(uuid.uuid5(_SPACE, "\n".join(parts)))


def began_id(event: IncarnationBegan) -> str:
    """Id of the event of an incarnation; a repeat after a restore has the same."""
    return str(
        uuid.uuid5(_SPACE, "\n".join(["began", event.twin, str(event.incarnation), str(event.offset)]))
    )


def rate_command_id(twin: str, incarnation: int, offset: int) -> str:
    """Id of the wish for a lower rate made after a journal offset."""
    return str(uuid.uuid5(_SPACE, "\n".join(["rate", twin, str(incarnation), str(offset)])))
