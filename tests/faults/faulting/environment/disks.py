"""Cells that fill the disk of a part."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import random
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path

from faulting.cell import Away, Cell, Measure, Recovery, Struck
from faulting.logs import Log
from faulting.stage import Stage
from faulting.surroundings import SERVICES, Built, Surroundings, running
from hanzo_twin.stack import EmbeddedStack
from hanzo_twin.stack.home import Home
from hanzo_twin.stack.processes import ProcessId
from hanzo_twin.stack.state import Phase

SIZES_MB: Mapping[str, int] = {"kafka": 1024, "postgres": 384, "seaweedfs": 512, "mosquitto": 32}
"""Parts and the size of their disks: what they need over a whole row, twice."""

_FULL_S = (3.0, 8.0)
_GRAIN_NS = 10_000_000
"""Times of files are as coarse as the kernel's ticks."""
_ENDING_S = 3.0
_BLOCK = bytes(1 << 20)
_FILL = "filler"
_SOURCE = "twin-faults"
_TOLD = "no space left on device"
_WRITES_S = 3.0
_SAVED = "mosquitto.db"
_AT_ONCE = ("kafka", "mosquitto")
"""Parts that can't go on for seconds without writing; the others may have room in files of theirs."""


@contextmanager
def mounted(folders: Mapping[Path, int]) -> Iterator[None]:
    """A small file system in memory at each folder.

    Raises:
        PermissionError: only root may mount.
    """
    if os.geteuid() != 0:
        raise PermissionError(
            "full disks are small file systems in memory, and only root may mount them; run it as root"
        )
    done: list[Path] = []
    try:
        for folder, size_mb in folders.items():
            folder.mkdir(parents=True, exist_ok=True)
            options = f"size={size_mb}m,mode=0711"
            subprocess.run(["mount", "-t", "tmpfs", "-o", options, source(), str(folder)], check=True)
            done.append(folder)
        yield
    finally:
        _unmount(done)


def source() -> str:
    """What this process calls the disks that it mounts, so that others can tell whether it still runs."""
    me = ProcessId.of(os.getpid())
    return f"{_SOURCE}:{me.pid}:{me.started:.2f}"


def clear_left_over() -> None:
    """Unmount the disks of runs that were killed: nobody else gives their memory back."""
    _unmount(left_over(Path("/proc/mounts").read_text(encoding="utf-8")))


def left_over(mounts: str) -> list[Path]:
    """Where disks of processes are mounted that have ended, according to a table of mounts."""
    found = []
    for line in mounts.splitlines():
        device, folder, *_ = line.split(" ")
        name, *owner = device.split(":")
        if name == _SOURCE and not (len(owner) == 2 and ProcessId(int(owner[0]), float(owner[1])).alive()):
            found.append(Path(folder.replace("\\040", " ")))
    return found


def _unmount(folders: Iterable[Path]) -> None:
    for folder in folders:
        # Lazily: a process that is still ending may have a file open there.
        subprocess.run(["umount", "--lazy", str(folder)], check=False)


@asynccontextmanager
async def _build(home: Path, variables: Mapping[str, str]) -> AsyncIterator[Built]:
    data = Home(home).data
    with mounted({data / part: size for part, size in SIZES_MB.items()}):
        async with running(EmbeddedStack(home, services=SERVICES, variables=variables)) as stack:
            yield Built(stack, stack.connection, stack.connection.mqtt_url)


SMALL_DISKS = Surroundings("small-disks", _build)
"""One of each part, each with a small disk of its own."""


async def fill(stage: Stage, dice: random.Random, *, part: str) -> Struck:
    """Fill a part's disk to the last byte, hold it so, make room again; start the part again if it has ended.

    Raises:
        RuntimeError: the part wrote all the same, or wrote nothing meanwhile.
    """
    folder, log, felt = stage.stack.home.data / part, stage.log_of(part), False
    twins = frozenset[str]() if part == "postgres" else None
    stage.may_end([part])
    began_ns = time.time_ns()
    try:
        async with _full(folder, dice.uniform(*_FULL_S)):
            if part == "mosquitto":  # it would write in a minute
                felt = await _save(stage, folder / _SAVED)
    finally:
        (folder / _FILL).unlink(missing_ok=True)
    if ended := await _ends(stage, part):
        await stage.restore()
    felt = felt or ended or tells(log)
    if not felt and part in _AT_ONCE:
        raise RuntimeError(f"the disk of {part} was full, and it shows nowhere")
    how = ", which ended of it" if ended else "" if felt else ", which had room in its files"
    return Struck(f"fill the disk of {part}{how}", began_ns, time.time_ns(), twins)


def tells(log: Log) -> bool:
    """Whether a log complains of a full disk."""
    return _TOLD in log.text().lower()


async def _save(stage: Stage, saved: Path) -> bool:
    """Have mosquitto write its database, and see whether it couldn't.

    It says so when it can't write a whole page. Of less it says nothing and leaves an empty file.
    """
    log, began_ns = stage.log_of("mosquitto"), time.time_ns()
    stage.stack.signal("mosquitto", signal.SIGUSR1)
    until = time.monotonic() + _WRITES_S
    while time.monotonic() < until:
        if tells(log) or cut_short(saved, began_ns):
            return True
        await asyncio.sleep(0.05)
    return False


def cut_short(file: Path, since_ns: int) -> bool:
    """Whether a file was written since then, and nothing came of it."""
    with contextlib.suppress(FileNotFoundError):
        status = file.stat()
        return status.st_mtime_ns >= since_ns - _GRAIN_NS and status.st_size == 0
    return False


async def _ends(stage: Stage, part: str) -> bool:
    """Whether a part ends of what it couldn't write; it may take a moment to shut down."""
    until = time.monotonic() + _ENDING_S
    while time.monotonic() < until:
        if stage.stack.part(part).phase is Phase.FAILED:
            return True
        await asyncio.sleep(0.1)
    return False


@asynccontextmanager
async def _full(folder: Path, seconds: float) -> AsyncIterator[None]:
    """Take all room there is, and what is freed meanwhile, for so long at least."""
    until, enough = time.monotonic() + seconds, asyncio.Event()
    descriptor = os.open(folder / _FILL, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    async def stay() -> None:
        while not enough.is_set():
            await asyncio.to_thread(_take, descriptor)
            await asyncio.sleep(0.05)

    await asyncio.to_thread(_take, descriptor)
    staying = asyncio.create_task(stay())
    try:
        yield
        done, _ = await asyncio.wait([staying], timeout=max(0.0, until - time.monotonic()))
        for task in done:
            task.result()  # it ends by itself only where it can't write
    finally:
        enough.set()  # not cancelled: its thread would write to a descriptor that is somebody else's by then
        await asyncio.gather(staying, return_exceptions=True)
        os.close(descriptor)


def _take(descriptor: int) -> None:
    block = _BLOCK
    while block:
        try:
            os.write(descriptor, block)
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            block = block[: len(block) // 2]


CELLS: tuple[Cell, ...] = tuple(
    Cell(
        f"full-disk-{part}",
        "disks",
        partial(fill, part=part),
        SMALL_DISKS,
        recovery=Recovery(Measure.COMMANDS if part == "postgres" else Measure.PREDICTIONS, from_end=True),
        says=f"the disk of {part} is full for 3 to 8 s; the part is started again if it ends",
        away=Away.TICKS if part == "kafka" else Away.NEVER,
        on_the_way_in=part == "mosquitto",
    )
    for part in SIZES_MB
)
