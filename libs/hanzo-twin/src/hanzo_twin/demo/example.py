"""The pendulum that the demo runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from hanzo_twin.definition import TwinFile, read_twin_file
from hanzo_twin.errors import DemoFailed
from twin_common.definition import MqttSource, parse_twin


@dataclass(frozen=True, slots=True)
class Example:
    """A twin with the program that emulates its physical counterpart.

    Attributes:
        twin: its definition and scene.
        plant: the program.
        broker: MQTT broker that the twin listens to.
        topic: where the plant has to publish.
    """

    twin: TwinFile
    plant: Path
    broker: str
    topic: str


def pendulum(variables: Mapping[str, str], name: str) -> Example:
    """The pendulum under another name and with topics of its own, so that it meets no other one.

    Args:
        variables: for `${NAME}` in its YAML.
        name: of the twin.

    Raises:
        DemoFailed: the example's files aren't there.
    """
    folder = _folder()
    written = read_twin_file(folder / "twin.yaml", variables)
    text = written.text.replace("plant/pendulum/", f"plant/{name}/")
    text = text.replace("name: pendulum", f"name: {name}").replace(".pendulum", f".{name}")
    twin = TwinFile(text, parse_twin(text, "twin.yaml"), written.scene)
    source = twin.definition.sync.sources[0]
    assert isinstance(source, MqttSource)
    topic = source.topic.removesuffix("#") + next(iter(source.mapping))
    return Example(twin, folder / "plant.py", source.broker, topic)


def _folder() -> Path:
    package = Path(str(files("hanzo_twin")))
    for folder in (package / "examples" / "pendulum", package.parents[3] / "examples" / "pendulum"):
        if (folder / "twin.yaml").is_file():
            return folder
    raise DemoFailed(f"the pendulum example is neither in {package} nor beside its sources; install it again")
