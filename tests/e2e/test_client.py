"""The client and the command line against the real platform."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import signal
import subprocess
import sys
import tarfile
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from platform_support.running import Platform

from hanzo_twin.client import (
    AsyncClient,
    Client,
    Conflict,
    Invalid,
    NotFound,
    RevisionConflict,
    Unauthenticated,
)

PROGRAM = str(Path(sys.executable).with_name("hanzo-twin"))
PENDULUM = Path(__file__).parents[2] / "examples" / "pendulum"
STANDALONE = """\
name: {name}
scene:
  uri: {uri}
engine:
  type: mujoco
sync:
  mode: standalone
  rate_hz: 20
"""


@pytest.fixture
def client(platform: Platform) -> Iterator[Client]:
    with Client.local(platform.stack.home.root) as made:
        yield made


@pytest.fixture
def name(client: Client) -> Iterator[str]:
    """The name of a twin that is taken away at the end."""
    chosen = f"c-{uuid.uuid4().hex[:8]}"
    yield chosen
    with contextlib.suppress(NotFound):
        client.delete_twin(chosen)


def cli(platform: Platform, *arguments: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {
        "HANZO_TWIN_HOME": str(platform.stack.home.root),
        "PATH": "/usr/bin:/bin",
        "COLUMNS": "160",
    }
    return subprocess.run(
        [PROGRAM, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def running(client: Client, name: str) -> None:
    client.upload_scene(PENDULUM / "scene.usda", name=name)
    client.create_twin(STANDALONE.format(name=name, uri=f"scene:{name}"))
    client.start_twin(name)
    client.wait_for_phase(name, "running")


def test_the_standards_examples_work_as_written(platform: Platform, name: str, tmp_path: Path) -> None:
    folder = tmp_path / "scenes" / "warehouse"
    folder.mkdir(parents=True)
    (folder / "root.usda").write_bytes((PENDULUM / "scene.usda").read_bytes())
    (tmp_path / f"{name}.yaml").write_text(STANDALONE.format(name=name, uri="./scenes/warehouse/"))
    for arguments in (
        ("scene", "upload", "--name", name, "--path", "./scenes/warehouse/"),
        ("scene", "validate", "--name", name, "--engine", "mujoco"),
        ("create", "--config", f"{name}.yaml"),
        ("start", f"twin-{name}"),
        ("update", name, "--config", f"{name}.yaml", "--reason", "nothing changed"),
        ("status", f"twin-{name}"),
    ):
        done = cli(platform, *arguments, folder=tmp_path)
        assert done.returncode == 0, (arguments, done.stderr)
    assert "running" in done.stdout
    scene = json.loads(cli(platform, "scene", "show", name, "--json").stdout)
    assert [version["version"] for version in scene["versions"]] == [1]


def test_a_twins_life_over_rest(client: Client, name: str) -> None:
    running(client, name)
    with pytest.raises(Conflict, match="already_running"):
        client.start_twin(name)
    with pytest.raises(Conflict, match="name_unavailable"):
        client.create_twin(STANDALONE.format(name=name, uri=f"scene:{name}"))
    changed = client.update_twin(name, {"tags": ["east"]}, reason="moved")
    assert (changed.tags, changed.reason) == (("east",), "moved")
    with pytest.raises(RevisionConflict):
        client.update_twin(name, {"tags": []}, revision=changed.revision - 1)
    assert [twin.name for twin in client.list_twins(tags=["east"], phase="running", page_size=1)] == [name]
    state = client.get_state(name)
    assert state.name == name
    assert len(state.values["/World/Pendulum/hinge.position"]) == 1
    outcome = client.joint_command(name, {"/World/Pendulum/hinge": ("effort", 0.1)})
    assert outcome.status == "applied"
    assert client.get_command(outcome.id).status == "applied"
    client.stop_twin(name)
    assert client.wait_for_phase(name, "stopped").desired == "stopped"
    with pytest.raises(Conflict, match="not_running"):
        client.get_state(name)
    client.delete_twin(name, reason="done")
    with pytest.raises(NotFound):
        client.get_twin(name)


def test_a_wrong_definition_names_its_fields_and_lines(client: Client, name: str) -> None:
    with pytest.raises(Invalid) as raised:
        client.create_twin(STANDALONE.format(name=name, uri="scene:none").replace("20", "fast"))
    assert [(error.field, error.line) for error in raised.value.errors] == [("sync.rate_hz", 8)]


def test_a_forged_token_is_refused(client: Client, platform: Platform) -> None:
    with Client(platform.stack.connection.api_url, "forged") as other, pytest.raises(Unauthenticated):
        other.whoami()
    assert client.whoami().role == "twin-admin"


def test_predictions_go_on_where_they_were_when_the_gateway_is_killed(
    platform: Platform, client: Client, name: str
) -> None:
    running(client, name)
    mend = threading.Thread(target=platform.stack.restore)
    seen = []
    for prediction in client.predictions(name):
        seen.append(prediction)
        if len(seen) == 20:
            platform.stack.kill("api-gateway")
            mend.start()
        if len(seen) == 60:
            break
    mend.join()
    ids = [int(prediction.event_id or -1) for prediction in seen]
    assert ids == list(range(ids[0], ids[0] + 60))
    ticks = [prediction.tick for prediction in seen]
    assert ticks == list(range(ticks[0], ticks[0] + 60))


async def test_many_predictions_at_once_are_all_the_same(
    platform: Platform, client: Client, name: str
) -> None:
    await asyncio.to_thread(running, client, name)

    async def some(made: AsyncClient) -> list[int]:
        stream = made.predictions(name, start="earliest")
        return [(await anext(stream)).tick for _ in range(20)]

    async with AsyncClient.local(platform.stack.home.root) as made:
        results = await asyncio.gather(*(some(made) for _ in range(4)))
    assert all(result == results[0] for result in results)


@pytest.mark.parametrize("big", [1 << 30, 1], ids=["through the API", "through the store"])
@pytest.mark.parametrize("kind", ["file", "folder", "archive"])
def test_a_scene_comes_out_as_it_went_in(client: Client, tmp_path: Path, kind: str, big: int) -> None:
    chosen = f"c-{uuid.uuid4().hex[:8]}"
    content = (PENDULUM / "scene.usda").read_bytes() + f"# {chosen}\n".encode()
    folder = tmp_path / "scene"
    folder.mkdir()
    (folder / "scene.usda").write_bytes(content)
    source = {"file": folder / "scene.usda", "folder": folder, "archive": tmp_path / "scene.tar.gz"}[kind]
    with tarfile.open(tmp_path / "scene.tar.gz", "w:gz") as archive:
        archive.add(folder / "scene.usda", "scene.usda")
    made = client.upload_scene(source, name=chosen, note="first", big=big)
    assert (made.name, made.version) == (chosen, 1)
    again = client.upload_scene(source, name=chosen, big=big)
    assert (again.version, again.digest) == (1, made.digest)
    assert client.validate_scene(chosen, "mujoco").ok
    (tmp_path / "out").mkdir()
    saved = client.download_scene(chosen, tmp_path / "out")
    assert hashlib.sha256(saved.read_bytes()).hexdigest() == made.digest
    assert [scene.latest for scene in client.list_scenes(name=chosen)] == [1]
    client.delete_scene(chosen)
    with pytest.raises(NotFound):
        client.get_scene(chosen)


def test_a_scene_in_use_cannot_be_deleted(client: Client, name: str) -> None:
    running(client, name)
    with pytest.raises(Conflict, match=name):
        client.delete_scene(name)


@pytest.mark.parametrize("command", [("watch", "--json"), ("watch",), ("status", "--watch", "--json")])
def test_ctrl_c_is_how_one_leaves(
    platform: Platform, client: Client, name: str, command: tuple[str, ...]
) -> None:
    running(client, name)
    verb, *options = command
    environment = {"HANZO_TWIN_HOME": str(platform.stack.home.root), "PATH": "/usr/bin:/bin"}
    with subprocess.Popen(
        [PROGRAM, verb, name, *options],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as watching:
        assert watching.stdout is not None
        assert name in watching.stdout.readline()
        watching.send_signal(signal.SIGINT)
        left = watching.stdout.read()
        assert watching.wait(20) == 0, left


def test_what_the_readme_writes_works(platform: Platform) -> None:
    readme = (PENDULUM.parents[1] / "libs" / "hanzo-twin" / "README.md").read_text()
    program = readme.partition("```python\n")[2].partition("```")[0]
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=PENDULUM.parents[1],
        env={"HANZO_TWIN_HOME": str(platform.stack.home.root), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "applied" in done.stdout
    assert "('east',)" in done.stdout
