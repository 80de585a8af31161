"""What has to become of each kind of bad record on each topic."""

from __future__ import annotations

from poisoning.good import topics
from poisoning.kinds import KINDS

NOTHING = "passed over"
VOID = "no such thing"
"""Its topic's records have no such part that could be wrong."""

_DEAD = {
    "truncated": "dead letter: corrupt_record",
    "unknown_schema": "dead letter: unknown_schema",
    "wrong_magic": "dead letter: corrupt_record",
    "not_allowed": "dead letter: unexpected_type",
    "no_value": "dead letter: no_value",
    "no_headers": "dead letter: bad_envelope",
    "garbled_headers": "dead letter: bad_envelope",
    "long_header": "dead letter: bad_envelope",
}
_PARKED = "parks its twin: undecodable"
_NO_EPOCH = {"old_epoch": VOID, "long_id": VOID}
"""Most records have neither epoch nor command."""
_NO_ORG = {"wrong_org": VOID}
_ONE_PARTITION = {"wrong_partition": VOID}

_OTHER: dict[str, dict[str, str]] = {
    "control.commands": {
        **_DEAD,
        # They are commands like any other, and these ask for a revision that isn't there.
        **dict.fromkeys(
            ("oversize", "empty_header", "strange_key", "endless_number_in_key", "wrong_partition"),
            "answered: revision_conflict",
        ),
        "wrong_org": "answered: forbidden",
    },
    "sim.commands": {
        **_DEAD,
        # What is good about them is answered by the fold.
        "oversize": "answered: command_too_large",
        "long_id": "dead letter: too_large",
        "empty_header": "answered: CommandApplied",
        "strange_key": "answered: CommandApplied",
        "endless_number_in_key": "answered: CommandApplied",
        "wrong_partition": "answered: unknown_twin",
        "wrong_org": "answered: unknown_twin",
    },
    "sim.requests": {
        "empty_header": "answered: TwinState",
        "strange_key": "answered: TwinState",
        "endless_number_in_key": "answered: TwinState",
        "oversize": "answered: not_found",
        "wrong_partition": "answered: not_found",
        "wrong_org": "answered: not_found",
    },
    "sim.journal": {
        **dict.fromkeys(("truncated", "unknown_schema", "wrong_magic", "not_allowed", "no_value"), _PARKED),
        "oversize": "parks its twin: tick_out_of_order",
        "old_epoch": NOTHING,
        **_NO_ORG,
    },
    "sim.predictions": {"old_epoch": NOTHING, **_NO_ORG},
    "sim.horizons": _NO_ORG,
    "sim.sealed": _NO_ORG,
    "dead.letter": _ONE_PARTITION,
    "_public": {**_ONE_PARTITION, **_NO_ORG},
}


def expected() -> dict[str, dict[str, str]]:
    """The outcome by topic and kind: `NOTHING` where only what is good goes on."""
    return {
        topic: {
            kind: {**dict.fromkeys(KINDS, NOTHING), **_NO_EPOCH, **_OTHER.get(topic, {})}[kind]
            for kind in KINDS
        }
        for topic in topics()
    }


def shown(outcomes: dict[str, dict[str, str]]) -> str:
    """As a table."""
    lines = [
        f"{topic:18} {kind:22} {outcome}"
        for topic, kinds in outcomes.items()
        for kind, outcome in kinds.items()
    ]
    return "\n".join(lines)
