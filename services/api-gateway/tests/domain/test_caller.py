"""Ids and digests of requests under an idempotency key."""

import uuid

from api_gateway.domain.caller import Caller
from twin_common.identity import Principal


def caller(key="k", org="acme", actor="ann", method="POST", path="/v1/twins"):
    return Caller(Principal(org, actor, "twin-admin"), "twins.create", None, "r", method, path, key)


def test_without_a_key_every_request_is_a_command_of_its_own():
    first, second = caller(None), caller(None)
    assert first.command_id == first.command_id != second.command_id
    assert first.digest(b"x") is None


def test_a_key_an_organization_and_an_actor_make_the_id():
    assert caller().command_id == caller(path="/other").command_id
    ids = {
        caller().command_id,
        caller("l").command_id,
        caller(org="b").command_id,
        caller(actor="b").command_id,
    }
    assert len(ids) == 4
    assert str(uuid.UUID(caller().command_id)) == caller().command_id


def test_an_id_cannot_be_moved_between_organization_and_actor():
    assert caller(org="a", actor="bc").command_id != caller(org="ab", actor="c").command_id


def test_method_path_and_body_make_the_digest():
    digests = {
        caller().digest(b"x"),
        caller().digest(b"y"),
        caller(path="/v1/twin", method="POSTs").digest(b"x"),
        caller(method="PUT").digest(b"x"),
    }
    assert len(digests) == 4
