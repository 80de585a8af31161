"""What of a new definition a running twin takes at once."""

from hashlib import sha256

from twin_common.definition import TwinDefinition
from twin_common.definition.serving import served_config
from twin_schemas.records import Epoch, RevisionApplied, TwinGenesis, TwinSpec

_LIVE = frozenset({"tags", "metadata", "domain_randomization", "created_at", "updated_at"})
_LIVE_SYNC = frozenset(
    {
        "publish",
        "latency_budget_ms",
        "drift_detection",
        "assimilation",
        "horizon",
        "buffer_size",
        "reconnect_backoff_ms",
    }
)


def needs_restart(before: TwinDefinition, after: TwinDefinition) -> bool:
    """Whether the second definition asks for more than a twin that runs as the first says can take."""
    one, other = dict(before), dict(after)
    for part in (one, other):
        sync = part.pop("sync")
        part.update({f"sync.{name}": value for name, value in sync if name not in _LIVE_SYNC})
    return any(one[name] != other[name] for name in one if name not in _LIVE)


def is_other(spec: TwinSpec, definition: TwinDefinition, wanted: TwinSpec) -> bool:
    """Whether a newer spec asks for more than a session that goes by `spec` and `definition` can go on with."""
    if (spec.org, spec.name) != (wanted.org, wanted.name):
        return True
    if spec.definition == wanted.definition:
        return False
    try:
        return needs_restart(definition, TwinDefinition.model_validate_json(wanted.definition))
    except ValueError:
        return True  # whoever takes it over says what is wrong


def revised(
    spec: TwinSpec, definition: TwinDefinition, genesis: TwinGenesis, epoch: Epoch, tick: int
) -> RevisionApplied | None:
    """The record by which an incarnation goes on under a newer revision; None: there is none, or it wants another
    incarnation, for which the worker asks then.

    Args:
        spec: what should be.
        definition: the one that it holds.
        genesis: what is, with the revisions applied so far.
        epoch: of the writer.
        tick: last tick in the journal.
    """
    if spec.revision <= genesis.revision:
        return None
    wanted = served_config(genesis, definition, spec)
    if wanted is None:
        return None
    digest = spec.definition_digest or sha256(spec.definition.encode()).hexdigest()
    config = wanted if wanted != genesis.fold else None
    return RevisionApplied(epoch, tick + 1, spec.revision, digest, config=config)
