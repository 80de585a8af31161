"""What the description of the API leaves out: paths for everybody, and WebSockets, which obey the table as the rest."""

import json

import httpx
import pytest
from platform_support.gateway import application, routes
from rights import ACTIONS, ENDPOINTS, OPEN, PUBLIC, ROLES, SOCKETS
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from twin_common.bus.memory import MemoryBus
from twin_common.testing.issuer import InMemoryIssuer

READERS = [role for role in ROLES if role != "twin-service"]  # that one is no member of the organisation


def test_every_way_in_has_its_row():
    rows = [set(ENDPOINTS), OPEN, PUBLIC, set(SOCKETS)]
    assert routes() == set.union(*rows)
    assert sum(map(len, rows)) == len(routes())


def filled(path):
    return path.format(subject="hanzo.twin.StartTwin", version="1", wire_id="1")


@pytest.mark.parametrize("way", sorted(PUBLIC), ids=" ".join)
async def test_a_public_path_answers_everybody_alike_and_knows_of_nothing(gateway, way):
    method, path = way[0], filled(way[1])
    transport = httpx.ASGITransport(application(InMemoryIssuer(), MemoryBus()))
    async with httpx.AsyncClient(transport=transport, base_url="http://nobody") as client:
        empty = await client.request(method, path)
    assert empty.status_code not in (401, 403, 500)
    told = [gateway.http.request(method, path, headers={"Authorization": "Bearer nonsense"})]
    told += [gateway.http.request(method, path)]
    told += [gateway.call(method, path, role=role) for role in ROLES]
    assert {(answer.status_code, answer.content) for answer in told} == {(empty.status_code, empty.content)}


def enter(gateway, path, token, ref="arm"):
    """Status and problem of a WebSocket; 101 when it is open."""
    url = gateway.url.replace("http", "ws") + path.format(ref=ref)
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    try:
        with connect(url, additional_headers=headers) as socket:
            return 101, json.loads(socket.recv(10))
    except InvalidStatus as refused:
        return refused.response.status_code, json.loads(refused.response.body)


@pytest.mark.parametrize("way", SOCKETS, ids=" ".join)
@pytest.mark.parametrize("role", READERS)
def test_a_socket_opens_to_whom_the_table_says(gateway, way, role):
    status, said = enter(gateway, way[1], gateway.issuer.token(org="acme", role=role))
    if role in ACTIONS[SOCKETS[way]]:
        assert (status, said) == (101, {"event": "open", "id": "-1"})
    else:
        assert (status, said["code"]) == (403, "forbidden")


@pytest.mark.parametrize("way", SOCKETS, ids=" ".join)
def test_a_socket_stays_shut_to_whom_no_row_names(gateway, way):
    status, said = enter(gateway, way[1], gateway.issuer.token(org="acme", role="twin-guest"))
    assert (status, said["code"]) == (403, "forbidden")


@pytest.mark.parametrize("way", SOCKETS, ids=" ".join)
@pytest.mark.parametrize("token", [None, "nonsense"])
def test_a_socket_stays_shut_without_a_token_that_proves_something(gateway, way, token):
    status, said = enter(gateway, way[1], token)
    assert (status, said["code"]) == (401, "unauthenticated")


@pytest.mark.parametrize("way", SOCKETS, ids=" ".join)
def test_a_socket_of_another_organization_is_answered_like_nobodys(gateway, way):
    token = gateway.issuer.token(org="acme")
    other, nobodys = (enter(gateway, way[1], token, ref) for ref in ("rivals-arm", "nobody-arm"))
    assert other[0] == nobodys[0] == 404
    neutral = [json.dumps({**said, "request_id": ""}) for _, said in (other, nobodys)]
    assert neutral[0].replace("rivals-arm", "nobody-arm") == neutral[1]
