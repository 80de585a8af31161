"""What the compacted topics say, put together. The newest record of a key counts; an older one is ignored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from api_gateway.domain.entries import Definition, SceneEntry, TwinEntry, TwinFilter
from api_gateway.domain.shelf import Shelf
from twin_schemas.record import Record
from twin_schemas.records import ControlStatus, SceneProposal, SceneVersion, SimStatus, SyncStatus, TwinSpec

_ALIAS = "twin-"
_STATUS_FIELD: dict[type, str] = {ControlStatus: "control", SimStatus: "sim", SyncStatus: "sync"}


def _is_of(status: Record | None, org: str) -> bool:
    return status is None or getattr(status, "org", org) == org


class TwinBook:
    """All twins."""

    def __init__(self) -> None:
        self._shelf: Shelf[TwinEntry] = Shelf()
        self._early: dict[str, dict[str, Record]] = {}

    def __len__(self) -> int:
        return len(self._shelf)

    def spec(self, twin_id: str, spec: TwinSpec | None) -> None:
        """Take a spec, or its tombstone."""
        if spec is None:
            left = self._shelf.by_id(twin_id)
            self._shelf.drop(twin_id)
            self._early.pop(twin_id, None)
            if left is not None and left.control is not None:
                self._early[twin_id] = {"control": left.control}  # its end says that the name is free
            return
        known = self._shelf.by_id(twin_id)
        if known is None:
            early = {
                field: said for field, said in self._early.pop(twin_id, {}).items() if _is_of(said, spec.org)
            }
            entry = TwinEntry(spec, Definition(spec.definition), **early)  # type: ignore[arg-type]
        elif known.spec.definition == spec.definition:
            entry = replace(known, spec=spec)
        else:
            entry = replace(known, spec=spec, read=Definition(spec.definition))
        self._shelf.put(spec.org, entry)

    def status(self, twin_id: str, reporter: str, status: Record | None) -> None:
        """Take a status, or the tombstone of the one that `reporter` (control, sim or sync) gave.

        One in the name of another organisation than the twin's isn't its owner's word, and is passed over.
        """
        if status is not None:
            reporter = _STATUS_FIELD.get(type(status), reporter)
        if reporter not in _STATUS_FIELD.values():
            return
        known = self._shelf.by_id(twin_id)
        if known is not None and not _is_of(status, known.spec.org):
            return
        if known is not None:
            changed: dict[str, Any] = {reporter: status}
            self._shelf.put(known.spec.org, replace(known, **changed))
        elif status is not None:
            self._early.setdefault(twin_id, {})[reporter] = status
        elif twin_id in self._early:
            self._early[twin_id].pop(reporter, None)
            if not self._early[twin_id]:
                del self._early[twin_id]

    def by_id(self, twin_id: str) -> TwinEntry | None:
        """A twin, whoever owns it."""
        return self._shelf.by_id(twin_id)

    def gone(self, twin_id: str) -> bool:
        """Whether nothing is left of a twin, so that another one may have its name."""
        return self._shelf.by_id(twin_id) is None and "control" not in self._early.get(twin_id, ())

    def find(self, org: str, ref: str) -> TwinEntry | None:
        """An organisation's twin by UUID, name or alias."""
        return self._shelf.find(org, ref) or (
            self._shelf.find(org, ref[len(_ALIAS) :]) if ref.startswith(_ALIAS) else None
        )

    def page(self, org: str, wanted: TwinFilter, after: str | None, limit: int) -> Sequence[TwinEntry]:
        """Up to `limit` of them behind a name."""
        return list(islice(filter(wanted.takes, self._shelf.after(org, after)), limit))


class SceneBook:
    """All scenes."""

    def __init__(self) -> None:
        self._shelf: Shelf[SceneEntry] = Shelf()
        self._early: dict[str, dict[str, SceneProposal]] = {}

    def __len__(self) -> int:
        return len(self._shelf)

    def version(self, scene_id: str, number: int, version: SceneVersion | None) -> None:
        """Take a version, or its tombstone."""
        known = self._shelf.by_id(scene_id)
        if version is None:
            if known is None:
                return
            left = {n: v for n, v in known.versions.items() if n != number}
            if left:
                self._shelf.put(known.org, replace(known, versions=left))
            else:
                self._shelf.drop(scene_id)
            return
        if known is None:
            proposals = self._early.pop(scene_id, {})
            known = SceneEntry(scene_id, version.name, version.org, {}, proposals)
        self._shelf.put(version.org, replace(known, versions={**known.versions, number: version}))

    def proposal(self, scene_id: str, proposal_id: str, proposal: SceneProposal | None) -> None:
        """Take a proposal, or its tombstone: somebody decided on it."""
        known = self._shelf.by_id(scene_id)
        before = known.proposals if known is not None else self._early.get(scene_id, {})
        proposals = {n: p for n, p in before.items() if n != proposal_id}
        if proposal is not None:
            proposals[proposal_id] = proposal
        if known is not None:
            self._shelf.put(known.org, replace(known, proposals=proposals))
        elif proposals:
            self._early[scene_id] = proposals
        else:
            self._early.pop(scene_id, None)

    def by_id(self, scene_id: str) -> SceneEntry | None:
        """A scene, whoever owns it."""
        return self._shelf.by_id(scene_id)

    def find(self, org: str, ref: str) -> SceneEntry | None:
        """An organisation's scene by UUID or name."""
        return self._shelf.find(org, ref)

    def page(self, org: str, after: str | None, limit: int) -> Sequence[SceneEntry]:
        """Up to `limit` of them behind a name."""
        return list(islice(self._shelf.after(org, after), limit))
