"""The description of the API: whole, with examples that are true."""

import jsonschema_rs
import pytest

from api_gateway.handlers import examples, models

OPEN = ("/alive", "/ready", "/subjects", "/schemas", "/config", "/mode")


@pytest.fixture
async def description(bed):
    answer = await bed.client.get("/openapi.json")
    assert answer.status_code == 200
    return answer.json()


def operations(description):
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


async def test_every_operation_says_what_it_does_and_needs(description):
    for path, method, operation in operations(description):
        assert operation["summary"], (method, path)
        assert operation["tags"], (method, path)
        if not path.startswith(OPEN):
            assert operation["security"] == [{"bearer": []}], (method, path)
            assert {"401", "403", "429", "500", "503"} <= set(operation["responses"]), (method, path)


async def test_every_change_takes_an_idempotency_key_and_every_request_an_id(description):
    for path, method, operation in operations(description):
        if not operation.get("security"):
            continue
        names = {parameter["name"] for parameter in operation["parameters"]}
        assert "X-Request-Id" in names, (method, path)
        assert ("Idempotency-Key" in names) == (method != "get"), (method, path)


async def test_every_refusal_is_a_problem(description):
    for path, method, operation in operations(description):
        for status, response in operation["responses"].items():
            if int(status) >= 400 and path.startswith("/v1/"):
                assert list(response["content"]) == ["application/problem+json"], (method, path, status)


async def test_every_body_has_an_example_that_fits_its_schema(description):
    for path, method, operation in operations(description):
        if not path.startswith("/v1/"):
            continue
        for kind, content in operation.get("requestBody", {}).get("content", {}).items():
            if kind == "multipart/form-data":
                continue
            assert "example" in content, (method, path, kind)
            jsonschema_rs.validate(content["schema"], content["example"])


async def test_every_answer_has_an_example(description):
    for path, method, operation in operations(description):
        success = next(
            response for status, response in operation["responses"].items() if status.startswith("2")
        )
        content = success.get("content", {}).get("application/json", {})
        if path.startswith("/v1/") and "schema" in content:
            assert "example" in content, (method, path)


async def test_references_lead_somewhere(description):
    known = description["components"]["schemas"]

    def visit(node):
        if isinstance(node, dict):
            reference = node.get("$ref")
            assert reference is None or reference.removeprefix("#/components/schemas/") in known, reference
            for value in node.values():
                visit(value)
        elif isinstance(node, list):
            for value in node:
                visit(value)

    visit(description)


@pytest.mark.parametrize(
    ("model", "example"),
    [
        (models.TwinView, examples.TWIN),
        (models.TwinPage, examples.TWIN_PAGE),
        (models.SyncView, examples.SYNC),
        (models.CommandView, examples.COMMAND),
        (models.WhoAmI, examples.WHOAMI),
    ],
)
def test_an_example_is_what_its_model_says(model, example):
    assert model.model_validate(example).model_dump(exclude_unset=True) == example


async def test_what_is_answered_is_what_the_models_say(bed):
    created = (await bed.create("arm")).json()
    assert models.TwinView.model_validate(created).model_dump() == created
    page = (await bed.get("/v1/twins")).json()
    assert models.TwinPage.model_validate(page).model_dump() == page
    sync = (await bed.get("/v1/twins/arm/sync/status")).json()
    assert models.SyncView.model_validate(sync).model_dump() == sync
    me = (await bed.get("/v1/whoami")).json()
    assert models.WhoAmI.model_validate(me).model_dump() == me
    problem = (await bed.get("/v1/twins/leg")).json()
    assert models.ProblemView.model_validate(problem).model_dump() == problem
