"""No consumer, topic or type without its test."""

import importlib.util
from pathlib import Path

import pytest
from contract_support.table import consumed, consumers, fed

from twin_schemas import examples

HERE = Path(__file__).parent


def module_of(consumer: str):
    path = HERE / f"test_{consumer.replace('-', '_')}.py"
    spec = importlib.util.spec_from_file_location(f"contract_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("consumer", sorted(consumers()))
def test_every_topic_that_a_consumer_declares_is_fed_to_it(consumer):
    assert set(fed(module_of(consumer))) == {topic for topic, _ in consumed(consumer)}


@pytest.mark.parametrize("consumer", sorted(consumers()))
def test_what_becomes_of_every_type_is_written_down(consumer):
    assert set(module_of(consumer).OUTCOMES) == consumed(consumer)


@pytest.mark.parametrize("kind", sorted({kind for c in consumers() for _, kind in consumed(c)}))
def test_every_type_on_a_topic_has_the_three_examples(kind):
    assert set(examples.load(kind)) >= set(examples.KINDS)
