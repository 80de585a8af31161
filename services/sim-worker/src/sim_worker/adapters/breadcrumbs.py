"""Remembers in files at which record the process died (journal rule 24).

A trail is written before each record and wiped after it. When a process starts and finds the trail of its
predecessor, the trail alone doesn't say who is to blame: SIGKILL and SIGTERM leave it, too. Only a crash (SEGV, ABRT,
BUS, FPE, ILL, or the watchdog's abort) also leaves a report of the fault handler, and only then is a death counted.
"""

import faulthandler
import json
import logging
import mmap
import os
import struct
import threading
from pathlib import Path
from uuid import UUID

log = logging.getLogger(__name__)

_TRAIL = struct.Struct("<B16siq")
_WORKING = 1


class FileBreadcrumbs:
    """`Breadcrumbs` in a folder that all workers of a host share."""

    def __init__(self, folder: Path, instance: str) -> None:
        """Read what the last process of this instance left, and begin a trail of one's own."""
        folder.mkdir(parents=True, exist_ok=True)
        self._deaths_file = folder / "deaths.json"
        self._crash_file = folder / f"{instance}.crash"
        self._trail_file = folder / f"{instance}.trail"
        self._note_death()
        self._deaths = self._read_deaths()
        self._trail_file.write_bytes(bytes(_TRAIL.size))
        self._file = self._trail_file.open("r+b")
        self._map = mmap.mmap(self._file.fileno(), _TRAIL.size)
        self._crash = self._crash_file.open("wb")
        self._count = 0
        self._watch: threading.Event | None = None

    def catch_crashes(self, watchdog_s: float) -> None:
        """Have crashes of this process reported, and turn a record that takes longer than `watchdog_s` into one."""
        faulthandler.enable(self._crash, all_threads=False)
        self._watch = threading.Event()
        threading.Thread(target=self._watchdog, args=(self._watch, watchdog_s), daemon=True).start()

    def _watchdog(self, closed: threading.Event, limit_s: float) -> None:
        seen, turns = -1, 0
        while not closed.wait(1.0):
            # counted in turns of this thread, not by a clock: a stopped process must not look like a hung one
            turns = turns + 1 if self._map[0] == _WORKING and self._count == seen else 0
            seen = self._count
            if turns >= limit_s:
                log.critical("a record has been worked on for %g s: giving up", limit_s)
                os.abort()

    def mark(self, twin: str, incarnation: int, offset: int) -> None:
        """Work on a record begins."""
        self._count += 1
        _TRAIL.pack_into(self._map, 0, _WORKING, _uuid_bytes(twin), incarnation, offset)

    def clear(self) -> None:
        """It is done."""
        self._map[0] = 0

    def deaths(self, twin: str, incarnation: int, offset: int) -> int:
        """How often a process of this host crashed there."""
        return self._deaths.get(_place(twin, incarnation, offset), 0) if self._deaths else 0

    def close(self) -> None:
        """The process ends on purpose."""
        if self._watch is not None:
            self._watch.set()
            faulthandler.disable()
        self._map.close()
        self._file.close()
        self._crash.close()
        self._trail_file.unlink(missing_ok=True)
        self._crash_file.unlink(missing_ok=True)

    def _note_death(self) -> None:
        try:
            trail, crash = self._trail_file.read_bytes(), self._crash_file.read_bytes()
        except FileNotFoundError:
            return
        if not crash or len(trail) != _TRAIL.size:
            return
        working, twin, incarnation, offset = _TRAIL.unpack(trail)
        if working != _WORKING:
            return
        deaths = self._read_deaths()
        place = _place(str(UUID(bytes=twin)), incarnation, offset)
        deaths[place] = deaths.get(place, 0) + 1
        log.error("the last process crashed at %s (%d times so far)", place, deaths[place])
        written = self._deaths_file.with_suffix(f".{os.getpid()}")
        written.write_text(json.dumps(deaths))
        written.replace(self._deaths_file)

    def _read_deaths(self) -> dict[str, int]:
        try:
            return dict(json.loads(self._deaths_file.read_text()))
        except (FileNotFoundError, ValueError):
            return {}


def _place(twin: str, incarnation: int, offset: int) -> str:
    return f"{twin}/{incarnation}/{offset}"


def _uuid_bytes(twin: str) -> bytes:
    try:
        return UUID(twin).bytes
    except ValueError:
        return bytes(16)
