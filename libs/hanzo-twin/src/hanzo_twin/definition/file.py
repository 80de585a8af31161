"""Reads a twin's YAML and finds the scene that it names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hanzo_twin.twinfile.variables import fill_variables
from twin_common.definition import TwinDefinition, parse_twin
from twin_common.errors import DefinitionError
from twin_common.yaml_lines import parse_yaml

SCENE_SUFFIXES = (".usda", ".usdc", ".usd", ".usdz")


@dataclass(frozen=True, slots=True)
class TwinFile:
    """A checked definition with its scene file.

    Attributes:
        text: the YAML with its variables filled in.
        definition: what it says.
        scene: the scene file, beside the definition unless its path is absolute.
    """

    text: str
    definition: TwinDefinition
    scene: Path


def read_twin_file(path: Path, variables: Mapping[str, str]) -> TwinFile:
    """Read and check a definition and see that its scene is there.

    Args:
        path: the YAML file.
        variables: for `${NAME}` in it.

    Raises:
        DefinitionError: the file can't be read, isn't a twin definition, or names a scene that isn't there;
            the message has the path in the file and the line.
    """
    try:
        written = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise DefinitionError(f"{path}: can't be read: {reason}") from None
    text = fill_variables(written, variables, str(path))
    definition = parse_twin(text, str(path))
    return TwinFile(text, definition, _scene(path, text, definition))


def _scene(path: Path, text: str, definition: TwinDefinition) -> Path:
    uri = definition.scene.uri
    line = parse_yaml(text).line(("scene", "uri"))
    scene = path.parent / uri
    if "://" in uri:
        problem = f"{uri} is in object storage; name a USD file beside the definition to have it registered"
    elif scene.suffix not in SCENE_SUFFIXES:
        problem = f"{uri} is not a USD file ({', '.join(SCENE_SUFFIXES)})"
    elif not scene.is_file():
        problem = f"there is no file {scene}"
    else:
        return scene
    raise DefinitionError(f"{path}: scene.uri: {problem}  (line {line})", (("scene.uri", problem, line),))
