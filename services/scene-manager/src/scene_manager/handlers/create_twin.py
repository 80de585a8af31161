"""Creating a twin from its definition."""

from __future__ import annotations

from dataclasses import dataclass

from scene_manager.domain.cause import Asked
from scene_manager.domain.decision import Decision
from scene_manager.domain.facts import created
from scene_manager.domain.identity import aggregate_id, seed_of
from scene_manager.domain.placement import Pool
from scene_manager.domain.ports import Transaction
from scene_manager.domain.quotas import Quotas
from scene_manager.domain.revision import check_reason
from scene_manager.domain.scene import check_scene_name
from scene_manager.domain.twin import Twin
from scene_manager.errors import Refused
from scene_manager.handlers.definitions import Definitions
from twin_schemas.records.create_twin import CreateTwin
from twin_schemas.records.desired import Desired
from twin_schemas.records.phase import Phase


@dataclass(frozen=True, slots=True)
class Creation:
    """What every creation needs to know of the deployment.

    Attributes:
        definitions: what they may contain.
        pool: where new twins are placed.
        quotas: how many there may be.
    """

    definitions: Definitions
    pool: Pool
    quotas: Quotas


async def create_twin(command: CreateTwin, asked: Asked, tx: Transaction, *, creation: Creation) -> Decision:
    """Keep a new twin, placed and stopped.

    Raises:
        Refused: the definition is wrong or not the caller's, it asks for an id, the name is taken, or the organisation
            has as many twins as it may.
        SceneNotFound: the scene isn't registered.
    """
    definition, text = creation.definitions.read(command.definition, asked.org)
    check_scene_name(command.scene)
    wanted = command.scene_version if command.scene_version is not None else definition.scene.version
    if definition.id is not None:  # whether it is free would tell of another organisation's twins
        raise Refused("immutable_field", "twins get their ids here; leave `id` out", field="id")
    twin_id = aggregate_id(asked.id)
    creation.quotas.check_twins(asked.org, await tx.twins.kept(asked.org))
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
        made=asked.made(check_reason(command.reason)),
        phase_ns=asked.at_ns,
    )
    await tx.twins.add(twin)
    return Decision(twin.id, twin.name, twin.revision, created(twin))
