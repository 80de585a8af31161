"""Every engine that is installed runs through the same tests."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from twin_sim.engines import installed_engines, load_engine
from twin_sim.engines.api import Engine, EngineConfig, Model
from twin_sim.scene import read_stage

sys.path.insert(0, str(Path(__file__).parents[1] / "scenes"))


@pytest.fixture(params=installed_engines())
def engine(request: pytest.FixtureRequest) -> Engine:
    return load_engine(request.param)


@pytest.fixture
def model_of(engine: Engine) -> Callable[..., Model]:
    def compiled(source: bytes, **config: object) -> Model:
        return engine.compile(read_stage(source), EngineConfig(**{"step_hz": 1000.0, **config}))  # type: ignore[arg-type]

    return compiled
