"""The first record of an incarnation, as a worker asked for it (journal rule 4)."""

from twin_schemas.records import Epoch, Grid, IncarnationRequested, TwinGenesis, TwinSpec


def genesis_of(
    request: IncarnationRequested, spec: TwinSpec, epoch: Epoch, incarnation: int, grid: Grid
) -> TwinGenesis:
    """Number the incarnation and give it a grid; everything else is what the worker knows."""
    return TwinGenesis(
        epoch=epoch,
        twin=spec.twin,
        org=spec.org,
        name=spec.name,
        revision=request.revision,
        request_id=request.request_id,
        incarnation=incarnation,
        stamps=request.stamps,
        seed=request.seed,
        channels=request.channels,
        fold=request.fold,
        parent=request.parent,
        state_digest=request.state_digest,
        grid=grid,
        state=request.state,
        reason=request.reason,
    )
