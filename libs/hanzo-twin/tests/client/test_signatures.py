"""Both clients have the same operations, documented once."""

from __future__ import annotations

import inspect

import pytest

import hanzo_twin
from hanzo_twin import AsyncClient, Client

NAMES = [name for name in vars(Client) if not name.startswith("_")]
OWN = {"close", "aclose"}


def test_what_one_client_can_the_other_can() -> None:
    other = {name for name in vars(AsyncClient) if not name.startswith("_")}
    assert set(NAMES) - OWN == other - OWN
    assert len(NAMES) > 30


@pytest.mark.parametrize("name", sorted(set(NAMES) - OWN))
def test_an_operation_is_documented_and_shows_its_parameters(name: str) -> None:
    one, other = getattr(Client, name), getattr(AsyncClient, name)
    assert inspect.getdoc(one) == inspect.getdoc(other)
    assert len(inspect.getdoc(one) or "") > 10
    shown = [inspect.signature(each).parameters for each in (one, other)]
    assert list(shown[0]) == list(shown[1])


def test_operations_show_their_parameters_bound_and_unbound() -> None:
    client = Client("http://api.test")
    assert list(inspect.signature(client.get_twin).parameters) == ["ref"]
    assert list(inspect.signature(Client.get_twin).parameters) == ["self", "ref"]


def test_the_package_names_nothing_else() -> None:
    assert set(hanzo_twin.__all__) == {"AsyncClient", "Client"}
    with pytest.raises(AttributeError, match="Server"):
        _ = hanzo_twin.Server
