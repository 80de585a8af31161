import pytest
from harness import Bench


@pytest.fixture
async def bench() -> Bench:
    bench = Bench()
    await bench.prepare()
    return bench
