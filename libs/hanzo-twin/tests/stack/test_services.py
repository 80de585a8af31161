import pytest

from hanzo_twin.stack.services import instances, usual


def test_one_process_of_a_kind_has_its_plain_name_and_several_are_numbered():
    names = [name for _, name in instances(usual())]
    assert names == ["scene-manager", "sync-engine", "sim-worker-0", "sim-worker-1"]


def test_a_second_process_of_a_single_kind_has_a_name_of_its_own():
    assert [name for _, name in instances({"sync-engine": 2})] == ["sync-engine", "sync-engine-1"]


def test_an_unknown_service_is_refused():
    with pytest.raises(KeyError, match="mixer"):
        list(instances({"mixer": 1}))
