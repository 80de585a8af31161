"""Code uses declared topics only, each package those that name it."""

import pytest

from twin_schemas import topics
from twin_schemas.gate import usage


@pytest.fixture
def findings(workspace):
    def of(source, package="services/sync-engine"):
        path = workspace.repository / package / "src" / "pkg" / "module.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)
        return usage.findings(workspace.repository, topics.load(workspace.layout.topics))

    return of


@pytest.mark.parametrize(
    "source",
    [
        'topic("sim.journal")',
        'catalogue.topic("sim.journal").physical(prefix)',
        'topic("hanzo-twin-drift-windows-changelog")',
        'public_topic("pendulum")',
        'other("sim.jornal")',
        'self._topics.of_twin("sim.journal", spec)',
        'JOURNAL = "sim.journal"',
        'open("sim.yaml")',
        'name = "hanzo.twin.Epoch"',
    ],
)
def test_proper_use_passes(findings, source):
    assert findings(source) == []


@pytest.mark.parametrize("call", ["topic({})", "topics.name({})", "self._topics.of_twin({}, spec)"])
def test_an_undeclared_topic_is_named_with_its_line(findings, call):
    assert findings("x = 1\n" + call.format('"sim.jornal"')) == [
        "services/sync-engine/src/pkg/module.py:2: topic 'sim.jornal' is not declared in schemas/topics"
    ]


def test_a_family_is_not_used_as_a_topic(findings):
    assert "'_public' is not declared" in findings('topic("_public")')[0]


@pytest.mark.parametrize("source", ['topic("sim.journal")', 'JOURNAL = "sim.journal"', 'public_topic("x")'])
def test_a_package_that_a_topic_does_not_name_is_found(findings, source):
    (finding,) = findings(source, "services/scene-manager")
    assert "scene-manager neither produces nor consumes" in finding


def test_the_chassis_may_use_every_declared_topic(findings):
    assert findings('topic("sim.journal")', "libs/twin-common") == []
    assert len(findings('topic("sim.jornal")', "libs/twin-common")) == 1


def test_a_topic_spelt_out_is_found(findings):
    (finding,) = findings('send("hanzo.twin.sim.journal")')
    assert "is spelt out" in finding


def test_tests_may_do_as_they_like(workspace):
    path = workspace.repository / "services" / "sync-engine" / "tests" / "test_x.py"
    path.parent.mkdir(parents=True)
    path.write_text('topic("nowhere.atall")')
    assert usage.findings(workspace.repository, topics.load(workspace.layout.topics)) == []


def test_a_module_that_does_not_parse_is_named(findings):
    (finding,) = findings("def (")
    assert finding.startswith("services/sync-engine/src/pkg/module.py:1: ")
