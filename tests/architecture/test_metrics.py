"""The table of metrics is closed: what is counted is in it, and what is ours in it is counted."""

import ast

from sources import each_module

from twin_common import metrics_table
from twin_common.metrics_table import Metric

TABLE = "metrics_table"
OWN = "twin_common.metrics_table"
DECLARED = {key: value for key, value in vars(metrics_table).items() if isinstance(value, Metric)}
# The standard names these; what they measure comes with later services.
STANDARD = {
    "SIMULATIONS", "STEPS", "SYNTHDATA_FRAMES", "SYNC_MESSAGES", "CHAOS_INJECTIONS", "STEP_DURATION",
    "SYNC_LATENCY", "RENDER_DURATION", "API_DURATION", "ACTIVE_SIMULATIONS", "GPUS_ALLOCATED", "SYNC_DRIFT",
    "PARALLEL_ENVS",
}  # fmt: skip


def used(module: ast.Module) -> set[str]:
    """The rows of the table that a module refers to, under whatever name it imports the table or a row."""
    nodes = list(ast.walk(module))
    imports = [node for node in nodes if isinstance(node, ast.ImportFrom)]
    tables = {a.asname or a.name for node in imports for a in node.names if a.name == TABLE}
    rows = {a.name for node in imports if node.module == OWN for a in node.names if a.name.isupper()}
    attributes = (node for node in nodes if isinstance(node, ast.Attribute))
    of_table = {
        node.attr
        for node in attributes
        if isinstance(node.value, ast.Name) and node.value.id in tables and node.attr.isupper()
    }
    return (rows | of_table) - {"TABLE"}


def made_elsewhere(module: ast.Module) -> list[int]:
    """Lines that import what makes metrics without the table."""
    lines = []
    for node in ast.walk(module):
        imported = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        imported += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        lines += [node.lineno for found in imported if found.split(".")[0] == "prometheus_client"]
    return lines


def test_every_metric_that_is_used_is_in_the_table():
    assert each_module(lambda module: used(module) - set(DECLARED)) == {}


def test_only_the_chassis_makes_metrics():
    assert set(each_module(made_elsewhere)) == {
        "libs/twin-common/src/twin_common/health.py",
        "libs/twin-common/src/twin_common/metrics.py",
    }


def test_every_metric_of_ours_is_used():
    everywhere = set().union(*each_module(used).values())
    assert set(DECLARED) - STANDARD - everywhere == set()


def test_a_metric_of_ones_own_is_found():
    module = ast.parse(
        "from twin_common import metrics_table as m\n"
        "from twin_common.metrics_table import PARKED\n"
        "from prometheus_client import Counter\n"
        "metrics.count(m.INVENTED)\n"
    )
    assert used(module) == {"INVENTED", "PARKED"}
    assert made_elsewhere(module) == [3]
