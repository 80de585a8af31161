"""Remembers in files where the process died (journal rule 24).

A trail is written before each piece of work and wiped after it, one for each lane (the fold, forecasts, building
models), because these run in threads of their own. Trails of a dead process alone don't say who is to blame: SIGKILL
and SIGTERM leave them, too. Only a crash (SEGV, ABRT, BUS, FPE, ILL, or the watchdog's abort) also leaves a report of
the fault handler, and only then is a death counted: at the place where the thread that crashed was working, which
the report names. What other threads were busy with is not to blame.

Whoever looks first counts it: the process that follows under the same name, or another worker of the host that takes
the dead one's partitions over.
"""

import faulthandler
import fcntl
import json
import logging
import mmap
import os
import re
import struct
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

log = logging.getLogger(__name__)

_ROOM = 128
_THREAD = struct.Struct("<Q")
_NAME = 1 + _THREAD.size
_LONGEST = _ROOM - _NAME
_HUNG = b"hung\n"
_CURRENT = re.compile(rb"Current thread 0x([0-9a-f]+)")


class FileBreadcrumbs:
    """`Breadcrumbs` in a folder that all workers of a host should share.

    A lane is a row of 128 bytes: the length of the place's name, 0 for none, then the thread and the name.
    """

    def __init__(self, folder: Path, instance: str, lanes: Sequence[str]) -> None:
        """Read what the last process of this instance left, and begin a trail of one's own.

        The watchdog watches the first lane.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self._deaths_file = folder / "deaths.json"
        self._crash_file = folder / f"{instance}.crash"
        self._trail_file = folder / f"{instance}.trail"
        self._lock_file = folder / "deaths.lock"
        self._deaths: dict[str, int] = {}
        self.look()
        self._trail_file.write_bytes(bytes(_ROOM * len(lanes)))
        self._file = self._trail_file.open("r+b")
        self._map = mmap.mmap(self._file.fileno(), _ROOM * len(lanes))
        self._rows = {lane: index * _ROOM for index, lane in enumerate(lanes)}
        self._crash = self._crash_file.open("wb")
        self._count = 0
        self._watch: threading.Event | None = None

    def catch_crashes(self, watchdog_s: float) -> None:
        """Have crashes reported, and make one of a record that is folded for longer than `watchdog_s`."""
        faulthandler.enable(self._crash, all_threads=True)
        self._watch = threading.Event()
        threading.Thread(target=self._watchdog, args=(self._watch, watchdog_s), daemon=True).start()

    def _watchdog(self, closed: threading.Event, limit_s: float) -> None:
        seen, turns = -1, 0
        while not closed.wait(1.0):
            # counted in turns of this thread, not by a clock: a stopped process must not look like a hung one
            turns = turns + 1 if self._map[0] and self._count == seen else 0
            seen = self._count
            if turns >= limit_s:
                log.critical("a record has been folded for %g s: giving up", limit_s)
                self._crash.write(_HUNG)
                self._crash.flush()
                os.abort()

    def mark(self, lane: str, place: str) -> None:
        """Work begins at a place; one piece of work in a lane at a time."""
        self._count += 1
        row, name = self._rows[lane], place.encode()[:_LONGEST]
        _THREAD.pack_into(self._map, row + 1, threading.get_ident())
        self._map[row + _NAME : row + _NAME + len(name)] = name
        self._map[row] = len(name)

    def clear(self, lane: str) -> None:
        """It is done."""
        self._map[self._rows[lane]] = 0

    def look(self) -> None:
        """Learn where processes of this host have crashed by now."""
        try:
            with self._lock_file.open("w") as lock:
                # one at a time: no crash is counted twice, and no count is lost
                fcntl.flock(lock, fcntl.LOCK_EX)
                self._deaths = self._read_deaths()
                for crash in sorted(self._crash_file.parent.glob("*.crash")):
                    self._note_deaths(crash)
        except OSError as error:
            log.error("breadcrumbs of other workers can't be read: %s", error)

    def deaths(self, place: str) -> int:
        """How often a process of this host crashed there."""
        return self._deaths.get(place, 0)

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

    def _note_deaths(self, crash: Path) -> None:
        trail = crash.with_name(f"{crash.name.removesuffix('.crash')}.trail")
        try:
            report = crash.read_bytes()
            if not report:
                return  # alive, or killed from outside
            places = list(_places(trail.read_bytes(), report))
        except FileNotFoundError:
            return  # just closed
        for place in places:
            self._deaths[place] = self._deaths.get(place, 0) + 1
            log.error(
                "%s crashed at %s (%d times so far)",
                crash.name.removesuffix(".crash"),
                place,
                self._deaths[place],
            )
        written = self._deaths_file.with_suffix(f".{os.getpid()}")
        written.write_text(json.dumps(self._deaths))
        written.replace(self._deaths_file)
        crash.unlink(missing_ok=True)

    def _read_deaths(self) -> dict[str, int]:
        try:
            return {
                str(place): int(count) for place, count in json.loads(self._deaths_file.read_text()).items()
            }
        except (FileNotFoundError, ValueError, TypeError, AttributeError):
            return {}


def _places(trail: bytes, report: bytes) -> Iterator[str]:
    """Where the thread worked that the report is about; every place when it names none."""
    # the watchdog's abort is in its own thread, but it watches the first lane only
    rows = trail[:_ROOM] if report.startswith(_HUNG) else trail
    crashed = None if report.startswith(_HUNG) else _CURRENT.search(report)
    for start in range(0, len(rows), _ROOM):
        length, (thread,) = rows[start], _THREAD.unpack_from(rows, start + 1)
        if length and (crashed is None or thread == int(crashed[1], 16)):
            yield rows[start + _NAME : start + _NAME + length].decode(errors="replace")
