"""What the gateway does is what its OpenAPI document says: nothing is found by generated requests, good and bad."""

import os

import hypothesis
import pytest
import schemathesis
from platform_support.gateway import description, operations
from schemathesis import GenerationMode

POSITIVE, NEGATIVE = GenerationMode.POSITIVE, GenerationMode.NEGATIVE
EXAMPLES = int(os.environ.get("TWIN_API_EXAMPLES", "15"))
# These answer with a stream that doesn't end; what they send is shown by their own tests.
STREAMS = {("GET", "/v1/twins/{ref}/predictions"), ("GET", "/v1/twins/{ref}/predictions/ws")}
# Of the values that a path may have, generated ones name nothing: these make the other half of the requests.
KNOWN = {"ref": "arm", "id": "0-0", "n": "1", "version": "1"}

# An ETag of some other time is as good as any, and refused with 412. No worker is there: asking one ends with 504.
# No scene's file is there: a link to one ends with 410.
CHECKS = """
[checks.not_a_server_error]
expected-statuses = ["2xx", "3xx", "4xx", 504]
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "3xx", 401, 403, 404, 409, 410, 412, 429, "5xx"]
[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 406, 409, 412, 413, 415, 422, 429, "5xx"]
"""


def cases():
    """Every operation with known and unknown names, with good values and, where there are any to spoil, bad ones."""
    paths = description()["paths"]
    for method, path in operations():
        if (method, path) in STREAMS:
            continue
        spoilable = [p for p in paths[path][method.lower()].get("parameters", ()) if p["in"] == "query"]
        spoilable += ["body"] if "requestBody" in paths[path][method.lower()] else []
        for known in (True, False) if "{" in path else (False,):
            yield pytest.param(
                method, path, known, POSITIVE, id=f"{method} {path} {'known' if known else ''} good"
            )
            if spoilable:
                yield pytest.param(
                    method, path, known, NEGATIVE, id=f"{method} {path} {'known' if known else ''} bad"
                )


def is_nothing(value) -> bool:
    """Whether an address that has it looks like one that doesn't."""
    return value is None or (isinstance(value, list | dict) and all(map(is_nothing, value)))


def are_texts(values) -> bool:
    """Whether it is a list of texts."""
    return isinstance(values, list) and all(isinstance(value, str) for value in values)


@pytest.fixture(scope="module")
def document(gateway):
    config = schemathesis.Config.from_str(CHECKS)
    return schemathesis.openapi.from_url(f"{gateway.url}/openapi.json", config=config)


@pytest.mark.parametrize(("method", "path", "known", "mode"), list(cases()))
def test_an_operation_does_what_is_documented_of_it(gateway, document, method, path, known, mode):
    operation = document[path][method]
    token = gateway.issuer.token(org="acme")
    # A schema can't say what makes a definition or a file a good one.
    beyond_schemas = [schemathesis.checks.positive_data_acceptance] if operation.body else []

    @hypothesis.settings(
        max_examples=EXAMPLES,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(hypothesis.HealthCheck),
        phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
    )
    @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
    def probe(case):
        if mode is POSITIVE and case.query:
            case.query.pop("cursor", None)  # good ones are given by pages, and no schema tells which they are
        if mode is POSITIVE and case.headers:
            case.headers.pop("Idempotency-Key", None)  # one for two requests is a conflict
        if not are_texts((case.query or {}).get("tag", [])):
            hypothesis.reject()  # in an address, one value is a list of one, and whatever is in a list is text
        if any(is_nothing(value) for value in (case.query or {}).values()):
            hypothesis.reject()  # however bad it is, an address can't say it
        if known:
            case.path_parameters = {**(case.path_parameters or {})} | {
                name: value for name, value in KNOWN.items() if name in (case.path_parameters or {})
            }
        case.call_and_validate(
            base_url=gateway.url, headers={"Authorization": f"Bearer {token}"}, excluded_checks=beyond_schemas
        )

    probe()
