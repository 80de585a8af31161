"""Every kind of bad record, on every topic of a running platform, does no more harm than the table says."""

from __future__ import annotations

import struct
import sys
import uuid
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from platform_support.line import Line
from platform_support.other_ids import FURTHER, registry_that_renumbers
from platform_support.running import Platform, definition
from poisoning.good import Good, good, topics
from poisoning.kinds import UNREADABLE, Poison, poison
from poisoning.stage import NAMES, Stage, decoded
from poisoning.table import expected, shown
from poisoning.whole import Poisoned, poisoned

from hanzo_twin.stack import EmbeddedStack, rolling
from hanzo_twin.stack.services import usual
from twin_schemas import codec, examples
from twin_schemas.records import CommandApplied, CreateTwin, ResetState, StateReset, StopTwin, TwinSpec

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Poisoned]:
    """A platform of its own, with everything in it: nobody else could go on with it."""
    with EmbeddedStack(tmp_path_factory.mktemp("poison"), services=dict.fromkeys(usual(), 1)) as stack:
        running = Platform(stack)
        running.scene()
        running.scene("rivals", "rival")
        result = poisoned(Stage(running), seed=1)
        sys.stdout.write(f"{shown(result.outcomes)}\n")
        yield result
        running.close()


@pytest.mark.parametrize("name", topics())
def test_it_becomes_what_the_table_says(done: Poisoned, name: str) -> None:
    assert done.outcomes[name] == expected()[name]


def test_no_process_ended(done: Poisoned) -> None:
    now = {part.name: part.process for part in done.stage.platform.stack.state.parts}
    assert now == done.stage.services


def test_every_frame_of_every_other_twin_has_its_prediction(done: Poisoned) -> None:
    frames, predicted = done.stage.frames(), done.stage.predicted()
    for twin in done.spared:
        newest = max(predicted[twin.twin] & set(frames[twin.twin]))
        assert {offset for offset in frames[twin.twin] if offset <= newest} <= predicted[twin.twin], twin.name
        assert done.stage.platform.twin(twin.name)["phase"] == "running"


def test_what_cannot_be_read_about_a_running_twin_does_not_stop_it(done: Poisoned) -> None:
    stage, twin = done.stage, done.spared[1]
    token = stage.platform.token()
    bad = [
        poison(kind, good(name, twin, token, about=twin.twin))
        for name in ("twin.specs", "twin.status")
        for kind in UNREADABLE
    ]
    behind = max(stage.frames()[twin.twin])
    assert len(stage.write([each for each in bad if each is not None])) == 2 * len(UNREADABLE)
    stage.platform.until(lambda: sorted(stage.predicted()[twin.twin]), lambda said: said[-5] > behind)
    assert stage.platform.twin(twin.name)["phase"] == "running"


def test_a_dead_letter_names_its_origin_its_schema_and_why(done: Poisoned) -> None:
    kept = done.stage.platform.call("GET", "/v1/dead-letters?limit=200").json()["items"]
    named = {(letter["topic"], letter["partition"], letter["offset"]): letter for letter in kept}
    for place, bad in done.places.items():
        wanted = expected()[bad.topic][bad.kind]
        if wanted.startswith("dead letter") and bad.kind not in ("no_headers", "garbled_headers"):
            letter = named[place]  # those without an organisation are nobody's to see but the platform's
            assert f"dead letter: {letter['code']}" == wanted
            assert letter["schema_id"] == (999_999 if bad.kind == "unknown_schema" else letter["schema_id"])


def test_what_others_have_is_not_shown(done: Poisoned) -> None:
    platform = done.stage.platform
    seen = {twin["name"] for twin in platform.call("GET", "/v1/twins", org="rival").json()["items"]}
    assert not seen & set(NAMES)
    for twin in done.twins:
        assert platform.call("GET", f"/v1/twins/{twin.twin}", org="rival").status_code == 404
        assert platform.call("GET", f"/v1/twins/{twin.name}/predictions", org="rival").status_code == 404


def test_sent_again_it_is_refused_again_and_mended_it_has_its_effect_once(done: Poisoned) -> None:
    platform = done.stage.platform
    line = Line(platform)
    try:
        sent = str(uuid.uuid4())
        letter = _spoilt(platform, line, sent, "control.commands", key="mended")
        for _ in range(2):
            platform.call("POST", f"/v1/dead-letters/{letter['id']}/redrive").raise_for_status()
        assert _of(platform, "mended") == []
        wish = CreateTwin(definition("mended"), scene="pendulum")
        for _ in range(2):
            line.send("control.commands", wish, key="mended", token=platform.token(), id=sent)
        platform.until(lambda: platform.twin("mended"))
        line.ask("control.commands", wish, key="mended", token=platform.token(), id=sent)
        assert [spec.revision for spec in _of(platform, "mended")] == [1]
    finally:
        line.close()


def test_so_is_a_command_to_a_running_twin(done: Poisoned) -> None:
    platform, twin = done.stage.platform, done.spared[-1]
    line = Line(platform)
    try:
        sent = str(uuid.uuid4())
        place: dict[str, Any] = {"key": twin.twin, "partition": twin.partition}
        letter = _spoilt(platform, line, sent, "sim.commands", **place)
        again = f"/v1/dead-letters/{letter['id']}/redrive"
        platform.call("POST", again).raise_for_status()
        refused = platform.until(lambda: platform.call("POST", again), lambda said: said.status_code != 200)
        assert refused.json()["code"] == "redriven_before"
        wish = ResetState(twin.twin, sent, to_initial=True, values={})
        for _ in range(2):
            line.send("sim.commands", wish, token=platform.token(), id=sent, **place)
        # What comes last has its answer when all that lies before it has had its effect.
        marker = replace(wish, command_id=str(uuid.uuid4()))
        assert isinstance(line.ask("sim.commands", marker, token=platform.token(), **place), CommandApplied)
        assert _resets(platform, twin.twin, sent) == 1
        assert _resets(platform, twin.twin, marker.command_id) == 1
    finally:
        line.close()


def test_what_nobody_understood_has_its_effect_once_when_it_is_understood(done: Poisoned) -> None:
    """As a build leaves it that doesn't know a schema, and the next one finds it."""
    stage, twin, token = done.stage, done.spared[-1], done.stage.platform.token()
    platform, stack = stage.platform, stage.platform.stack
    wish = CreateTwin(definition("understood"), scene="pendulum")
    made = _not_understood(replace(good("control.commands", twin, token), record=wish, key="understood"))
    reset, marker = (_not_understood(good("sim.commands", twin, token)) for _ in range(2))
    stage.write([made, reset])
    letters = [platform.until(partial(_letter_of, platform, bad.id)) for bad in (made, reset)]
    assert [letter["code"] for letter in letters if letter] == ["unknown_schema"] * 2
    creating, resetting = (f"/v1/dead-letters/{letter['id']}/redrive" for letter in letters if letter)
    with registry_that_renumbers("CreateTwin") as creates, registry_that_renumbers("ResetState") as resets:
        urls = {"scene-manager": creates, "sync-engine": resets}
        own = {name: {"HANZO_TWIN_STREAM_REGISTRY_URL": url} for name, url in urls.items()}
        stack.scale({}, variables_of=own)
        rolling.restart(stack.home, urls)
        line = Line(platform)
        try:
            for _ in range(2):
                platform.call("POST", creating).raise_for_status()
            created = platform.until(lambda: platform.twin("understood"))
            # What comes last has its answer when all that lies before it has had its effect.
            stop: dict[str, Any] = {"key": "understood", "partition": made.partition, "token": token}
            line.ask("control.commands", StopTwin(created["id"]), **stop)
            platform.call("POST", resetting).raise_for_status()
            assert isinstance(line.answer(reset.id), CommandApplied)
            again = platform.until(lambda: platform.call("POST", resetting), lambda said: said.is_error)
            assert again.json()["code"] == "redriven_before"
            stage.write([reset, marker])  # as a producer may that didn't hear of its success
            assert isinstance(line.answer(marker.id), CommandApplied)
        finally:
            line.close()
            stack.scale({}, variables_of={})  # whoever starts from now on has the platform's own ids again
    assert [spec.revision for spec in _of(platform, "understood")] == [1]
    assert [_resets(platform, twin.twin, bad.id) for bad in (reset, marker)] == [1, 1]


def test_services_that_start_anew_read_all_of_it_and_go_on(done: Poisoned) -> None:
    """The last test: every process is another one behind it."""
    stage = done.stage
    failed = {twin.name: stage.trouble(twin) for twin in done.twins}
    rolling.restart(stage.platform.stack.home, (), lambda _: None)
    behind = {twin: max(frames) for twin, frames in stage.frames().items()}
    for twin in done.spared:
        stage.platform.until(lambda twin=twin: max(stage.predicted()[twin.twin]) > behind[twin.twin])
        assert stage.platform.twin(twin.name)["phase"] == "running"
    assert {twin.name: stage.trouble(twin) for twin in done.twins} == failed


def _not_understood(good: Good) -> Poison:
    """A good record under the id that its schema has only in a registry of somebody else's."""
    value = codec.encode(good.record)
    bad = poison("unknown_schema", good)
    assert bad is not None
    return replace(bad, value=struct.pack(">bI", 0, codec.schema_id(value) + FURTHER) + value[5:])


def _spoilt(platform: Platform, line: Line, sent: str, name: str, **place: Any) -> dict[str, Any]:
    """A dead letter of a record that nobody handles there, under this id."""
    line.send(name, examples.load("AuditRecord")["full"], token=platform.token(), id=sent, **place)
    found: dict[str, Any] = platform.until(lambda: _letter_of(platform, sent))
    return found


def _letter_of(platform: Platform, sent: str) -> dict[str, Any] | None:
    """The letter of a record with this id in its headers."""
    for letter in platform.call("GET", "/v1/dead-letters?limit=200").json()["items"]:
        whole = platform.call("GET", f"/v1/dead-letters/{letter['id']}").json()
        if sent in str(whole["headers"]):
            return dict(letter)
    return None


def _of(platform: Platform, name: str) -> list[TwinSpec]:
    found = [decoded(message) for message in platform.raw("twin.specs")]
    return [spec for spec in found if isinstance(spec, TwinSpec) and spec.name == name]


def _resets(platform: Platform, twin: str, command: str) -> int:
    """How often a journal has a command."""
    kept = [decoded(each) for each in platform.raw("sim.journal") if each.key() == twin.encode()]
    return sum(isinstance(record, StateReset) and record.command_id == command for record in kept)
