"""Topics are found by name, and names on a broker are told apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin_schemas.catalogue import catalogue, find, is_changelog, public_topic, topic
from twin_schemas.errors import InvalidTopic, UnknownTopic
from twin_schemas.records import RECORD_TYPES


def test_the_journal_is_on_the_broker_under_the_prefix():
    assert topic("sim.journal").physical() == "hanzo.twin.sim.journal"
    assert topic("sim.journal").physical("lab.a") == "lab.a.sim.journal"


def test_an_unknown_topic_is_refused_by_a_readable_sentence():
    with pytest.raises(UnknownTopic) as refused:
        topic("sim.jornal")
    assert str(refused.value) == f"no topic 'sim.jornal' in the catalogue; there are {', '.join(catalogue())}"


def test_every_type_on_a_topic_has_a_class():
    assert {name for spec in catalogue().values() for name in spec.types} <= set(RECORD_TYPES)


def test_the_topics_of_a_pool_have_equal_partition_counts():
    pool = [spec for name, spec in catalogue().items() if name.startswith("sim.")]
    assert len({spec.partitions for spec in pool}) == 1


def test_every_topic_is_found_by_its_name_on_the_broker():
    for name, spec in catalogue().items():
        assert find(spec.physical("lab"), "lab") is catalogue()[name]


@given(st.from_regex(r"(?!twin-)[a-z0-9-]{1,40}", fullmatch=True))
def test_a_public_topic_is_never_taken_for_another(name):
    spec = public_topic(name)
    assert spec.physical() == f"hanzo.twin.{name}"
    assert find(spec.physical()) == spec
    assert not is_changelog(spec.physical())


@pytest.mark.parametrize(
    "name", ["", "twin-pendulum", "Pendulum", "sim.journal", "pendulum\n", "pendül", "a b"]
)
def test_a_name_that_can_not_be_a_twins_is_refused(name):
    with pytest.raises(InvalidTopic, match="can't name a twin"):
        public_topic(name)


def test_a_changelog_is_ours_without_a_file():
    assert find("hanzo-twin-drift-windows-changelog") is None


@pytest.mark.parametrize(
    "name", ["sim.journal", "other.sim.journal", "hanzo.twin.sim.jornal", "__consumer_offsets", "hanzo.twin."]
)
def test_a_name_of_somebody_else_is_refused(name):
    with pytest.raises(UnknownTopic):
        find(name)
