"""Which cells there are, and how some are chosen."""

import pytest
from faulting.registry import CELLS, chosen


def test_every_cell_has_a_name_of_its_own_and_says_what_happens():
    names = [cell.name for cell in CELLS]
    assert len(set(names)) == len(names)
    assert all(cell.says for cell in CELLS)


def test_nothing_chosen_means_all():
    assert chosen("") == CELLS


def test_a_star_stands_for_all_that_begin_so():
    assert {cell.name for cell in chosen("freeze-*")} == {
        "freeze-api-gateway", "freeze-scene-manager", "freeze-sync-engine", "freeze-sim-worker",
        "freeze-archivist",
    }  # fmt: skip


def test_an_unknown_cell_is_named():
    with pytest.raises(KeyError, match="no cell is called kill-nobody"):
        chosen("kill-nobody")
