"""Searches that can find nothing in a model are switched off; every step stays the same to the last bit."""

from itertools import combinations

import mujoco

_CONTACT = int(mujoco.mjtDisableBit.mjDSBL_CONTACT)
_ISLAND = int(mujoco.mjtDisableBit.mjDSBL_ISLAND)


def spare(model: mujoco.MjModel) -> None:
    """Don't look for contacts where nothing can touch, nor for islands where everything hangs together."""
    if not _can_touch(model):
        model.opt.disableflags |= _CONTACT
    if model.ntree <= 1:
        model.opt.disableflags |= _ISLAND


def _can_touch(model: mujoco.MjModel) -> bool:
    """Whether two shapes lie on bodies that move against each other and aren't kept apart by an exclusion."""
    excluded = set(model.exclude_signature.tolist())
    welded = model.body_weldid.tolist()
    shaped = sorted(set(model.geom_bodyid.tolist()))
    return any(
        welded[one] != welded[other] and (one << 16) + other not in excluded
        for one, other in combinations(shaped, 2)
    )
