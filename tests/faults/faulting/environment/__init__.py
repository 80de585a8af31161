"""Faults of what the services stand on: network, brokers, disks, clocks, delivery."""

from __future__ import annotations

from faulting.cell import Cell

CELLS: tuple[Cell, ...] = ()
