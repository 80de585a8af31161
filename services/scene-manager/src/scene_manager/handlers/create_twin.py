"""Creating a twin from its definition."""

from __future__ import annotations

from dataclasses import dataclass

from scene_manager.domain.cause import Asked
from scene_manager.domain.decision import Decision
from scene_manager.domain.engines import EnginePolicy
from scene_manager.domain.facts import created
from scene_manager.domain.identity import aggregate_id, check_twin_name, seed_of
from scene_manager.domain.placement import Pool
from scene_manager.domain.ports import Transaction
from scene_manager.domain.scene import check_scene_name
from scene_manager.domain.twin import Twin
from scene_manager.errors import Refused
from scene_manager.handlers.brokers import check_brokers
from twin_common.definition import TwinDefinition, parse_twin
from twin_common.errors import DefinitionError
from twin_schemas.records.create_twin import CreateTwin
from twin_schemas.records.desired import Desired
from twin_schemas.records.phase import Phase

MAX_DEFINITION_BYTES = 512_000
"""A spec has to fit into a Kafka record (1 MB by default) with room for everything else in it."""


@dataclass(frozen=True, slots=True)
class Creation:
    """What every creation needs to know of the deployment.

    Attributes:
        engines: that can be had.
        pool: where new twins are placed.
        loopback_only: whether a definition's brokers have to be on this machine.
    """

    engines: EnginePolicy
    pool: Pool
    loopback_only: bool


async def create_twin(command: CreateTwin, asked: Asked, tx: Transaction, *, creation: Creation) -> Decision:
    """Keep a new twin, placed and stopped.

    Raises:
        Refused: the definition is wrong or not the caller's, or the name or the UUID is taken.
        SceneNotFound: the scene isn't registered.
    """
    definition, text = _read(command.definition, creation.engines)
    if definition.organization not in (None, asked.org):
        raise Refused(
            "wrong_organization",
            f"the definition is for organization {definition.organization!r}, you act for {asked.org!r}; "
            "leave `organization` out",
            field="organization",
        )
    if creation.loopback_only:
        check_brokers(definition, command.definition)
    check_scene_name(command.scene)
    wanted = command.scene_version if command.scene_version is not None else definition.scene.version
    twin_id = definition.id or aggregate_id(asked.id)
    twin = Twin(
        id=twin_id,
        org=asked.org,
        name=definition.name,
        revision=1,
        phase=Phase.CREATED,
        desired=Desired.STOPPED,
        placement=creation.pool.place(await tx.twins.load(creation.pool.name)),
        scene=await tx.scenes.pin(asked.org, command.scene, wanted),
        definition=text,
        seed=seed_of(twin_id),
        created_ns=asked.at_ns,
    )
    await tx.twins.add(twin)
    return Decision(twin.id, twin.name, twin.revision, created(twin))


def _read(text: str, engines: EnginePolicy) -> tuple[TwinDefinition, str]:
    """A definition that can be run here, and its canonical JSON."""
    try:
        definition = parse_twin(text)
    except DefinitionError as error:
        raise _refusal(error, engines) from error
    check_twin_name(definition.name)
    engines.check(definition.engine.type.value)
    canonical = definition.canonical_json()
    try:
        size = len(canonical.encode())
    except UnicodeEncodeError as error:
        raise Refused("invalid_definition", f"the definition has text that isn't Unicode: {error}") from error
    if size > MAX_DEFINITION_BYTES:
        raise Refused(
            "definition_too_large",
            f"the definition has {size} bytes as JSON; shorten it to {MAX_DEFINITION_BYTES}",
        )
    return definition, canonical


def _refusal(error: DefinitionError, engines: EnginePolicy) -> Refused:
    """The first thing that is wrong, with all of them in the message."""
    field, _, line = error.problems[0] if error.problems else (None, "", None)
    if field == "engine.type":
        return Refused("unknown_engine", f"{error}; {engines.available}", field=field, line=line)
    return Refused("invalid_definition", str(error), field=field or None, line=line)
