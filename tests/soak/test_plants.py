"""Plants beside a platform: one that ends is told, and nothing that one says holds it up."""

import pytest
from _plants import moving
from _platform import Platform

from hanzo_twin.stack import EmbeddedStack


@pytest.fixture
def on(tmp_path, monkeypatch):
    """A platform of which nothing runs."""
    stack = EmbeddedStack(tmp_path / "home", parts=())
    stack.home.make()
    monkeypatch.setattr(EmbeddedStack, "connection", type("Nowhere", (), {"environment": staticmethod(dict)}))
    return Platform(stack, None, None)


def program(tmp_path, text):
    file = tmp_path / "plant.py"
    file.write_text(text)
    return str(file)


async def test_a_plant_that_goes_on_is_well_and_ends_with_the_block(on, tmp_path):
    async with moving(on, program(tmp_path, "import time\ntime.sleep(600)")) as plant:
        assert plant.claim().ok
    assert plant.ended


async def test_a_plant_that_died_is_told_with_its_last_words(on, tmp_path, capsys):
    async with moving(on, program(tmp_path, "raise SystemExit('no broker')")) as plant:
        await plant.process.wait()
        assert not plant.claim().ok
    assert "no broker" in capsys.readouterr().out


async def test_a_plant_that_ended_in_order_is_told_too(on, tmp_path):
    async with moving(on, program(tmp_path, "")) as plant:
        await plant.process.wait()
        assert not plant.claim().ok


async def test_a_plant_may_say_as_much_as_it_likes(on, tmp_path):
    talks = "import sys\nsys.stderr.write('closed socket\\n' * 100_000)"
    async with moving(on, program(tmp_path, talks)) as plant:
        assert await plant.process.wait() == 0
    assert plant.log.stat().st_size > 1_000_000
