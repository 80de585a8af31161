from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from hanzo_twin.demo.example import Example, pendulum
from hanzo_twin.demo.plant import plant_running
from hanzo_twin.errors import DemoFailed


def with_plant(folder: Path, program: str) -> Example:
    """The example with another program as its plant."""
    path = folder / "plant.py"
    path.write_text(program)
    return replace(pendulum({}, "demo-test"), plant=path)


async def test_the_plant_is_stopped_at_the_end(tmp_path: Path) -> None:
    example = with_plant(tmp_path, "import time\ntime.sleep(60)\n")
    async with plant_running(example, tmp_path / "log") as process:
        pass
    assert process.returncode is not None


async def test_the_plant_is_stopped_when_something_else_fails(tmp_path: Path) -> None:
    example = with_plant(tmp_path, "import time\ntime.sleep(60)\n")
    with pytest.raises(ZeroDivisionError):
        async with plant_running(example, tmp_path / "log") as process:
            raise ZeroDivisionError
    assert process.returncode is not None


async def test_a_plant_that_ends_by_itself_fails_the_demo_with_its_last_words(tmp_path: Path) -> None:
    example = with_plant(tmp_path, "import sys\nsys.exit('no broker here')\n")
    with pytest.raises(DemoFailed, match="exit code 1: no broker here"):
        async with plant_running(example, tmp_path / "log") as process:
            await process.wait()


async def test_it_is_told_where_to_publish_and_what_to_log(tmp_path: Path) -> None:
    example = with_plant(
        tmp_path,
        "import sys, time\nfrom pathlib import Path\n"
        "Path(__file__).with_name('said').write_text(' '.join(sys.argv[1:]))\ntime.sleep(60)\n",
    )
    async with plant_running(example, tmp_path / "log"):
        said = tmp_path / "said"
        for _ in range(200):
            if said.exists() and said.read_text():
                break
            await asyncio.sleep(0.05)
    assert said.read_text() == f"--broker {example.broker} --topic {example.topic} --log {tmp_path / 'log'}"
