import subprocess
import sys
import threading

import pytest

from hanzo_twin.stack import EmbeddedStack, connection
from hanzo_twin.stack.errors import PartUnknown, StackError, StackNotRunning
from hanzo_twin.stack.processes import ProcessId, wait_gone
from hanzo_twin.stack.state import Phase, read_state

ORPHAN = """
import sys, time
from pathlib import Path
from hanzo_twin.stack import EmbeddedStack
EmbeddedStack(Path(sys.argv[1]), parts=("mosquitto",)).start()
print(flush=True)
time.sleep(60)
"""


def test_a_running_stack_says_how_to_reach_it(small):
    assert connection.load(small.home.root) == small.connection
    assert small.state.phase is Phase.READY


def test_without_a_stack_the_error_says_how_to_start_one(tmp_path):
    with pytest.raises(StackNotRunning, match="hanzo-twin dev up"):
        connection.load(tmp_path)


def test_down_leaves_no_process(small, everyone):
    processes = everyone(small.state)
    assert len(processes) > 5  # the server's own children, too
    small.stop()
    assert not any(process.alive() for process in processes)
    assert small.state.phase is Phase.STOPPED


def test_down_leaves_no_process_when_the_supervisor_was_killed(small, everyone):
    processes = everyone(small.state)
    small.state.supervisor.send(9)
    wait_gone([small.state.supervisor], 20)
    assert small.process("postgres").alive()
    small.stop()
    assert not any(process.alive() for process in processes)


def test_up_after_a_killed_supervisor_starts_a_sound_stack(small, everyone):
    processes = everyone(small.state)
    small.state.supervisor.send(9)
    wait_gone([small.state.supervisor], 20)
    small.start()
    assert not any(process.alive() for process in processes)
    assert small.state.phase is Phase.READY


def test_up_while_it_runs_changes_nothing(small):
    before = small.state
    small.start()
    assert small.state == before


def test_two_starts_at_the_same_moment_make_one_stack(tmp_path):
    stacks = [EmbeddedStack(tmp_path / "home", parts=("mosquitto",)) for _ in range(2)]
    threads = [threading.Thread(target=stack.start) for stack in stacks]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert stacks[0].state.phase is Phase.READY
        assert stacks[0].process("mosquitto").alive()
    finally:
        stacks[0].stop()


def test_a_stack_ends_with_the_process_that_asked_for_it(tmp_path):
    home = tmp_path / "home"
    with subprocess.Popen([sys.executable, "-c", ORPHAN, str(home)], stdout=subprocess.PIPE) as owner:
        owner.stdout.readline()
        state = EmbeddedStack(home).state
        owner.kill()
    assert wait_gone([state.supervisor, state.part("mosquitto").process], 20)


def test_other_parts_than_those_that_run_are_refused(small):
    with pytest.raises(StackError, match="dev down"):
        EmbeddedStack(small.home.root, parts=("mosquitto",)).start()


def test_an_unknown_part_is_refused_with_the_known_ones(small):
    with pytest.raises(PartUnknown, match="mosquitto, postgres"):
        small.process("redis")


def test_passwords_are_not_in_the_connections_text(small):
    password = small.connection.database_url.split(":")[2].partition("@")[0]
    assert len(password) > 20
    assert password not in f"{small.connection} {small.connection!r}"


def test_a_state_of_another_version_is_as_none(small):
    small.stop()
    small.home.state.write_text('{"phase": "ready", "planets": 9}')
    assert read_state(small.home) is None


def test_a_process_of_another_time_with_a_recorded_pid_is_left_alone(small):
    state = small.state
    stranger = ProcessId(state.supervisor.pid, state.supervisor.started - 60)
    assert not state.model_copy(update={"supervisor": stranger}).running()
