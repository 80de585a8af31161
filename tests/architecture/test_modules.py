"""Modules that can be read in one go."""

from sources import modules, name

MOST_LINES = 350


def test_no_module_is_longer_than_one_can_read():
    lengths = {name(path): len(path.read_text().splitlines()) for path in modules()}
    assert {module: lines for module, lines in lengths.items() if lines > MOST_LINES} == {}


def test_the_modules_of_all_packages_are_looked_at():
    packages = {name(path).partition("/src/")[2].partition("/")[0] for path in modules()}
    assert packages >= {
        "twin_schemas", "twin_common", "twin_sim", "hanzo_twin", "scene_manager", "sync_engine", "sim_worker",
    }  # fmt: skip
