"""The gateway's read model, and what it shows clients of twins and scenes then."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import orjson

from api_gateway.adapters.read_model import BusReadModel
from api_gateway.domain import scene_view
from api_gateway.domain.sync_view import sync_view
from fuzzing.refusal import Refusal
from fuzzing.targets.surroundings import PREFIX, TWIN, Consumer, a_spec, as_read
from hanzo_twin.models import Scene, SceneSummary, SyncStatus, Twin
from twin_common.bus.memory import MemoryBus
from twin_common.clock import SystemClock
from twin_schemas.record import Record


def book_of(place: str, key: str) -> Consumer:
    """Of a topic whose keys end so."""
    model = BusReadModel(MemoryBus(), PREFIX, SystemClock(), 1.0)
    model.apply(as_read("twin.specs", TWIN, a_spec()))

    def consume(record: Record) -> None:
        skipped = model.skipped
        about = {name: TWIN for name in ("twin", "scene") if hasattr(record, name)}
        record = replace(cast("Any", record), **about)
        model.apply(as_read(place, f"{TWIN}{key}", record))
        if model.skipped > skipped:
            raise Refusal("skipped")
        if (entry := model.twin_by_id(TWIN)) is not None:
            assert Twin.model_validate_json(entry.body).id == Twin.model_validate_json(entry.summary).id
            assert entry.etag
            SyncStatus.model_validate_json(orjson.dumps(sync_view(entry, 0)))
        for org in {getattr(record, "org", "local"), "local"}:
            for scene in model.scenes(org, None, 10):
                SceneSummary.model_validate_json(orjson.dumps(scene_view.summary(scene)))
                Scene.model_validate_json(orjson.dumps(scene_view.whole(scene)))

    return consume
