"""What every embedded broker shares and only the first one pays for.

A class-data archive halves the time that the JVM takes to start, and a formatted log folder saves a second
JVM. Both are bound to the exact jars and JVM, so they lie in a folder named after them: `python -m
hanzo_twin.stack.parts.kafka_image` makes it (`make setup` does), and so does the first start without it.
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import shutil
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hanzo_twin.stack import probes
from hanzo_twin.stack.errors import StackError, ToolMissing
from hanzo_twin.stack.home import tools
from hanzo_twin.stack.ports import choose

_JVM = ("-Xms64m", "-Xmx256m", "-XX:+UseSerialGC", "-XX:+ExitOnOutOfMemoryError")
_LOGGING = {
    "defaultLogLevel": "warn",
    "showDateTime": "true",
    "dateTimeFormat": "yyyy-MM-dd'T'HH:mm:ss.SSS",
    "log.kafka.server.KafkaRaftServer": "info",
    # Reports each try to reach the controller while the node, which is the controller, starts and stops.
    "log.org.apache.kafka.server.NodeToControllerRequestThread": "error",
}
_START_S = 60.0


@dataclass(frozen=True, slots=True)
class Image:
    """The broker's program, its class archive and a formatted log folder.

    Attributes:
        program: path of `java`.
        jars: the class path, in order.
        folder: where the archive and the formatted folder are.
    """

    program: str
    jars: tuple[Path, ...]
    folder: Path

    @property
    def archive(self) -> Path:
        """The class-data archive."""
        return self.folder / "classes.jsa"

    @property
    def formatted(self) -> Path:
        """A formatted, empty log folder to copy."""
        return self.folder / "formatted"

    def java(self, *arguments: str) -> tuple[str, ...]:
        """A command line of the JVM."""
        logging = (f"-Dorg.slf4j.simpleLogger.{key}={value}" for key, value in _LOGGING.items())
        return (self.program, *_JVM, *logging, "-cp", ":".join(map(str, self.jars)), *arguments)


def find_image() -> Image:
    """The image for this machine's Java and the fetched jars; built when it isn't there yet.

    Raises:
        ToolMissing: Java or the jars aren't there.
        StackError: the broker can't be formatted or started.
    """
    image = _locate()
    if not image.formatted.exists():
        with _alone(image.folder.parent):
            if not image.formatted.exists():
                _build(image)
    return image


def _locate() -> Image:
    libs = tools() / "kafka" / "libs"
    jars = tuple(sorted(libs.glob("*.jar")))
    if not jars:
        raise ToolMissing("Apache Kafka isn't there yet; fetch it with: make setup")
    java = shutil.which("java")
    if java is None:
        raise ToolMissing("Java is missing; install it: apt-get install openjdk-17-jre-headless")
    version = subprocess.run([java, "-version"], capture_output=True, check=True).stderr
    bound_to = [
        version,
        java.encode(),
        *(flag.encode() for flag in _JVM),
        *(f"{jar}:{jar.stat().st_size}".encode() for jar in jars),
    ]
    digest = hashlib.sha256(b"\n".join(bound_to)).hexdigest()[:12]
    return Image(java, jars, tools() / "kafka" / f"image-{digest}")


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _build(image: Image) -> None:
    from hanzo_twin.stack.parts.kafka import Cluster, properties, write_config

    for old in image.folder.parent.glob("image-*"):
        shutil.rmtree(old)
    image.folder.mkdir()
    with tempfile.TemporaryDirectory() as scratch:
        config, data = Path(scratch) / "config", Path(scratch) / "data"
        single = Cluster()
        ports = choose(dict.fromkeys(single.ports(), 0), {})
        write_config(config, properties(data, single, 1, ports))
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        server = str(config / "server.properties")
        # with an equals sign: one id in 64 begins with a hyphen
        tool = image.java("kafka.tools.StorageTool", "format", f"--cluster-id={cluster}", "-c", server)
        done = subprocess.run(tool, capture_output=True, text=True, check=False)
        if done.returncode:
            raise StackError(f"Kafka can't format its log folder: {(done.stdout + done.stderr)[-2000:]}")
        formatted = Path(scratch) / "formatted"
        shutil.copytree(data, formatted)
        archiving = image.java(f"-XX:ArchiveClassesAtExit={image.archive}", "kafka.Kafka", server)
        _run_once(archiving, ports["kafka"], Path(scratch) / "log")
        # Last, in one step: a folder with it is complete.
        draft = image.folder / "draft"
        shutil.copytree(formatted, draft)
        draft.replace(image.formatted)


def _run_once(argv: tuple[str, ...], port: int, log: Path) -> None:
    """Start a broker and stop it as soon as it answers: it archives its classes as it ends."""
    with log.open("wb") as output:
        broker = subprocess.Popen(argv, stdout=output, stderr=output)
    try:
        deadline = time.monotonic() + _START_S
        while not probes.kafka(port):
            if broker.poll() is not None or time.monotonic() > deadline:
                raise StackError(f"Kafka doesn't start: {log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.1)
        broker.terminate()
        broker.wait(_START_S)
    finally:
        broker.kill()
        broker.wait()


if __name__ == "__main__":
    find_image()
