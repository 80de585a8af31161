"""Cells that kill or freeze a process."""

from __future__ import annotations

from faulting.cell import Cell

CELLS: tuple[Cell, ...] = ()
