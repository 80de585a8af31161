"""Apache Kafka: one KRaft node, broker and controller in one small JVM."""

from __future__ import annotations

import shutil
from pathlib import Path

from hanzo_twin.stack import probes
from hanzo_twin.stack.home import Home
from hanzo_twin.stack.part import Part
from hanzo_twin.stack.parts.kafka_image import Image
from hanzo_twin.stack.ports import HOST

PORTS = {"kafka": 9092, "kafka-controller": 9093}

_PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://{host}:{broker},CONTROLLER://{host}:{controller}
advertised.listeners=PLAINTEXT://{host}:{broker}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={data}
auto.create.topics.enable=false
default.replication.factor=1
min.insync.replicas=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
group.max.session.timeout.ms=60000
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
log.cleaner.threads=1
log.cleaner.dedupe.buffer.size=8388608
num.network.threads=2
num.io.threads=4
num.recovery.threads.per.data.dir=2
log.message.timestamp.type=LogAppendTime
"""


def properties(data: Path, broker: int, controller: int) -> str:
    """The text of `server.properties` for a node on loopback."""
    return _PROPERTIES.format(host=HOST, data=data, broker=broker, controller=controller)


def command(image: Image, config: Path) -> tuple[str, ...]:
    """The command line of a broker; `config` is the folder with `server.properties`."""
    archive = (f"-XX:SharedArchiveFile={image.archive}",) if image.archive.exists() else ()
    return image.java(*archive, "kafka.Kafka", str(config / "server.properties"))


def write_config(config: Path, data: Path, broker: int, controller: int) -> None:
    """Write the broker's configuration into a folder."""
    config.mkdir(parents=True, exist_ok=True)
    (config / "server.properties").write_text(properties(data, broker, controller))


def part(home: Home, image: Image, ports: dict[str, int]) -> Part:
    """The broker of a home; its records stay in `data/kafka`."""
    data, config = home.data / "kafka", home.run / "kafka"

    def prepare() -> None:
        if not (data / "meta.properties").exists():
            shutil.copytree(image.formatted, data, dirs_exist_ok=True)
        write_config(config, data, ports["kafka"], ports["kafka-controller"])

    return Part(
        name="kafka",
        argv=command(image, config),
        ready=lambda: probes.kafka(ports["kafka"]),
        address=f"{HOST}:{ports['kafka']}",
        ports=ports,
        prepare=prepare,
        stop_within_s=10.0,
    )
