"""Every cell of the table. A new one is a line in the module of its kind."""

from __future__ import annotations

from faulting.archiving import CELLS as ARCHIVING
from faulting.cell import Cell
from faulting.environment import CELLS as ENVIRONMENT
from faulting.processes import CELLS as PROCESSES
from faulting.rolling import CELLS as ROLLING
from faulting.setting_back import CELLS as SETTING_BACK

CELLS: tuple[Cell, ...] = (*PROCESSES, *ROLLING, *ARCHIVING, *SETTING_BACK, *ENVIRONMENT)


def chosen(names: str) -> tuple[Cell, ...]:
    """Cells by name, separated by blanks or commas; a name that ends with `*` stands for all that begin so.

    Raises:
        KeyError: there is no such cell.
    """
    wanted = names.replace(",", " ").split()
    if not wanted:
        return CELLS
    for name in wanted:
        if not any(_means(name, cell) for cell in CELLS):
            raise KeyError(f"no cell is called {name}; see --list")
    return tuple(cell for cell in CELLS if any(_means(name, cell) for name in wanted))


def _means(name: str, cell: Cell) -> bool:
    return cell.name.startswith(name[:-1]) if name.endswith("*") else cell.name == name
