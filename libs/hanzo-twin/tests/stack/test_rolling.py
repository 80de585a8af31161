"""A rolling restart replaces every process of a service, never all of them at once."""

import pytest

from hanzo_twin.stack import EmbeddedStack, rolling
from hanzo_twin.stack.errors import PartUnknown, StackNotRunning
from hanzo_twin.stack.home import Home
from hanzo_twin.stack.state import Phase, read_state

TWO = {"sim-worker": 2}


@pytest.fixture
def stack(tmp_path):
    parts = ("kafka", "seaweedfs")
    with EmbeddedStack(tmp_path / "home", parts=parts, services=TWO) as made:
        yield made


def workers(stack):
    return {part.name: part.process.pid for part in stack.state.parts if part.name.startswith("sim-worker")}


def test_each_process_is_replaced_while_another_answers(stack):
    before, alone = workers(stack), []

    def look(each):
        state = read_state(stack.home)
        alone.append({part.name: part.phase for part in state.parts if part.service})

    done = rolling.restart(stack.home, ["sim-worker"], look)
    after = workers(stack)
    assert [each.name for each in done] == ["sim-worker-0", "sim-worker-1"]
    assert after.keys() == before.keys()
    assert all(after[name] != before[name] for name in before)
    assert all(set(phases.values()) == {Phase.READY} for phases in alone)


def test_the_only_process_of_a_service_gets_another_beside_it_for_as_long(stack):
    stack.scale({"sim-worker": 1})
    beside = []
    rolling.restart(stack.home, (), lambda each: beside.append(set(workers(stack))))
    assert beside == [{"sim-worker-0", "sim-worker-1"}]
    assert set(workers(stack)) == {"sim-worker-0"}
    assert stack.state.phase is Phase.READY


def test_a_service_that_does_not_run_is_refused_before_anything_is_restarted(stack):
    before = workers(stack)
    with pytest.raises(PartUnknown, match="sync-engine"):
        rolling.restart(stack.home, ["sim-worker", "sync-engine"])
    assert workers(stack) == before


def test_without_a_stack_there_is_nothing_to_restart(tmp_path):
    with pytest.raises(StackNotRunning, match="hanzo-twin dev up"):
        rolling.restart(Home(tmp_path))
