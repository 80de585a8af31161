"""What is kept of journals beyond the broker, by what announces it."""

from __future__ import annotations

from dataclasses import asdict

from fuzzing.refusal import in_turn
from fuzzing.targets.archive import archived
from fuzzing.targets.surroundings import TWIN, Consumer, at_home, put, waiting
from twin_common.archive.sealed import key_of
from twin_schemas.records import JournalSealed, KeyframeTaken


def sealed() -> Consumer:
    """Of `sim.sealed`."""

    async def consume(record: JournalSealed) -> None:
        archive = await archived()
        said: JournalSealed = at_home(record, **asdict(archive.sealed))
        await put(archive.bus, "sim.sealed", key_of(said).decode(), said)
        await in_turn(
            archive.paged,
            lambda: archive.paged(said.last_ms),
            archive.read_again,
            archive.sealed_on,
            archive.swept,
        )

    return waiting(consume)


def keyframes() -> Consumer:
    """Of `sim.keyframes`."""

    async def consume(record: KeyframeTaken) -> None:
        archive = await archived()
        await put(archive.bus, "sim.keyframes", TWIN, at_home(record, **asdict(archive.keyframe)))
        await in_turn(archive.pointed_to, archive.entered, archive.swept)

    return waiting(consume)
