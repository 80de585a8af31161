"""The partitioner is Kafka's."""

import pytest
from aiokafka.partitioner import murmur2 as reference
from hypothesis import given
from hypothesis import strategies as st

from twin_common.bus.partition import murmur2, partition_of


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"abc", 479470107),
    ],
)
def test_the_hash_is_that_of_kafkas_own_test_vectors(key, expected):
    assert murmur2(key) == expected & 0xFFFFFFFF


@given(st.binary(max_size=200), st.integers(1, 64))
def test_the_partition_is_that_of_an_independent_implementation(key, partitions):
    assert partition_of(key, partitions) == (reference(key) & 0x7FFFFFFF) % partitions
