"""Apache Kafka: one KRaft node or three, broker and controller in one small JVM each."""

from __future__ import annotations

import base64
import shutil
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from hanzo_twin.stack import probes
from hanzo_twin.stack.errors import StackError
from hanzo_twin.stack.home import Home
from hanzo_twin.stack.part import Part
from hanzo_twin.stack.parts.kafka_image import Image
from hanzo_twin.stack.ports import HOST

PORTS = {"kafka": 9092, "kafka-controller": 9093}

_PROPERTIES = """\
process.roles=broker,controller
node.id={number}
controller.quorum.voters={voters}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listeners={listeners}
advertised.listeners={advertised}
listener.security.protocol.map={protocols}
log.dirs={data}
auto.create.topics.enable=false
default.replication.factor={replicas}
min.insync.replicas={insync}
offsets.topic.replication.factor={replicas}
offsets.topic.num.partitions=4
offsets.topic.segment.bytes=1048576
transaction.state.log.replication.factor={replicas}
transaction.state.log.min.isr={insync}
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor={replicas}
share.coordinator.state.topic.min.isr={insync}
share.coordinator.state.topic.num.partitions=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
group.max.session.timeout.ms=60000
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
log.retention.check.interval.ms=30000
log.cleaner.threads=1
log.cleaner.dedupe.buffer.size=8388608
num.network.threads=2
num.io.threads=4
num.recovery.threads.per.data.dir=2
log.message.timestamp.type=LogAppendTime
"""


@dataclass(frozen=True, slots=True)
class Cluster:
    """The nodes of a stack's Kafka.

    Attributes:
        size: how many; three keep each record three times and take it while two of them live.
        listeners: further ways to each node, by name: the `host:port` that it is to name there, node by node.
    """

    size: int = 1
    listeners: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """The nodes' names."""
        return (
            ("kafka",) if self.size == 1 else tuple(f"kafka-{number}" for number in range(1, self.size + 1))
        )

    def ports(self) -> dict[str, int]:
        """The usual ports of all nodes, by purpose."""
        wanted: dict[str, int] = {}
        for index, name in enumerate(self.names):
            wanted |= {
                name: PORTS["kafka"] + 2 * index,
                f"{name}-controller": PORTS["kafka-controller"] + 2 * index,
            }
            wanted |= {port_name(name, listener): 0 for listener in self.listeners}
        return wanted

    def addresses(self, at: Mapping[str, int]) -> str:
        """How clients reach it, as `host:port` with commas."""
        return ",".join(f"{HOST}:{at[name]}" for name in self.names)


def port_name(node: str, listener: str) -> str:
    """What the port of a further listener is called."""
    return f"{node}-{listener.lower()}"


def properties(data: Path, cluster: Cluster, number: int, at: Mapping[str, int]) -> str:
    """The text of `server.properties` for a node on loopback.

    Args:
        data: its folder.
        cluster: all nodes.
        number: of this one, from 1.
        at: the ports of all nodes.
    """
    name, replicas = cluster.names[number - 1], cluster.size
    further = {key.upper(): f"{HOST}:{at[port_name(name, key)]}" for key in cluster.listeners}
    own = {"PLAINTEXT": f"{HOST}:{at[name]}"}
    controller = {"CONTROLLER": f"{HOST}:{at[f'{name}-controller']}"}
    said = own | {key.upper(): told[number - 1] for key, told in cluster.listeners.items()}
    return _PROPERTIES.format(
        number=number,
        voters=",".join(f"{n}@{HOST}:{at[f'{node}-controller']}" for n, node in enumerate(cluster.names, 1)),
        listeners=_addressed(own | controller | further),
        advertised=_addressed(said),
        protocols=",".join(f"{key}:PLAINTEXT" for key in own | controller | further),
        data=data,
        replicas=replicas,
        insync=max(1, replicas - 1),
    )


def _addressed(listeners: Mapping[str, str]) -> str:
    return ",".join(f"{name}://{address}" for name, address in listeners.items())


def command(image: Image, config: Path) -> tuple[str, ...]:
    """The command line of a broker; `config` is the folder with `server.properties`."""
    archive = (f"-XX:SharedArchiveFile={image.archive}",) if image.archive.exists() else ()
    return image.java(*archive, "kafka.Kafka", str(config / "server.properties"))


def write_config(config: Path, text: str) -> None:
    """Write the broker's configuration into a folder."""
    config.mkdir(parents=True, exist_ok=True)
    (config / "server.properties").write_text(text)


def nodes_of(home: Home) -> int:
    """How many nodes keep records in a home; 0 before the first start."""
    return len(list(home.data.glob("kafka-[0-9]"))) or int((home.data / "kafka").exists())


def parts(home: Home, image: Image, cluster: Cluster, at: Mapping[str, int]) -> tuple[Part, ...]:
    """The nodes of a home; their records stay in `data/<name>`.

    Raises:
        StackError: the records that are there were written with another number of nodes.
    """
    if (there := nodes_of(home)) not in (0, cluster.size):
        raise StackError(
            f"Kafka in {home.root} has {there} node{'s' if there > 1 else ''}, not {cluster.size}; give the other "
            "stack a home of its own with HANZO_TWIN_HOME, or start this one with: "
            f"hanzo-twin dev up --brokers {there}"
        )
    return tuple(_node(home, image, cluster, number, at) for number in range(1, cluster.size + 1))


def _node(home: Home, image: Image, cluster: Cluster, number: int, at: Mapping[str, int]) -> Part:
    name = cluster.names[number - 1]
    data, config = home.data / name, home.run / name
    mine = {
        key: at[key]
        for key in (name, f"{name}-controller", *(port_name(name, each) for each in cluster.listeners))
    }

    def prepare() -> None:
        if not (data / "meta.properties").exists():
            shutil.copytree(image.formatted, data, dirs_exist_ok=True)
            _sign(data / "meta.properties", number)
        write_config(config, properties(data, cluster, number, at))

    return Part(
        name=name,
        argv=command(image, config),
        ready=partial(probes.kafka, at[name]),
        address=f"{HOST}:{at[name]}",
        ports=mine,
        prepare=prepare,
        provision="topics" if number == 1 else None,
        stop_within_s=10.0,
    )


def _sign(meta: Path, number: int) -> None:
    """Make a copied folder that of a node: the cluster is the same, the node and the folder's id are its own."""
    own = {
        "node.id": str(number),
        "directory.id": base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("="),
    }
    kept = [line for line in meta.read_text().splitlines() if line.partition("=")[0] not in own]
    meta.write_text("\n".join([*kept, *(f"{key}={value}" for key, value in own.items()), ""]))
