"""The examples that the demo runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import yaml

from hanzo_twin.definition import TwinFile, read_twin_file
from hanzo_twin.errors import DemoFailed
from hanzo_twin.twinfile import Given
from twin_common.definition import MqttSource, parse_twin


@dataclass(frozen=True, slots=True)
class Example:
    """A twin with the program that emulates its physical counterpart.

    Attributes:
        twin: its definition and scene.
        plant: the program.
        broker: MQTT broker that the twin listens to.
        topic: where the plant has to publish.
        commands: where it takes commands from; None: it takes none.
    """

    twin: TwinFile
    plant: Path
    broker: str
    topic: str
    commands: str | None = None

    @property
    def given(self) -> Given:
        """The twin as the API takes it."""
        text = self.twin.text
        name = self.twin.definition.name
        return Given(self.plant.with_name("twin.yaml"), text, yaml.safe_load(text), name, self.twin.scene)


def pendulum(variables: Mapping[str, str], name: str) -> Example:
    """The pendulum under another name and with topics of its own, so that it meets no other one.

    Args:
        variables: for `${NAME}` in its YAML.
        name: of the twin.

    Raises:
        DemoFailed: the example's files aren't there.
    """
    return _renamed("pendulum", variables, name)


def arm(variables: Mapping[str, str], name: str) -> Example:
    """The arm, likewise; it takes commands.

    Raises:
        DemoFailed: the example's files aren't there.
    """
    return _renamed("arm", variables, name, commands=f"plant/{name}/commands/joints")


def _renamed(example: str, variables: Mapping[str, str], name: str, commands: str | None = None) -> Example:
    folder = _folder(example)
    written = read_twin_file(folder / "twin.yaml", variables)
    text = written.text.replace(f"plant/{example}/", f"plant/{name}/")
    text = text.replace(f"name: {example}", f"name: {name}").replace(
        f"hanzo.twin.{example}", f"hanzo.twin.{name}"
    )
    twin = TwinFile(text, parse_twin(text, "twin.yaml"), written.scene)
    source = twin.definition.sync.sources[0]
    assert isinstance(source, MqttSource)
    topic = source.topic.removesuffix("#") + next(iter(source.mapping))
    return Example(twin, folder / "plant.py", source.broker, topic, commands)


def _folder(example: str) -> Path:
    package = Path(str(files("hanzo_twin")))
    for folder in (package / "examples" / example, package.parents[3] / "examples" / example):
        if (folder / "twin.yaml").is_file():
            return folder
    raise DemoFailed(
        f"the {example} example is neither in {package} nor beside its sources; install it again"
    )
