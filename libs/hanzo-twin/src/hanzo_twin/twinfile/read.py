"""Reads a twin's YAML as far as a client has to: what it is called, and where its scene lies. The rest is checked by
the API, which knows the engines.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from hanzo_twin.twinfile.variables import FileWrong, fill_variables


@dataclass(frozen=True, slots=True)
class Given:
    """A twin's file.

    Attributes:
        path: of the file.
        text: its YAML with the variables filled in.
        content: what it says.
        name: of the twin; empty when it has none.
        scene: the file or folder that `scene.uri` names, beside the YAML unless its path is absolute; None when the
            scene is in the platform already.
    """

    path: Path
    text: str
    content: Mapping[str, Any]
    name: str
    scene: Path | None


def read(path: Path, variables: Mapping[str, str]) -> Given:
    """Read a twin's YAML and see that its scene is there.

    Args:
        path: the YAML file.
        variables: for `${NAME}` in it.

    Raises:
        FileWrong: the file can't be read, isn't YAML, or names a scene that isn't there; the message has the line.
    """
    try:
        written = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise FileWrong(f"{path}: can't be read: {reason}") from None
    text = fill_variables(written, variables, str(path))
    content = _parsed(path, text)
    name = content.get("name")
    return Given(path, text, content, name if isinstance(name, str) else "", _scene(path, text, content))


def _parsed(path: Path, text: str) -> Mapping[str, Any]:
    try:
        content = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark is not None else None
        what = getattr(error, "problem", None) or str(error) or "it can't be read"
        place = f"  (line {line})" if line else ""
        raise FileWrong(f"{path}: is no YAML: {what}{place}", (("", str(what), line),)) from None
    if not isinstance(content, dict):
        raise FileWrong(f"{path}: is no twin definition: it has no keys", (("", "has no keys", 1),))
    return content


def _scene(path: Path, text: str, content: Mapping[str, Any]) -> Path | None:
    section = content.get("scene")
    uri = section.get("uri") if isinstance(section, dict) else None
    if not isinstance(uri, str) or not uri or "://" in uri or uri.startswith("scene:"):
        return None  # what is wrong with it the API says better
    scene = path.parent / uri
    if scene.exists():
        return scene
    line = next((number for number, each in enumerate(text.split("\n"), 1) if uri in each), None)
    problem = f"there is no file or folder {scene}"
    raise FileWrong(f"{path}: scene.uri: {problem}  (line {line})", (("scene.uri", problem, line),))
