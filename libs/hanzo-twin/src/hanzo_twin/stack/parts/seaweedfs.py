"""SeaweedFS: S3-compatible object storage in one process."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from hanzo_twin.stack import probes
from hanzo_twin.stack.errors import ToolMissing
from hanzo_twin.stack.files import write_private
from hanzo_twin.stack.home import Home
from hanzo_twin.stack.part import Part
from hanzo_twin.stack.ports import HOST

# Only S3 is for us; its own components find each other by the other ports.
PORTS = {
    "s3": 8333,
    "s3-grpc": 0,
    "master": 0,
    "master-grpc": 0,
    "volume": 0,
    "volume-grpc": 0,
    "filer": 0,
    "filer-grpc": 0,
}
ACCESS_KEY = "hanzo"

_ACTIONS = ["Admin", "Read", "Write", "List", "Tagging"]


def part(home: Home, secret_key: str, ports: dict[str, int]) -> Part:
    """The store of a home; its objects stay in `data/seaweedfs`.

    Raises:
        ToolMissing: the wheel isn't installed.
    """
    program = Path(sys.executable).with_name("weed")
    if not program.exists():
        raise ToolMissing("SeaweedFS is missing; install it with: make setup")
    data, keys = home.data / "seaweedfs", home.run / "s3.json"

    def prepare() -> None:
        data.mkdir(exist_ok=True)
        credentials = [{"accessKey": ACCESS_KEY, "secretKey": secret_key}]
        identity = {"name": ACCESS_KEY, "credentials": credentials, "actions": _ACTIONS}
        write_private(keys, json.dumps({"identities": [identity]}))

    return Part(
        name="seaweedfs",
        # Without the flag it writes its logs beside other programs' temporary files, and leaves them there.
        argv=(str(program), "-logtostderr=true", "server", *_options(data, keys, ports)),
        ready=lambda: probes.s3(ports["s3"]) and probes.volumes(ports["master"]) >= _volumes(data),
        address=f"http://{HOST}:{ports['s3']}",
        ports=ports,
        # Its heap grows to twice what it needs otherwise.
        environment={"GOGC": "50", "GOMAXPROCS": str(min(4, os.cpu_count() or 1)), **_names(data)},
        prepare=prepare,
        tidy=lambda: tidy(ports),
        provision="buckets",
        # It takes no notice of SIGTERM for a quarter of a minute; its writes are in the files by then.
        stop_within_s=1.0,
    )


def _names(data: Path) -> dict[str, str]:
    """Variables for one database of all objects' names: each fills write buffers of 16 MB, and by default it has eight.

    What an earlier build keeps in eight stays there; without them, their folder is made all the same and stays empty.
    """
    if any((data / "filerldb2").glob("*")):
        return {}
    store = {"LEVELDB2_ENABLED": "false", "LEVELDB_ENABLED": "true", "LEVELDB_DIR": str(data / "names")}
    return {f"WEED_{name}": value for name, value in store.items()}


def _volumes(data: Path) -> int:
    """How many volumes lie on the disk: objects in those that the master doesn't know yet can't be read."""
    return sum(1 for _ in data.glob("*.dat"))


def tidy(ports: Mapping[str, int]) -> None:
    """Remove the sockets that a store at these ports leaves when it is killed."""
    for name, port in ports.items():
        Path(f"/tmp/seaweedfs-{name}-{port}.sock").unlink(missing_ok=True)  # noqa: S108 - its choice


def _options(data: Path, keys: Path, ports: dict[str, int]) -> list[str]:
    numbers = {
        "s3.port": ports["s3"],
        "s3.port.grpc": ports["s3-grpc"],
        "s3.port.iceberg": 0,
        "s3.port.lance": 0,
        "master.port": ports["master"],
        "master.port.grpc": ports["master-grpc"],
        "volume.port": ports["volume"],
        "volume.port.grpc": ports["volume-grpc"],
        "volume.max": 1000,  # a bucket takes seven at once; empty ones cost nothing
        "volume.preStopSeconds": 0,
        "filer.port": ports["filer"],
        "filer.port.grpc": ports["filer-grpc"],
        "master.volumeSizeLimitMB": 256,
    }
    # A single master elects itself only after this time-out when it finds the state of an earlier run.
    election = ["-master.electionTimeout=500ms", "-master.heartbeatInterval=100ms"]
    addresses = [f"-ip={HOST}", f"-ip.bind={HOST}", f"-s3.ip.bind={HOST}"]
    return [
        *addresses,
        f"-dir={data}",
        "-s3",
        "-filer",
        f"-s3.config={keys}",
        *election,
        "-master.telemetry=false",
        *(f"-{name}={value}" for name, value in numbers.items()),
    ]
