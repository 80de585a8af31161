"""A clock that didn't follow isn't taken for one that did."""

import json

import pytest
from faulting.environment.clocks import JUMPS_S, is_ahead
from faulting.logs import Log


@pytest.mark.parametrize("seconds", [*JUMPS_S, 0])
def test_a_clock_shows_how_far_it_is_set_and_nothing_else(seconds):
    others = {*JUMPS_S, 0} - {seconds}
    assert is_ahead(seconds + 0.3, seconds)
    assert not any(is_ahead(seconds + 0.3, other) for other in others)


def test_a_log_tells_what_its_process_took_the_time_for(tmp_path):
    path = tmp_path / "log"
    path.write_text(json.dumps({"time": "2020-01-01T00:00:00Z"}) + "\n")
    log = Log.now(path)
    with path.open("a") as file:
        file.write("from a library\n" + json.dumps({"time": "1970-01-01T01:00:00Z"}) + '\n{"time": "19')
    assert list(log.times()) == [3600.0]
