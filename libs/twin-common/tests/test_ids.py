"""UUIDv7."""

import uuid

from hypothesis import given
from hypothesis import strategies as st

from twin_common.ids import uuid7


def test_ids_of_one_process_increase_strictly_as_text():
    made = [uuid7() for _ in range(10_000)]
    assert made == sorted(set(made))


@given(st.integers(0, (2**48 - 1) * 10**6))
def test_an_id_carries_version_variant_and_its_milliseconds(now_ns):
    parsed = uuid.UUID(uuid7(now_ns))
    assert (parsed.version, parsed.variant) == (7, uuid.RFC_4122)
    assert parsed.int >> 80 == now_ns // 10**6
