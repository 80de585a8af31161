"""Runs the check of a scene file in a process of its own, which may crash, hang or eat memory as it likes."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from scene_manager.domain.scene_check import ERROR
from twin_schemas.records.scene_finding import SceneFinding

CHECK: Final = (sys.executable, "-I", "-m", "twin_sim.scene.check")
_MAX_OUTPUT: Final = 8_000_000
_PIECE: Final = 65_536
_MAX_FINDINGS: Final = 500
_MAX_TEXT: Final = 1000


@dataclass(frozen=True, slots=True)
class Report:
    """What a check found.

    Attributes:
        model_digest: canonical digest of the scene model; None: there is none.
        findings: errors first.
    """

    model_digest: str | None
    findings: tuple[SceneFinding, ...]


class Checker:
    """Checks scene files, a few at once.

    Args:
        timeout_s: a check that takes longer is ended, and refused.
        memory_mb: address space of a check, MiB.
        at_once: checks that run at the same time; others wait.
        program: what checks.
    """

    def __init__(
        self, *, timeout_s: float, memory_mb: int, at_once: int, program: Sequence[str] = CHECK
    ) -> None:
        self._program = program
        self._timeout_s = timeout_s
        self._memory_mb = memory_mb
        self._turns = asyncio.Semaphore(at_once)

    async def check(self, file: Path, *, engine: str | None = None, model: Path | None = None) -> Report:
        """Check a file that is alone in its folder.

        Args:
            file: a USD file.
            engine: also check it on this engine.
            model: gets the compiled scene model.
        """
        command = [*self._program, str(file)]
        command += ["--cpu-s", str(max(1, int(self._timeout_s))), "--memory-mb", str(self._memory_mb)]
        command += ["--engine", engine] if engine is not None else []
        command += ["--model", str(model)] if model is not None else []
        async with self._turns:
            return await self._run(command, file.parent)

    async def _run(self, command: list[str], folder: Path) -> Report:
        # Nothing of this process's environment: it has passwords in it.
        env = {"PATH": os.defpath, "HOME": str(folder), "LANG": "C.UTF-8", "TMPDIR": str(folder)}
        process = await asyncio.create_subprocess_exec(
            *command, cwd=folder, env=env, stdin=DEVNULL, stdout=PIPE, stderr=DEVNULL
        )
        try:
            async with asyncio.timeout(self._timeout_s):
                output = await _read(process, _MAX_OUTPUT)
                status = await process.wait() if len(output) <= _MAX_OUTPUT else None
        except TimeoutError:
            return _broken(
                "too_heavy", f"reading it takes more than {self._timeout_s:g} s", "Split or simplify it."
            )
        finally:
            await _ended(process)
        return _report(output, status)


async def _read(process: Process, most: int) -> bytes:
    """What it writes, until it ends or has written more than this."""
    assert process.stdout is not None
    output = bytearray()
    while len(output) <= most and (piece := await process.stdout.read(_PIECE)):
        output += piece
    return bytes(output)


async def _ended(process: Process) -> None:
    if process.returncode is None:
        with suppress(ProcessLookupError):
            process.kill()
    await asyncio.shield(_buried(process))


async def _buried(process: Process) -> None:
    assert process.stdout is not None
    while await process.stdout.read(_PIECE):
        pass  # its pipe stays open for as long as something is in it
    await process.wait()


def _report(output: bytes, status: int | None) -> Report:
    if status == -signal.SIGXCPU:
        return _broken("too_heavy", "reading it takes too long", "Split or simplify it.")
    if status is None or status < 0:
        what = "is endless" if status is None else f"ended by {signal.Signals(-status).name}"
        return _broken(
            "reader_crashed",
            f"reading it brought the reader down ({what})",
            "Export it again, or simplify it.",
        )
    try:
        found = json.loads(output)
        findings = tuple(_finding(each) for each in found["findings"][:_MAX_FINDINGS])
        digest = found["model_digest"]
        if status == 0 and (digest is None or isinstance(digest, str)):
            return Report(digest, findings)
    except (ValueError, KeyError, TypeError):
        pass
    return _broken(
        "reader_crashed", f"the reader failed (exit status {status})", "Export it again, or simplify it."
    )


def _finding(found: dict[str, Any]) -> SceneFinding:
    texts = [str(found[name])[:_MAX_TEXT] for name in ("severity", "code", "path", "message", "remedy")]
    severity, code, path, message, remedy = texts
    return SceneFinding(severity, code, path, message, remedy=remedy)


def _broken(code: str, message: str, remedy: str) -> Report:
    return Report(None, (SceneFinding(ERROR, code, "", message, remedy=remedy),))
