"""From a twin's file to a twin that is asked to run."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from hanzo_twin.bus import Twins
from hanzo_twin.definition import TwinFile
from hanzo_twin.errors import NoAnswer, TwinDiffers
from twin_schemas.records import Desired, TwinSpec

StoreScene = Callable[[bytes], Awaitable[str]]
"""Uploads a scene's bytes for the organisation; returns their digest."""


@dataclass(frozen=True, slots=True)
class Launched:
    """A twin that is asked to run.

    Attributes:
        spec: as the control plane published it.
        attached: it was there already, with the same definition and scene.
    """

    spec: TwinSpec
    attached: bool


async def launch(twins: Twins, file: TwinFile, store: StoreScene, *, timeout: float = 15.0) -> Launched:
    """Store and register the scene, create the twin and start it; or attach to the same one.

    Args:
        twins: the bus client.
        file: the twin.
        store: the object store.
        timeout: seconds to wait for each answer.

    Raises:
        TwinDiffers: a twin of this name has another definition or scene.
        ControlCommandRefused, NoAnswer: of any of the commands.
    """
    name = file.definition.name
    content = await asyncio.to_thread(file.scene.read_bytes)
    present = next((spec for spec in await twins.directory.specs() if spec.name == name), None)
    if present is not None:
        _check_same(present, file, hashlib.sha256(content).hexdigest())
        if present.desired is Desired.RUNNING:
            return Launched(present, attached=True)
        started = await twins.start(present.twin)
        return Launched(await _spec(twins, present.twin, started.version, timeout), attached=True)
    digest = await store(content)
    scene = await twins.register_scene(name, digest, file.scene.name, len(content))
    created = await twins.create(name, file.text, name, scene.version)
    started = await twins.start(created.id)
    return Launched(await _spec(twins, created.id, started.version, timeout), attached=False)


def _check_same(present: TwinSpec, file: TwinFile, digest: str) -> None:
    here = json.loads(file.definition.canonical_json())
    there = json.loads(present.definition)
    changed = [key for key in here if here[key] is not None and here[key] != there.get(key)]
    if present.scene_digest != digest:
        changed.insert(0, "the scene file")
    if changed:
        raise TwinDiffers(
            f"there is a twin {present.name!r} already, and {', '.join(changed)} differ from it. Give this "
            f"one another name, or remove that one with `hanzo-twin delete {present.name}`"
        )


async def _spec(twins: Twins, twin: str, revision: int, timeout: float) -> TwinSpec:
    """The spec once it has come to this revision."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        for spec in await twins.directory.specs():
            if spec.twin == twin and spec.revision >= revision:
                return spec
        await asyncio.sleep(0.05)
    raise NoAnswer("scene-manager", f"it has not published revision {revision} of twin {twin}", timeout)
