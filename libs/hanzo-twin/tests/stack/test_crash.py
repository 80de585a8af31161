import os
import signal
import time

import pytest

from hanzo_twin.stack import EmbeddedStack, control, ports, probes
from hanzo_twin.stack.errors import PartFailed, StackError
from hanzo_twin.stack.home import Home
from hanzo_twin.stack.part import Part
from hanzo_twin.stack.plan import Plan
from hanzo_twin.stack.processes import family
from hanzo_twin.stack.runner import Runner
from hanzo_twin.stack.state import Phase


def test_a_killed_part_is_reported_with_its_last_log_lines(small):
    small.kill("postgres")
    part = small.part("postgres")
    assert part.ended == "was killed by SIGKILL"
    assert any("ready to accept connections" in line for line in part.tail)
    assert small.state.phase is Phase.DEGRADED
    report = "\n".join(small.log("supervisor"))
    assert "postgres was killed by SIGKILL" in report
    assert "ready to accept connections" in report


def test_a_killed_part_is_not_restarted_silently(small):
    small.kill("mosquitto")
    killed = small.process("mosquitto")
    time.sleep(0.5)
    assert small.process("mosquitto") == killed
    assert not probes.mqtt(small.part("mosquitto").ports["mqtt"])


def test_a_killed_part_comes_back_at_its_port_when_asked_for(small):
    before = small.part("mosquitto").ports
    small.kill("mosquitto")
    small.restore()
    assert small.part("mosquitto").ports == before
    assert probes.mqtt(before["mqtt"])
    assert small.state.phase is Phase.READY
    assert small.part("mosquitto").ended is None


def test_the_other_parts_go_on_when_one_is_killed(small):
    postgres = small.process("postgres")
    small.kill("mosquitto")
    small.restore()
    assert small.process("postgres") == postgres


def test_a_part_that_can_not_start_fails_the_start_with_its_last_log_lines(small):
    small.stop()
    (small.home.data / "postgres" / "postgresql.conf").write_text("no_such_setting = 1\n")
    with pytest.raises(StackError, match=r"(?s)postgres ended with exit code 1 .*no_such_setting"):
        small.start()
    assert small.state.phase is Phase.FAILED
    assert not small.state.alive()
    assert not family([small.state.supervisor])


def test_a_part_that_never_answers_is_stopped_after_its_time(tmp_path):
    part = Part("mute", ("sleep", "60"), lambda: False, "", {}, ready_within_s=0.2)
    runner = Runner(part, tmp_path / "mute.log")
    with pytest.raises(PartFailed, match=r"mute didn't answer within 0.2 s .* \(it wrote nothing\)"):
        runner.start(lambda _: None, lambda: False)
    assert not runner.process.alive()


def test_a_part_does_not_start_at_a_port_that_somebody_else_has(tmp_path, listener):
    part = Part("late", ("sleep", "60"), lambda: True, "", {"http": listener()}, ready_within_s=0.2)
    runner = Runner(part, tmp_path / "late.log", port_wait_s=0.2)
    with pytest.raises(PartFailed, match="somebody else listens on port"):
        runner.start(lambda _: None, lambda: False)
    assert runner.process is None


def test_a_stopped_part_is_not_taken_for_dead(small):
    small.signal("mosquitto", signal.SIGSTOP)
    time.sleep(0.3)
    assert small.part("mosquitto").phase is Phase.READY
    small.signal("mosquitto", signal.SIGCONT)
    assert probes.mqtt(small.part("mosquitto").ports["mqtt"])


def test_taken_ports_are_replaced_by_free_ones(tmp_path, listener):
    with EmbeddedStack(tmp_path / "home", parts=("mosquitto",)) as stack:
        stack.stop()
        before = stack.part("mosquitto").ports["mqtt"]
        listener(before)
        stack.start()
        now = stack.part("mosquitto").ports["mqtt"]
        assert now != before
        assert stack.connection.mqtt_url == f"mqtt://{ports.HOST}:{now}"


def test_a_home_is_made_where_there_is_none(tmp_path):
    home = Home(tmp_path / "a" / "b")
    home.make()
    assert home.logs.is_dir()


def test_a_crash_is_reported_at_the_terminal_that_asked_for_the_stack(tmp_path):
    reader, writer = os.pipe()
    home = Home(tmp_path / "home")
    try:
        state = control.up(home, Plan(parts=("mosquitto",)), terminal=writer)
        state.part("mosquitto").process.send(signal.SIGKILL)
        with os.fdopen(os.dup(reader)) as terminal:
            os.close(writer)
            assert terminal.readline().startswith(
                "hanzo-twin: mosquitto was killed by SIGKILL; the last lines"
            )
    finally:
        control.down(home)
        os.close(reader)
