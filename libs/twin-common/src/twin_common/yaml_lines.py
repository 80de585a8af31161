"""YAML that remembers where everything was written, so that an error can name the path and the line.

A careful subset of YAML 1.1: string keys, no duplicates, no merge keys, no custom tags, finite numbers, dates
stay text, and bounded size, so that a hostile file costs nothing. `Document.problems` never makes a caller
guess.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

Path = tuple[str | int, ...]

MAX_CHARS = 256_000
MAX_VALUES = 20_000
MAX_DEPTH = 40

_TOO_MANY = "the file is nested too deeply or holds too many values"
_SCALARS = {f"tag:yaml.org,2002:{kind}" for kind in ("null", "bool", "int", "float", "str")}
_AS_TEXT = {f"tag:yaml.org,2002:{kind}" for kind in ("timestamp", "value")}


class YamlError(ValueError):
    """The text isn't YAML that we take.

    Attributes:
        path: where in the document, as far as it is known.
        line: 1-based line, or None.
    """

    def __init__(self, message: str, path: Path = (), line: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.path = path
        self.line = line


@dataclass(slots=True)
class Document:
    """Plain values, and the 1-based line of each path."""

    value: Any
    lines: dict[Path, int] = field(default_factory=dict)

    def line(self, path: Path) -> int | None:
        """The line of a path, or of the nearest thing around it that was written."""
        for length in range(len(path), -1, -1):
            if (line := self.lines.get(path[:length])) is not None:
                return line
        return None

    def locate(self, path: Sequence[str | int]) -> Path:
        """The part of `path` that exists in the document, plus one last missing key.

        Validators put names of union members into their paths; those aren't in the file and are left out.
        """
        here, found = self.value, []
        for step in path:
            inside = (isinstance(here, Mapping) and step in here) or (
                isinstance(here, list) and isinstance(step, int) and 0 <= step < len(here)
            )
            if inside:
                found.append(step)
                here = here[step]
        if (
            path
            and isinstance(here, Mapping)
            and isinstance(path[-1], str)
            and (not found or found[-1] != path[-1])
        ):
            found.append(path[-1])
        return tuple(found)


def show_path(path: Path) -> str:
    """A path as people write it: `sync.sources[0].mapping["a/b"]`."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif step.replace("_", "").replace("-", "").isalnum() and step.isascii():
            text += f".{step}" if text else step
        else:
            text += f'["{step}"]'
    return text


def parse_yaml(text: str) -> Document:
    """Parse one YAML document.

    Raises:
        YamlError: it isn't YAML, isn't within the subset, or is too big.
    """
    if len(text) > MAX_CHARS:
        raise YamlError(f"the file has {len(text)} characters; at most {MAX_CHARS} are read")
    try:
        node = yaml.compose(text, Loader=_Bounded)
    except YamlError:
        raise
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        message = " ".join(part for part in (error.context, error.problem) if part) or "not YAML"
        raise YamlError(message, line=mark.line + 1 if mark else None) from None
    except RecursionError:
        raise YamlError("the file is nested too deeply") from None
    except (yaml.YAMLError, ValueError, AttributeError, TypeError) as error:
        raise YamlError(
            f"not YAML: {str(error).splitlines()[0] if str(error) else type(error).__name__}"
        ) from None
    document = Document(None)
    document.value = _Builder(document.lines).build(node, ()) if node is not None else None
    return document


class _Bounded(yaml.SafeLoader):
    """Stops at too many values while they are being read, which is what takes time."""

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self._left = MAX_VALUES

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        self._left -= 1
        if self._left < 0:
            raise YamlError(_TOO_MANY, line=self.line + 1)
        node: yaml.Node | None = super().compose_node(parent, index)
        return node


class _Builder:
    def __init__(self, lines: dict[Path, int]) -> None:
        self._lines = lines
        self._left = MAX_VALUES
        self._scalars = yaml.constructor.SafeConstructor()

    def build(self, node: yaml.Node, path: Path) -> Any:
        line = node.start_mark.line + 1
        self._lines.setdefault(path, line)
        self._left -= 1
        if self._left < 0 or len(path) > MAX_DEPTH:  # also ends anchors that refer to themselves or multiply
            raise YamlError(_TOO_MANY, path, line)
        if isinstance(node, yaml.MappingNode) and node.tag == "tag:yaml.org,2002:map":
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode) and node.tag == "tag:yaml.org,2002:seq":
            return [self.build(item, (*path, index)) for index, item in enumerate(node.value)]
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, path, line)
        raise YamlError(f"tag {node.tag} isn't supported", path, line)

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode) or key_node.tag == "tag:yaml.org,2002:merge":
                raise YamlError("a key must be plain text", path, line)
            key = key_node.value
            if key in values:
                raise YamlError(f"key {key!r} is written twice", (*path, key), line)
            self._lines[(*path, key)] = line
            values[key] = self.build(value_node, (*path, key))
        return values

    def _scalar(self, node: yaml.ScalarNode, path: Path, line: int) -> Any:
        if node.tag in _AS_TEXT:
            return node.value
        if node.tag not in _SCALARS:
            raise YamlError(f"tag {node.tag} isn't supported", path, line)
        try:
            value = self._scalars.construct_object(node)
        except (ValueError, OverflowError, KeyError, IndexError, yaml.YAMLError) as error:
            raise YamlError(f"{node.value[:40]!r} can't be read: {error}", path, line) from None
        if isinstance(value, float) and not math.isfinite(value):
            raise YamlError(f"{node.value!r} isn't a finite number", path, line)
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 2**63:
            raise YamlError("the number doesn't fit in 64 bits", path, line)
        return value
