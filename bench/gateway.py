"""How fast is a twin read, beside the least that the framework can do on the same machine in the same run?

`wrk` reads one twin with a token, from a gateway of one and of two worker processes, in turns with a bare FastAPI
handler of as many processes that answers with as many bytes and checks nothing. The load generator, the broker and
the rest of the platform run on the same cores.
"""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import httpx
from _harness import Claim, arguments, conclude, table

from hanzo_twin.client import Client, ClientCredentials
from hanzo_twin.stack import EmbeddedStack

BARE = Path(__file__).parent / "gateway" / "bare.py"
SCENE = Path(__file__).parents[1] / "examples/pendulum/scene.usda"
TWIN = (
    "name: arm\nscene: {uri: 'scene:read'}\nengine: {type: mujoco, config: {step_hz: 120}}\n"
    "sync: {mode: standalone, rate_hz: 1}\n"
)
RATIO = 0.6
READS = 3000


@dataclass(frozen=True, slots=True)
class Round:
    """One run of the load generator."""

    reads: float
    p99_ms: float


def load(url: str, seconds: int, connections: int, token: str = "") -> Round:
    """Read as fast as it goes.

    Raises:
        RuntimeError: an answer was no success.
    """
    said = subprocess.run(
        [
            *("wrk", "--latency", "-t1", f"-c{connections}", f"-d{seconds}s"),
            *("-H", f"Authorization: Bearer {token}", url),
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    reads = re.search(r"Requests/sec:\s+([\d.]+)", said)
    tail = re.search(r"99%\s+([\d.]+)(us|ms|s)\b", said)
    if "Non-2xx" in said or "Socket errors" in said or reads is None or tail is None:
        raise RuntimeError(f"not every read succeeded:\n{said}")
    return Round(float(reads[1]), float(tail[1]) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[tail[2]])


@contextmanager
def bare(processes: int, size: int) -> Iterator[str]:
    """The bare handler; its URL."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(1024)
        listening.set_inheritable(True)
        number = listening.fileno()
        command = [sys.executable, str(BARE), str(number), str(size)]
        running = [subprocess.Popen(command, pass_fds=[number]) for _ in range(processes)]
        try:
            url = f"http://127.0.0.1:{listening.getsockname()[1]}/v1/twins/arm"
            httpx.get(url, timeout=30).raise_for_status()
            yield url
        finally:
            for process in running:
                process.terminate()
            for process in running:
                process.wait(10)


@contextmanager
def gateway(processes: int, folder: Path) -> Iterator[tuple[str, str]]:
    """A platform whose gateway has so many processes: URL of a twin, and a token."""
    variables = {
        "HANZO_TWIN_SERVER_WORKERS": str(processes),
        "HANZO_TWIN_API_GATEWAY_RATE_PER_S": "1000000",
        "HANZO_TWIN_API_GATEWAY_RATE_BURST": "1000000",
    }
    services = {"scene-manager": 1, "api-gateway": 1}
    with EmbeddedStack(folder, services=services, variables=variables) as stack:
        yield prepare(stack)


def prepare(stack: EmbeddedStack) -> tuple[str, str]:
    there = stack.connection
    issuer = f"{there.issuer_url.rstrip('/')}/token"
    client_id, secret = there.developer_client_id, there.developer_client_secret
    with Client(there.api_url, ClientCredentials(issuer, client_id, secret)) as client:
        client.upload_scene(SCENE, name="read")
        client.create_twin(TWIN, scene="read")
    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
    token = httpx.post(issuer, data=form).raise_for_status().json()["access_token"]
    return f"{there.api_url}/v1/twins/arm", token


def measure(processes: int, rounds: int, seconds: int, connections: int) -> tuple[list[Round], list[Round]]:
    """Rounds of the gateway and of the bare handler, in turns."""
    with (
        tempfile.TemporaryDirectory(prefix="twin-bench-") as folder,
        gateway(processes, Path(folder)) as (url, token),
    ):
        size = len(httpx.get(url, headers={"Authorization": f"Bearer {token}"}).raise_for_status().content)
        with bare(processes, size) as plain:
            for warm in ((url, token), (plain, "")):
                load(warm[0], 2, connections, warm[1])
            pairs = [
                (load(url, seconds, connections, token), load(plain, seconds, connections))
                for _ in range(rounds)
            ]
    return [ours for ours, _ in pairs], [theirs for _, theirs in pairs]


def main() -> int:
    parser = arguments(__doc__ or "")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--connections", type=int, default=16)
    options = parser.parse_args()
    if shutil.which("wrk") is None:
        raise SystemExit("wrk is missing; make setup-dev installs it")
    rows, ratios, best = [], {}, 0.0
    for processes in (1, 2):
        ours, theirs = measure(processes, options.rounds, options.seconds, options.connections)
        ratios[processes] = median(our.reads / their.reads for our, their in zip(ours, theirs, strict=True))
        best = max(best, median(each.reads for each in ours))
        for name, found in (("gateway", ours), ("bare handler", theirs)):
            rows.append(
                [name, processes, median(each.reads for each in found), median(each.p99_ms for each in found)]
            )
    table(["", "processes", "reads/s", "p99 ms"], rows)
    print(
        f"\nthe gateway beside the bare handler: {ratios[1]:.2f} with one process, {ratios[2]:.2f} with two"
    )
    claims = [
        Claim.of("share of the bare handler's reads/s, one process", ratios[1], ">=", RATIO),
        Claim.of("share of the bare handler's reads/s, two processes", ratios[2], ">=", RATIO),
        Claim.of("reads/s", best, ">=", READS),
    ]
    return conclude(claims, as_json=options.json, rows=rows)


if __name__ == "__main__":
    sys.exit(main())
