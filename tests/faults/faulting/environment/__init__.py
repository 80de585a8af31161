"""Faults of what the services stand on: network, brokers, disks, clocks, delivery."""

from __future__ import annotations

from faulting.cell import Cell
from faulting.environment import brokers, clocks, cuts, delivery, disks

CELLS: tuple[Cell, ...] = (
    *cuts.CELLS,
    *delivery.CELLS,
    *brokers.CELLS,
    *disks.CELLS,
    *clocks.CELLS,
)
