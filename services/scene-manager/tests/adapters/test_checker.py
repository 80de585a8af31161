"""The process that reads scenes may do what it likes: it is a finding, and nothing is left of it."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest

from scene_manager.adapters.checker import Checker, Report

GOOD = '#usda 1.0\n(\n    upAxis = "Z"\n    metersPerUnit = 1\n)\ndef PhysicsScene "Physics" {}\n'


def checker(code: str = "", *, timeout_s: float = 60, at_once: int = 2) -> Checker:
    """One that runs some Python instead of the check, if there is any."""
    how = {"program": (sys.executable, "-c", code)} if code else {}
    return Checker(timeout_s=timeout_s, memory_mb=4096, at_once=at_once, **how)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "scene").mkdir()
    path = tmp_path / "scene" / "scene.usda"
    path.write_text(GOOD)
    return path


def codes(report: Report) -> list[str]:
    assert report.model_digest is None
    return [found.code for found in report.findings]


async def test_a_good_scene_has_a_digest_and_a_model(file: Path, tmp_path: Path) -> None:
    model = tmp_path / "model.json"
    report = await checker().check(file, engine="mujoco", model=model)
    assert (len(report.model_digest or ""), report.findings) == (64, ())
    assert model.read_text().startswith("{")


@pytest.mark.parametrize("signal", ["SIGSEGV", "SIGABRT", "SIGKILL"])
async def test_a_reader_that_crashes_is_a_finding(file: Path, signal: str) -> None:
    crashing = checker(f"import os, signal; os.kill(os.getpid(), signal.{signal})")
    report = await crashing.check(file)
    assert codes(report) == ["reader_crashed"]
    assert signal in report.findings[0].message


async def test_what_a_crash_leaves_lies_in_the_folder_that_is_removed(file: Path) -> None:
    await checker("import pathlib, tempfile; pathlib.Path(tempfile.gettempdir(), 'core').touch()").check(file)
    assert (file.parent / "core").exists()


async def test_a_reader_that_hangs_is_ended(file: Path, tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    hanging = checker(
        f"import os, pathlib, time; pathlib.Path({str(pid)!r}).write_text(str(os.getpid())); time.sleep(600)",
        timeout_s=2,
    )
    assert codes(await hanging.check(file)) == ["too_heavy"]
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)


@pytest.mark.parametrize(
    "code",
    [
        "print('nothing of the kind')",
        "print('{}')",
        "print('[]')",
        'print(\'{"model_digest": 7, "findings": []}\')',
        'print(\'{"model_digest": null, "findings": [{"code": "x"}]}\')',
        "raise SystemExit(3)",
        "while True: print('x' * 100000)",
    ],
)
async def test_a_reader_that_says_nonsense_is_a_finding(file: Path, code: str) -> None:
    assert codes(await checker(code).check(file)) == ["reader_crashed"]


async def test_the_reader_knows_none_of_our_secrets(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANZO_TWIN_DATABASE_URL", "postgresql://secret")
    telling = (
        "import json, os; finding = dict(severity='error', code=' '.join(sorted(os.environ)), path='', message='', "
        "remedy=''); print(json.dumps(dict(model_digest=None, findings=[finding])))"
    )
    (names,) = codes(await checker(telling).check(file))
    assert set(names.split()) <= {"PATH", "HOME", "LANG", "LC_CTYPE", "TMPDIR"}


async def test_a_check_that_nobody_waits_for_any_more_is_ended(file: Path, tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    endless = checker(
        f"import os, pathlib, time; pathlib.Path({str(pid)!r}).write_text(str(os.getpid())); time.sleep(600)"
    )
    checking = asyncio.ensure_future(endless.check(file))
    async with asyncio.timeout(30):
        while not (pid.exists() and pid.read_text()):  # noqa: ASYNC110 - a file has no event
            await asyncio.sleep(0.01)
    checking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await checking
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)
