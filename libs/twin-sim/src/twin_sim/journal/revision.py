"""What a running twin takes of a new definition without a restart."""

from dataclasses import replace

from twin_schemas.records import FoldConfig, RevisionApplied, TwinGenesis


def revised(genesis: TwinGenesis, applied: RevisionApplied) -> TwinGenesis:
    """The genesis as it is in force from the record on: its revision and, where they changed, the fold's settings."""
    return replace(genesis, revision=applied.revision, fold=applied.config or genesis.fold)


def same_model(one: FoldConfig, other: FoldConfig) -> bool:
    """Whether two configurations run on the same compiled model with the same steps, so that one may follow the
    other within an incarnation.
    """
    return _model_part(one) == _model_part(other)


def _model_part(config: FoldConfig) -> tuple[object, ...]:
    return (config.step_hz, config.substeps, config.gravity, config.solver_iterations)
