"""The live table where nobody looks: lines for a log."""

from __future__ import annotations

import asyncio
import io
import time
from typing import Any

from rich.console import Console

from hanzo_twin.live import LiveModel
from hanzo_twin.live.show import show


def lines(model: LiveModel) -> list[str]:
    screen = Console(file=io.StringIO(), width=40)
    asyncio.run(show(screen, "arm", model, seconds=0.0))
    return screen.file.getvalue().splitlines()  # type: ignore[attr-defined]


def test_before_anything_has_come_there_is_no_line_but_the_last(said: Any) -> None:
    model = LiveModel()
    model.observe_twin(said.sim(1))
    assert len(lines(model)) == 1


def test_what_has_come_is_in_one_line_with_its_values(said: Any) -> None:
    model = LiveModel()
    model.observe_sync(said.sync(1, readings=30, predictions=29))
    model.observe_prediction(said.prediction(1), time.time_ns())
    found = lines(model)
    assert len(found) == 2
    for part in (
        "readings 30",
        "predictions 29",
        f"values {said.PATH} 0.25000",
        f"innovation {said.PATH} 0.1",
    ):
        assert part in found[-1]
