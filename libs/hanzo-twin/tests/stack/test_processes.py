import signal
import subprocess
import sys
from dataclasses import replace

import pytest

from hanzo_twin.stack.processes import ProcessId, family, resident, stop, wait_gone

DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(60)"
PARENT = (
    "import subprocess, sys, time; child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
    "print(child.pid, flush=True); time.sleep(60)"
)


@pytest.fixture
def python():
    started = []

    def run(code):
        process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        started.append(process)
        return ProcessId.of(process.pid), process.stdout.readline().strip()

    yield run
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


def test_another_process_that_got_the_pid_is_not_taken_for_it(python):
    process, _ = python(DEAF)
    stranger = replace(process, started=process.started - 60)
    assert process.alive()
    assert not stranger.alive()
    stranger.send(signal.SIGKILL)
    assert process.alive()


def test_a_process_that_ignores_the_request_is_killed_after_its_deadline(python):
    process, _ = python(DEAF)
    assert not stop(process, within_s=0.1)
    assert not process.alive()


def test_a_process_that_ends_when_asked_says_so(python):
    process, _ = python("import time; print(flush=True); time.sleep(60)")
    assert stop(process, within_s=20)


def test_what_a_process_has_started_ends_with_it(python):
    parent, child = python(PARENT)
    child = ProcessId.of(int(child))
    assert set(family([parent])) == {parent, child}
    stop(parent, within_s=20)
    assert wait_gone([child], 20)


def test_the_memory_of_an_ended_process_is_nothing(python):
    process, _ = python(DEAF)
    assert resident(process) > 1_000_000
    process.send(signal.SIGKILL)
    wait_gone([process], 20)
    assert resident(process) == 0
