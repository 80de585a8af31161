"""Scene versions through the runner: registered, deleted, checked and proposed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from hashlib import sha256

import pytest

from scene_manager.testing.caller import Caller
from scene_manager.testing.scene_files import TrustingFiles
from scene_manager.testing.waiting import eventually
from twin_common.ids import uuid7
from twin_schemas.records.create_twin import CreateTwin
from twin_schemas.records.decide_scene_proposal import DecideSceneProposal
from twin_schemas.records.delete_scene import DeleteScene
from twin_schemas.records.delete_twin import DeleteTwin
from twin_schemas.records.register_scene_version import RegisterSceneVersion
from twin_schemas.records.scene_proposal import SceneProposal
from twin_schemas.records.scene_use import SceneUse
from twin_schemas.records.scene_validated import SceneValidated
from twin_schemas.records.scene_version import SceneVersion
from twin_schemas.records.update_twin import UpdateTwin
from twin_schemas.records.validate_scene import ValidateScene

YAML = "name: {name}\nscene: {{uri: s.usda}}\nengine: {{type: mujoco}}\nsync: {{mode: standalone}}\n"


def digest(number: int) -> str:
    return f"{number:064x}"


def version(number: int, name: str = "arm", **more) -> RegisterSceneVersion:
    return RegisterSceneVersion(name, digest(number), f"{name}.usda", 10, **more)


async def scenes(caller: Caller) -> dict[str, SceneVersion | SceneProposal]:
    """What `scene.versions` holds now, by key without the scene's UUID."""
    found = {}
    for said in await caller.read("scene.versions"):
        found[said.key] = said.record
    names = {key.partition("/")[0]: record.name for key, record in found.items() if record is not None}
    return {
        f"{names[k.partition('/')[0]]}/{k.partition('/')[2]}": r for k, r in found.items() if r is not None
    }


async def kinds(caller: Caller, *keys: str) -> dict[str, SceneVersion | SceneProposal]:
    """What is there, once these versions are there, and as many proposals as are named `proposal`."""

    async def look():
        found = await scenes(caller)
        shown = sorted(key if "/proposal/" not in key else key.rpartition("/")[0] for key in found)
        return [found] if shown == sorted(keys) else None

    return (await eventually(look))[0]


async def test_a_version_says_what_its_check_found_and_what_it_follows(caller: Caller) -> None:
    await caller.accepted(version(1, note="first"))
    await caller.accepted(version(2))
    found = await kinds(caller, "arm/1", "arm/2")
    first, second = found["arm/1"], found["arm/2"]
    compiled = sha256(digest(1).encode()).hexdigest()
    assert (first.model_digest, first.compiled) == (compiled, compiled)
    assert first.warnings == ["arm.usda: something is left out [left_out]"]
    assert (first.parent, first.note, first.actor, second.parent) == (None, "first", "tester", 1)


async def test_a_file_that_cannot_be_simulated_is_refused_and_its_upload_stays_for_others(
    caller: Caller, files: TrustingFiles
) -> None:
    files.bad.add(digest(1))
    refused = await caller.refused(version(1))
    assert (refused.code, refused.message) == ("invalid_scene", "/World: it is bad [bad]. Make it better.")
    assert (files.removed, files.forgotten) == ([], [])
    assert await scenes(caller) == {}


async def test_a_bad_registration_leaves_what_another_version_names(
    caller: Caller, files: TrustingFiles
) -> None:
    await caller.accepted(version(1))
    refused = await caller.refused(RegisterSceneVersion("Bad Name", digest(1), "arm.usda", 10))
    assert (refused.code, files.removed) == ("invalid_name", [])


async def test_a_deleted_version_ends_and_its_number_is_never_used_again(
    caller: Caller, files: TrustingFiles
) -> None:
    for number in (1, 2):
        await caller.accepted(version(number))
    gone = await caller.accepted(DeleteScene("arm", version=2, reason="wrong"))
    assert (gone.name, gone.version) == ("arm", 2)
    await kinds(caller, "arm/1")
    assert (await caller.refused(DeleteScene("arm", version=2))).code == "scene_not_found"
    again = await caller.accepted(version(3))
    assert (again.version, again.id) == (3, gone.id)
    assert (await kinds(caller, "arm/1", "arm/3"))["arm/3"].parent == 1

    async def removed():
        return set(files.removed) == {digest(2), sha256(digest(2).encode()).hexdigest()}

    await eventually(removed)


async def test_a_deleted_scene_ends_and_comes_back_with_new_numbers(caller: Caller) -> None:
    first = await caller.accepted(version(1))
    await caller.accepted(DeleteScene(first.id))
    await kinds(caller)
    assert (await caller.refused(DeleteScene("arm"))).code == "scene_not_found"
    assert (await caller.refused(CreateTwin(YAML.format(name="t"), "arm"))).code == "scene_not_found"
    assert (await caller.accepted(version(2))).version == 2


async def test_a_file_whose_versions_are_all_deleted_has_to_be_uploaded_again(
    caller: Caller, files: TrustingFiles
) -> None:
    await caller.accepted(version(1))
    await caller.accepted(DeleteScene("arm"))

    async def removed():
        return digest(1) in files.gone

    await eventually(removed)
    assert (await caller.refused(version(1))).code == "scene_file_missing"
    files.gone.discard(digest(1))
    assert (await caller.accepted(version(1))).version == 2


async def test_a_blob_that_another_scene_names_stays(caller: Caller, files: TrustingFiles) -> None:
    await caller.accepted(version(1))
    await caller.accepted(version(1, "copy"))
    await caller.accepted(DeleteScene("arm"))
    await caller.accepted(version(2, "last"))
    await caller.accepted(DeleteScene("last"))

    async def removed():
        return digest(2) in files.removed

    await eventually(removed)
    assert digest(1) not in files.removed


async def test_a_version_that_a_twin_uses_or_will_use_stays(caller: Caller) -> None:
    for number in (1, 2, 3):
        await caller.accepted(version(number))
    await caller.accepted(CreateTwin(YAML.format(name="one"), "arm", scene_version=1))
    refused = await caller.refused(DeleteScene("arm", version=1))
    assert (refused.code, "used by one" in refused.message) == ("scene_in_use", True)
    assert (await caller.refused(DeleteScene("arm"))).code == "scene_in_use"
    await caller.accepted(DeleteScene("arm", version=3))
    await caller.accepted(UpdateTwin("one", "{}", scene_version=2))
    await caller.accepted(DeleteScene("arm", version=1))
    assert (await caller.refused(DeleteScene("arm", version=2))).code == "scene_in_use"
    await caller.accepted(DeleteTwin("one"))
    await caller.accepted(DeleteScene("arm"))


async def test_another_organisations_twins_pin_nothing_of_mine(bus, caller: Caller) -> None:
    await caller.accepted(version(1))
    assert (await caller.refused(DeleteScene("other"))).code == "scene_not_found"
    await caller.accepted(DeleteScene("arm", version=1))


async def test_a_check_answers_with_its_findings_and_changes_nothing(
    caller: Caller, files: TrustingFiles
) -> None:
    scene = (await caller.accepted(version(1))).id
    await caller.accepted(version(2))
    files.bad.add(digest(1))
    assert (await caller.accepted(ValidateScene("arm", "mujoco"))).version == 2
    assert (await caller.accepted(ValidateScene(scene, "mujoco", version=1))).version == 1
    fine, bad = await caller.facts(SceneValidated, scene)
    assert (fine.ok, [found.severity for found in fine.findings]) == (True, ["warning"])
    assert (bad.ok, bad.version, [found.code for found in bad.findings]) == (False, 1, ["bad", "left_out"])
    assert (await caller.refused(ValidateScene("arm", "bullet9"))).code == "unknown_engine"
    assert (await caller.refused(ValidateScene("arm", "mujoco", version=9))).code == "scene_not_found"
    assert set(await scenes(caller)) == {"arm/1", "arm/2"}


def uses(number: int) -> list[SceneUse]:
    return [SceneUse(path="parts/arm.usda", scene="arm", version=number, digest=digest(number))]


@pytest.fixture
def cell(caller: Caller) -> Callable[..., Awaitable[SceneProposal]]:
    """A scene that uses version 1 of the arm, of which there is a second; gives what is proposed for it."""

    async def make() -> SceneProposal:
        await caller.accepted(version(1))
        await caller.accepted(version(100, "cell", uses=uses(1)))
        await caller.accepted(version(2))
        found = await kinds(caller, "arm/1", "arm/2", "cell/1", "cell/proposal")
        return next(record for record in found.values() if isinstance(record, SceneProposal))

    return make


async def test_a_newer_version_of_what_a_scene_uses_proposes_one_of_it(caller: Caller, cell) -> None:
    proposal = await cell()
    assert (proposal.name, proposal.base, proposal.uses) == ("cell", 1, uses(2))
    assert proposal.note == "arm 2 instead of 1 at parts/arm.usda"
    accepted = await caller.accepted(DecideSceneProposal("cell", proposal.proposal, True, note="stronger"))
    assert (accepted.name, accepted.version) == ("cell", 2)
    found = await kinds(caller, "arm/1", "arm/2", "cell/1", "cell/2")
    assert (found["cell/2"].uses, found["cell/2"].note, found["cell/2"].parent) == (uses(2), "stronger", 1)
    late = await caller.refused(DecideSceneProposal("cell", proposal.proposal, True))
    assert late.code == "proposal_closed"


async def test_a_still_newer_version_replaces_the_proposal(caller: Caller, cell) -> None:
    first = await cell()
    await caller.accepted(version(3))
    found = await kinds(caller, "arm/1", "arm/2", "arm/3", "cell/1", "cell/proposal")
    (second,) = (record for record in found.values() if isinstance(record, SceneProposal))
    assert (second.uses, second.proposal != first.proposal) == (uses(3), True)
    assert (await caller.refused(DecideSceneProposal("cell", first.proposal, True))).code == "proposal_closed"


async def test_a_dismissed_proposal_ends_and_changes_nothing(caller: Caller, cell) -> None:
    proposal = await cell()
    await caller.accepted(DecideSceneProposal("cell", proposal.proposal, False))
    await kinds(caller, "arm/1", "arm/2", "cell/1")
    unknown = await caller.refused(DecideSceneProposal("cell", uuid7(), True))
    assert unknown.code == "proposal_not_found"


async def test_a_new_version_of_the_scene_itself_ends_its_proposal(caller: Caller, cell) -> None:
    await cell()
    await caller.accepted(version(101, "cell", uses=uses(2)))
    await kinds(caller, "arm/1", "arm/2", "cell/1", "cell/2")


async def test_what_is_proposed_ends_with_the_version_that_it_would_use(caller: Caller, cell) -> None:
    await cell()
    await caller.accepted(DeleteScene("arm", version=2))
    await kinds(caller, "arm/1", "cell/1")


async def test_a_proposal_that_cannot_be_simulated_stays_open(
    caller: Caller, cell, files: TrustingFiles
) -> None:
    proposal = await cell()
    packed = sha256(f"{digest(100)}/{digest(2)}".encode()).hexdigest()
    files.bad.add(packed)
    assert (
        await caller.refused(DecideSceneProposal("cell", proposal.proposal, True))
    ).code == "invalid_scene"
    files.bad.clear()
    await caller.accepted(DecideSceneProposal("cell", proposal.proposal, True))


@pytest.mark.parametrize(
    ("use", "code"),
    [
        (SceneUse(path="a.usda", scene="nothing", version=1, digest=digest(1)), "scene_not_found"),
        (SceneUse(path="a.usda", scene="arm", version=9, digest=digest(1)), "scene_not_found"),
        (SceneUse(path="a.usda", scene="arm", version=1, digest=digest(9)), "invalid_uses"),
        (SceneUse(path="a.usda", scene="cell", version=1, digest=digest(9)), "invalid_uses"),
        (SceneUse(path="", scene="arm", version=1, digest=digest(1)), "invalid_uses"),
    ],
)
async def test_a_use_of_what_is_not_there_is_refused(caller: Caller, use: SceneUse, code: str) -> None:
    await caller.accepted(version(1))
    assert (await caller.refused(version(100, "cell", uses=[use]))).code == code


async def test_what_postgresql_cannot_keep_is_refused_and_the_next_command_is_taken(
    caller: Caller, cell
) -> None:
    proposal = (await cell()).proposal
    for command, code in (
        (ValidateScene("a\0", "mujoco"), "scene_not_found"),
        (DeleteScene("a\0"), "scene_not_found"),
        (DeleteScene("arm", version=2, reason="a\0"), "invalid_reason"),
        (DecideSceneProposal("a\0", proposal, False), "scene_not_found"),
        (DecideSceneProposal("cell", "a\0", False), "proposal_not_found"),
        (DecideSceneProposal("cell", proposal, False, note="a\0"), "invalid_note"),
        (DecideSceneProposal("cell", proposal, True, note="a\0"), "invalid_note"),
        (version(7, "new", uses=[SceneUse("a.usda", "a\0", 1, digest(1))]), "scene_not_found"),
        (version(7, "new", uses=[SceneUse("a\0", "arm", 1, digest(1))]), "invalid_uses"),
    ):
        assert (await caller.refused(command)).code == code
    assert (await caller.accepted(version(3))).version == 3
