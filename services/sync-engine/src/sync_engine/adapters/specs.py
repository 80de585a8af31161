"""Follows twin.specs: what should run."""

from collections.abc import Awaitable, Callable

from twin_common.bus.api import Bus
from twin_common.bus.types import Record
from twin_common.clock import Clock
from twin_common.errors import BrokerUnreachable
from twin_schemas import codec
from twin_schemas.errors import SchemaError
from twin_schemas.records import TwinSpec

_PAUSE_S = 0.5

OnSpec = Callable[[str, TwinSpec | None], Awaitable[None]]
"""Takes a twin's id and its new spec; None: the twin is gone."""


async def follow_specs(
    bus: Bus,
    topic: str,
    clock: Clock,
    on_spec: OnSpec,
    on_loaded: Callable[[], None],
    on_bad: Callable[[str], None],
) -> None:
    """Read the specs to their end, then follow them for ever, across broker absences.

    Args:
        bus: opens the reader.
        topic: physical name of twin.specs.
        clock: for the wait while no broker answers.
        on_spec: takes each change.
        on_loaded: called when everything that was there at the start has been given.
        on_bad: takes a sentence about a record that can't be read.
    """
    loaded = False
    while True:
        try:
            async with await bus.reader() as reader:
                await reader.assign(*await reader.partitions(topic))
                async for record in reader.read_to_end():
                    await _give(record, on_spec, on_bad)
                if not loaded:
                    loaded = True
                    on_loaded()
                async for record in reader.tail():
                    await _give(record, on_spec, on_bad)
        except BrokerUnreachable:
            await clock.sleep(_PAUSE_S)  # then from the beginning: a compacted topic tells the same again


async def _give(record: Record, on_spec: OnSpec, on_bad: Callable[[str], None]) -> None:
    twin = (record.key or b"").decode(errors="replace")
    if record.value is None:
        await on_spec(twin, None)
        return
    try:
        spec = codec.decode(record.value)
    except SchemaError as error:
        on_bad(f"spec of twin {twin}: {error}")
        return
    if isinstance(spec, TwinSpec):
        await on_spec(spec.twin, spec)
    else:
        on_bad(f"spec of twin {twin} is a {type(spec).__name__}")
