"""From a real process to its exit code."""

import os
import signal
import subprocess
import sys
import textwrap

import pytest


def start(body, **environ):
    program = (
        "import asyncio, sys\nfrom twin_common.service import run_service\nfrom twin_common.errors import *\n"
    )
    program += "async def main(settings, stop):\n" + textwrap.indent(textwrap.dedent(body), "    ")
    program += "\nsys.exit(run_service(main, service='test-service'))\n"
    clean = {k: v for k, v in os.environ.items() if not k.startswith("HANZO_TWIN_")}
    return subprocess.Popen(
        [sys.executable, "-c", program],
        env={**clean, **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def end(process):
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_gracefully_with_exit_code_0(signum):
    process = start("print('up', flush=True)\nawait stop.wait()\nprint('finished', flush=True)")
    assert process.stdout.readline() == "up\n"
    process.send_signal(signum)
    code, out, err = end(process)
    assert (code, out) == (0, "finished\n")
    assert signum.name in err


def test_a_second_signal_ends_at_once():
    process = start(
        "print('up', flush=True)\nawait stop.wait()\nprint('stuck', flush=True)\nawait asyncio.sleep(1000)"
    )
    assert process.stdout.readline() == "up\n"
    process.send_signal(signal.SIGTERM)
    assert process.stdout.readline() == "stuck\n"
    process.send_signal(signal.SIGTERM)
    assert end(process)[0] == 130


def test_an_unexpected_error_is_loud_and_exit_code_1():
    code, _, err = end(start("raise ZeroDivisionError('a bug')"))
    assert code == 1
    assert "a bug" in err and "critical" in err


def test_an_absent_broker_is_one_line_and_exit_code_69():
    code, _, err = end(start("raise BrokerUnreachable('no broker at 127.0.0.1:9092')"))
    assert code == 69
    assert err.count("\n") == 1 and "no broker at 127.0.0.1:9092" in err


def test_wrong_settings_are_one_line_and_exit_code_78():
    code, _, err = end(start("pass", HANZO_TWIN_STREAM_BROKER="x"))
    assert code == 78
    assert err == (
        "test-service: unknown environment variable HANZO_TWIN_STREAM_BROKER "
        "(did you mean HANZO_TWIN_STREAM_BROKERS?)\n"
    )
