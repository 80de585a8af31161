"""The load: plants in a process of their own, twins that follow them, and people who change things all the time."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from faulting.asking import PATIENCE_S, Client, Told
from faulting.surroundings import Built

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "examples/pendulum"
RATE_HZ = 30
WELL_S = 90.0
SCENE = "load"
_MOST_S = 7200.0
_LIVES = 2
_RATES = (30, 31, 32, 30)
_YAML = {"Content-Type": "application/yaml"}


@dataclass(frozen=True, slots=True)
class Weight:
    """How much load, and of which seed.

    Attributes:
        seed: of everything that is random.
        plants: each says 30 times a second where it is; with 11 there are 330 frames a second.
        patience_s: how long clients wait for an answer.
        well_s: how long it may take until all is well again after a strike.
    """

    seed: int
    plants: int = 11
    patience_s: float = PATIENCE_S
    well_s: float = WELL_S


def follower(number: int, broker: str) -> str:
    """The definition of a twin that follows a plant."""
    return json.dumps(
        {
            "name": f"load-{number}",
            "scene": {"uri": f"scene:{SCENE}"},
            "engine": {"type": "mujoco", "config": {"step_hz": 480}},
            "sync": {
                "mode": "realtime",
                "rate_hz": RATE_HZ,
                "latency_budget_ms": 50,
                "reconnect_backoff_ms": [100, 200, 500, 1000],
                "sources": [
                    {
                        "type": "mqtt",
                        "name": "sensors",
                        "broker": broker,
                        "qos": 1,
                        "topic": f"plant/load-{number}/sensors/#",
                        "mapping": {
                            "joint_states": {
                                "time": "time_ns",
                                "time_unit": "ns",
                                "joint_state": {"joints": {"hinge": "/World/Pendulum/hinge"}},
                            }
                        },
                    }
                ],
                "publish": [{"type": "kafka", "topic": f"hanzo.twin.load-{number}"}],
                "assimilation": {"mode": "nudge", "gains": {"position": 0.3, "velocity": 0.3}},
            },
        }
    )


def side(name: str) -> str:
    """The definition of a twin that needs nobody."""
    return json.dumps(
        {
            "name": name,
            "scene": {"uri": f"scene:{SCENE}"},
            "engine": {"type": "mujoco", "config": {"step_hz": 120}},
            "sync": {"mode": "standalone", "rate_hz": 1},
        }
    )


class LoadEnded(RuntimeError):
    """Somebody who was to go on for ever doesn't: what was found since is of too little load."""


@dataclass
class Load:
    """What goes on while faults happen.

    Attributes:
        client: asks, and knows what it was told.
        log: file of the plants.
        twins: id by name of the twins that follow plants, in the order of these.
        dice: for what is asked.
        going: commands are asked while this is set; it isn't to begin with.
        plants: their process; None: nobody has started it.
        people: those who ask.
    """

    client: Client
    log: Path
    twins: dict[str, str]
    dice: random.Random
    going: asyncio.Event = field(default_factory=asyncio.Event)
    plants: asyncio.subprocess.Process | None = None
    people: list[asyncio.Task[None]] = field(default_factory=list)
    _lives: itertools.count[int] = field(default_factory=itertools.count)

    async def hush(self, patience_s: float = 150.0) -> None:
        """Ask nothing more, and wait until everything that was asked is answered or given up."""
        self.going.clear()
        async with asyncio.timeout(patience_s):
            await self.client.idle.wait()

    def check(self) -> None:
        """See that everybody is still at it.

        Raises:
            LoadEnded: somebody isn't; says who, and why.
        """
        if self.plants is None or self.plants.returncode is not None:
            code = None if self.plants is None else self.plants.returncode
            raise LoadEnded(f"the plants have ended with exit code {code}")
        for task in self.people:
            if task.done():
                error = None if task.cancelled() else task.exception()
                raise LoadEnded(f"{task.get_name()} has ended: {error!r}") from error

    async def control(self) -> None:
        """Make twins, change them and delete them, one after the other, for ever."""
        while True:
            name = f"side-{next(self._lives)}"
            created: dict[str, Any] = {"headers": _YAML, "content": side(name)}
            patched = {"headers": {"Content-Type": "application/merge-patch+json"}}
            steps: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
                ("CreateTwin", "POST", "", created),
                ("StartTwin", "POST", "/start", {}),
                ("UpdateTwin", "PATCH", "", {**patched, "content": json.dumps({"tags": ["one"]})}),
                ("StopTwin", "POST", "/stop", {}),
                ("StartTwin", "POST", "/start", {}),
                ("UpdateTwin", "PATCH", "", {**patched, "content": json.dumps({"tags": ["two"]})}),
                ("DeleteTwin", "DELETE", "", {}),
            )
            failed = False
            for kind, method, tail, options in steps:
                await self.going.wait()
                path = f"/v1/twins/{name}{tail}" if kind != "CreateTwin" else f"/v1/twins?scene={SCENE}"
                if failed and kind != "DeleteTwin":
                    continue  # what follows would mean something else
                asked = await self.client.ask(kind, name, method, path, **options)
                failed = failed or asked.told is not Told.ACCEPTED
                await asyncio.sleep(self.dice.uniform(0.1, 0.6))

    async def command(self) -> None:
        """Tell running twins what to do, for ever."""
        names = list(self.twins)
        while True:
            await self.going.wait()
            name, dice = self.dice.choice(names), self.dice.random()
            body: dict[str, Any]
            if dice < 0.8:
                targets = {"/World/Pendulum/hinge": {"mode": "effort", "value": self.dice.uniform(-0.1, 0.1)}}
                kind, tail, body = "SetJointCommand", "joint-command", {"targets": targets}
            elif dice < 0.9:
                kind, tail, body = "ResetState", "reset", {"to_initial": True}
            else:
                kind, tail, body = "SetRate", "rate", {"rate_hz": self.dice.choice(_RATES)}
            await self.client.ask(kind, name, "POST", f"/v1/twins/{name}/{tail}", json=body)
            await asyncio.sleep(self.dice.uniform(0.1, 0.5))


@asynccontextmanager
async def loaded(built: Built, home: Path, weight: Weight) -> AsyncIterator[Load]:
    """Make the twins, start plants and commands; all of it ends with the context."""
    there, log = built.stack.connection, home / "sent.log"
    limits = httpx.Limits(max_connections=8, max_keepalive_connections=0)
    async with httpx.AsyncClient(timeout=httpx.Timeout(10.0), limits=limits) as http:
        client = Client(there, http, weight.patience_s)
        twins = await _followers(client, built.sources or there.mqtt_url, weight.plants)
        load = Load(client, log, twins, random.Random(f"{weight.seed}/load"))
        async with _swinging(built.plants, log, weight) as load.plants:
            for number in range(_LIVES):
                load.people.append(asyncio.create_task(load.control(), name=f"who makes twins, {number}"))
                load.people.append(asyncio.create_task(load.command(), name=f"who moves twins, {number}"))
            try:
                yield load
            finally:
                for task in load.people:
                    task.cancel()
                await asyncio.gather(*load.people, return_exceptions=True)


async def _followers(client: Client, broker: str, plants: int) -> dict[str, str]:
    scene = (EXAMPLE / "scene.usda").read_bytes()
    files = {"file": ("scene.usda", scene, "application/octet-stream")}
    asked = await client.ask(
        "RegisterSceneVersion", SCENE, "POST", "/v1/scenes", data={"name": SCENE}, files=files
    )
    if asked.told is not Told.ACCEPTED:
        raise RuntimeError(f"the scene wasn't taken: {asked}")
    twins = {}
    for number in range(plants):
        name = f"load-{number}"
        body: dict[str, Any] = {"headers": _YAML, "content": follower(number, broker)}
        await client.ask("CreateTwin", name, "POST", f"/v1/twins?scene={SCENE}", **body)
        await client.ask("StartTwin", name, "POST", f"/v1/twins/{name}/start")
        twins[name] = await _id(client, name)
    return twins


async def _id(client: Client, name: str) -> str:
    async with asyncio.timeout(PATIENCE_S):
        while True:
            if (view := await client.get(f"/v1/twins/{name}")) is not None:
                return str(view["id"])
            await asyncio.sleep(0.25)


@asynccontextmanager
async def _swinging(broker: str, log: Path, weight: Weight) -> AsyncIterator[asyncio.subprocess.Process]:
    address = urlsplit(broker)
    options = [
        "--host",
        address.hostname or "",
        "--port",
        str(address.port),
        "--log",
        str(log),
        "--seed",
        str(weight.seed),
    ]
    options += ["--count", str(weight.plants), "--rate", str(RATE_HZ), "--seconds", str(_MOST_S)]
    program = str(Path(__file__).with_name("plants.py"))
    plants = await asyncio.create_subprocess_exec(sys.executable, "-I", program, *options)
    try:
        yield plants
    finally:
        if plants.returncode is None:
            plants.terminate()
        await plants.wait()
