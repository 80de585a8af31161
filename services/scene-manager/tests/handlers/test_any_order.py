"""Commands and reports in any order, several at once, some of them again: what holds afterwards, whatever came."""

from __future__ import annotations

import asyncio
import json
from collections import Counter, defaultdict
from itertools import pairwise

from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from scene_manager.adapters.encoding import Encoder
from scene_manager.domain.outbox import Draft
from scene_manager.domain.twin import NEXT
from scene_manager.handlers.control import Control
from scene_manager.handlers.statuses import observe
from scene_manager.settings import rules_of
from scene_manager.testing import MemoryWork, Store
from scene_manager.testing.scene_files import TrustingFiles
from twin_common.bus.envelope import Envelope
from twin_common.bus.types import Record as BusRecord
from twin_common.clock import ManualClock
from twin_common.identity import OpenGuard
from twin_common.metrics import Metrics
from twin_common.runner import Message
from twin_common.settings import Settings
from twin_schemas import codec
from twin_schemas.record import Record
from twin_schemas.records.control_accepted import ControlAccepted
from twin_schemas.records.control_refused import ControlRefused
from twin_schemas.records.control_status import ControlStatus
from twin_schemas.records.create_twin import CreateTwin
from twin_schemas.records.delete_twin import DeleteTwin
from twin_schemas.records.phase import Phase
from twin_schemas.records.register_scene_version import RegisterSceneVersion
from twin_schemas.records.sim_phase import SimPhase
from twin_schemas.records.sim_status import SimStatus
from twin_schemas.records.start_twin import StartTwin
from twin_schemas.records.stop_twin import StopTwin
from twin_schemas.records.twin_phase_changed import TwinPhaseChanged
from twin_schemas.records.twin_spec import TwinSpec
from twin_schemas.records.update_twin import UpdateTwin

YAML = "name: {name}\nscene: {{uri: s.usda}}\nengine: {{type: mujoco}}\nsync: {{mode: standalone}}\n"
QUOTA, RUNNING = 3, 2
names = st.sampled_from(["a", "b", "c", "d"])
expected = st.none() | st.integers(1, 4)
patches = st.sampled_from(
    [{"tags": ["x"]}, {"tags": []}, {"sync": {"rate_hz": 60}}, {"sync": {"rate_hz": None}}, {}]
)
commands = st.one_of(
    st.builds(lambda name: CreateTwin(YAML.format(name=name), "s"), names),
    st.builds(lambda name, at: StartTwin(name, expected_revision=at), names, expected),
    st.builds(lambda name, at: StopTwin(name, expected_revision=at), names, expected),
    st.builds(lambda name, at: DeleteTwin(name, expected_revision=at), names, expected),
    st.builds(
        lambda name, patch, at: UpdateTwin(name, json.dumps(patch), expected_revision=at),
        names,
        patches,
        expected,
    ),
)


class Everything(RuleBasedStateMachine):
    """A scene manager without a bus, and everything that it has ever said."""

    def __init__(self) -> None:
        super().__init__()
        self.store = Store()
        self.work = MemoryWork(self.store)
        self.encode = Encoder(ManualClock())
        limits = Settings.model_validate({"quotas": {"twins": QUOTA, "running": RUNNING}})
        rules = rules_of(limits, TrustingFiles(), self.work)
        control = Control(
            rules, self.work, self.encode, OpenGuard("local"), ManualClock(), Metrics(process=False)
        )
        self.handlers = {**control.twins, **control.scenes}
        self.asked: list[tuple[str, Record]] = []
        self.reports = 0
        asyncio.run(self.give("m", RegisterSceneVersion("s", "ab" * 32, "s.usda", 1)))

    async def give(self, command_id: str, command: Record) -> None:
        """Hand a command over, as the runner does."""
        envelope = Envelope(command_id, type(command).__name__, "test", 1, "local", command_id, reply_to=3)
        await self.handlers[type(command)](
            command, Message(envelope, BusRecord("control.commands", 0, 0, b"k", b"", (), 1))
        )

    @rule(several=st.lists(commands, min_size=1, max_size=4), data=st.data())
    def commands_at_once(self, several: list[Record], data: st.DataObject) -> None:
        new = [(f"c{len(self.asked) + number}", command) for number, command in enumerate(several)]
        self.asked += new
        again = data.draw(st.lists(st.sampled_from(self.asked), max_size=2))

        async def together() -> None:
            await asyncio.gather(*(self.give(*each) for each in [*new, *again]))

        asyncio.run(together())

    @rule(name=names, phase=st.sampled_from(SimPhase), behind=st.integers(0, 1))
    def a_report(self, name: str, phase: SimPhase, behind: int) -> None:
        twin = self.store.tables.twins.get(self.store.tables.names.get(name, ""))
        if twin is None:
            return
        self.reports += 1
        status = SimStatus(
            twin=twin.id, org="local", name=name, revision=twin.revision - behind, worker="w", incarnation=1,
            phase=phase, conditions=[], offset=-1, tick=-1, lag_ms=0.0, checkpoint_offset=-1, counts={},
            warnings=[], at_ns=self.reports,
        )  # fmt: skip
        asyncio.run(observe(status, self.reports, self.reports, self.work, self.encode))

    @rule()
    def deleted_topics_go(self) -> None:
        """The relay has done its work, so that names are free."""
        for twin in self.store.tables.twins.values():
            if twin.phase is Phase.DELETED and self.store.tables.names.get(twin.name) == twin.id:
                del self.store.tables.names[twin.name]

    @invariant()
    def every_command_has_one_answer_and_its_sender_the_same(self) -> None:
        facts: defaultdict[str, dict[str, Record]] = defaultdict(dict)
        replies: defaultdict[str, set[bytes]] = defaultdict(set)
        for draft in self.said("control.events"):
            record = codec.decode(draft.value or b"")
            if isinstance(record, ControlAccepted | ControlRefused):
                facts[dict(draft.headers)["ce_causationid"]][dict(draft.headers)["ce_id"]] = record
        for draft in self.said("bus.replies"):
            replies[dict(draft.headers)["ce_causationid"]].add(draft.value or b"")
        for command_id, _ in self.asked:
            (answer,) = facts[command_id].values()
            assert replies[command_id] == {codec.encode(answer)}

    @invariant()
    def specs_count_up_and_the_last_one_is_what_is_kept(self) -> None:
        for twin_id, values in self.by_key("twin.specs").items():
            twin = self.store.tables.twins[twin_id]
            specs = [codec.decode(value) for value in values if value is not None]
            assert all(isinstance(spec, TwinSpec) for spec in specs)
            revisions = [spec.revision for spec in specs]
            assert revisions == list(range(1, twin.revision + 1))
            assert (values[-1] is None) == (twin.phase is Phase.DELETED)
            assert values.count(None) <= 1
            last = specs[-1]
            assert (last.definition, last.desired, last.scene_digest) == (
                twin.definition,
                twin.desired,
                twin.scene.digest,
            )
            assert last.pending_definition == (twin.pending.definition if twin.pending else None)

    @invariant()
    def the_status_is_what_is_kept_and_never_said_twice(self) -> None:
        for key, values in self.by_key("twin.status").items():
            twin = self.store.tables.twins[key.removesuffix("/control")]
            assert all(one != other for one, other in pairwise(values))
            if values[-1] is None:
                assert twin.phase is Phase.DELETED
                continue
            status = codec.decode(values[-1])
            assert isinstance(status, ControlStatus)
            assert (status.phase, status.revision, status.code) == (twin.phase, twin.revision, twin.code)

    @invariant()
    def phases_follow_one_another(self) -> None:
        phases: defaultdict[str, list[Phase]] = defaultdict(list)
        for draft in self.said("control.events"):
            record = codec.decode(draft.value or b"")
            if isinstance(record, TwinPhaseChanged):
                phases[record.twin].append(record.phase)
        for twin_id, twin in self.store.tables.twins.items():
            assert phases[twin_id][0] is Phase.CREATED
            assert phases[twin_id][-1] is twin.phase
            assert all(after in NEXT[before] for before, after in pairwise(phases[twin_id]))

    @invariant()
    def nobody_has_more_than_they_may(self) -> None:
        live = [twin for twin in self.store.tables.twins.values() if twin.phase is not Phase.DELETED]
        assert len(live) <= QUOTA
        assert sum(twin.desired.value == "running" for twin in live) <= RUNNING
        assert max(Counter(twin.name for twin in live).values(), default=1) == 1

    def said(self, topic: str) -> list[Draft]:
        """Everything for a topic, in the order in which it was decided."""
        return [e.draft for e in self.store.tables.outbox.values() if e.draft.subject == topic]

    def by_key(self, topic: str) -> dict[str, list[bytes | None]]:
        """The values of every key."""
        values: defaultdict[str, list[bytes | None]] = defaultdict(list)
        for draft in self.said(topic):
            values[draft.key].append(draft.value)
        return values


TestEverything = Everything.TestCase
TestEverything.settings = hypothesis_settings(max_examples=60, stateful_step_count=20, deadline=None)
