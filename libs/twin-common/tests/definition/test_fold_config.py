"""A definition's settings, as a genesis can say them."""

import pytest

from twin_common.definition import parse_twin
from twin_common.definition.fold_config import CommandBounds, fold_config


@pytest.mark.parametrize(
    ("per_second", "every"),
    [("0", 0), ("2", 15), ("1000", 1), ("0.7", 43), ("1.0e-300", 2**31 - 1), ("5.0e-324", 2**31 - 1)],
)
def test_forecasts_are_as_rare_as_they_shall_be_or_as_rare_as_can_be_said(pendulum, per_second, every):
    twin = parse_twin(pendulum.replace("sync:", f"sync:\n  horizon: {{per_second: {per_second}}}", 1))
    assert fold_config(twin, CommandBounds()).horizon_every == every
