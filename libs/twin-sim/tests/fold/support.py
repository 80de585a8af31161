"""Fold whole journals in tests."""

from twin_schemas.records import PredictionFrame
from twin_sim.fold import Emitted, Fold
from twin_sim.testing.cart import open_cart
from twin_sim.testing.journals import JournalBuilder


def fold_all(journal: JournalBuilder) -> tuple[Fold, list[Emitted]]:
    """Fold a journal over a cart; what was emitted comes with it."""
    fold = Fold(open_cart)
    return fold, [said for offset, record in journal for said in fold.take(offset, record)]


def predictions(emitted: list[Emitted]) -> list[PredictionFrame]:
    return [said for said in emitted if isinstance(said, PredictionFrame)]


def positions(emitted: list[Emitted]) -> dict[int, float]:
    """Predicted position by the tick that it is for."""
    return {frame.tick + 1: frame.values[0] for frame in predictions(emitted)}
