"""The fold: a twin's journal folded over its state. Pure: no clock, no bus, no unseeded random number."""

from twin_sim.fold.config import FOLD_VERSION
from twin_sim.fold.errors import FoldError, RefusedCommand, Unfoldable
from twin_sim.fold.fold import Fold, OpenTwin
from twin_sim.fold.foldable import Carried, Foldable, Moment, Seed
from twin_sim.fold.frame import Emitted, Folded
from twin_sim.fold.horizon import HorizonWindow, forecast, open_window, wants_forecast
from twin_sim.fold.layout import ChannelLayout
from twin_sim.fold.opening import engine_config, physics_opener
from twin_sim.fold.physics import PhysicsTwin
from twin_sim.fold.portable import Build, differences, portable_digest
from twin_sim.fold.state import FoldState

__all__ = [
    "FOLD_VERSION",
    "Build",
    "Carried",
    "ChannelLayout",
    "Emitted",
    "Fold",
    "FoldError",
    "FoldState",
    "Foldable",
    "Folded",
    "HorizonWindow",
    "Moment",
    "OpenTwin",
    "PhysicsTwin",
    "RefusedCommand",
    "Seed",
    "Unfoldable",
    "differences",
    "engine_config",
    "forecast",
    "open_window",
    "physics_opener",
    "portable_digest",
    "wants_forecast",
]
