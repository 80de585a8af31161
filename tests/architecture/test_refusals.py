"""Every refusal of a service has a status of the API on purpose: none falls through to the one for unknown codes."""

import ast
from collections.abc import Iterator

import pytest
from sources import modules, name, tree

from api_gateway.domain.live import refusal_of
from api_gateway.domain.problems import KINDS
from twin_schemas.records import RequestRefused

SOURCES = ("services/scene-manager/", "services/sync-engine/", "services/sim-worker/", "libs/twin-sim/")
IDENTITY = "libs/twin-common/src/twin_common/identity/"
# What becomes an answer to who asked, with the position of its code, and its code where it is left out.
REFUSALS = {
    "Refused": (0, None),
    "PhaseConflict": (0, None),
    "CommandRejected": (0, None),
    "RefusedCommand": (0, None),
    "RefusedRequest": (0, None),
    "ControlRefused": (1, None),
    "CommandRefused": (5, None),
    "RequestRefused": (1, None),
    "Unauthenticated": (1, "unauthenticated"),
    "Forbidden": (1, "forbidden"),
}
BASES = ("Refused", "PhaseConflict", "CommandRejected")


def answers() -> dict[str, ast.Module]:
    """The modules that refuse something to somebody who waits for an answer."""
    found = {name(path): tree(path) for path in modules() if name(path).startswith((*SOURCES, IDENTITY))}
    return {where: module for where, module in found.items() if "/testing/" not in where}


def made(module: ast.Module) -> Iterator[tuple[int, ast.expr | str | None]]:
    """Line and code of each refusal that a module makes."""
    for node in ast.walk(module):
        if isinstance(node, ast.Call):
            called = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if called in REFUSALS:
                yield node.lineno, code_of(node, *REFUSALS[called])
        elif isinstance(node, ast.ClassDef) and {getattr(base, "id", "") for base in node.bases} & set(BASES):
            yield from ((call.lineno, code_of(call, 0, None)) for call in inner(node))


def inner(kind: ast.ClassDef) -> Iterator[ast.Call]:
    """What a class of refusals makes of itself."""
    for node in ast.walk(kind):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "__init__":
            yield node


def code_of(call: ast.Call, position: int, default: str | None) -> ast.expr | str | None:
    named = [keyword.value for keyword in call.keywords if keyword.arg == "code"]
    given = named or list(call.args[position : position + 1])
    return given[0] if given else default


def literals(code: ast.expr | str | None) -> list[str] | None:
    """The codes that an expression may give; None: it only hands on another refusal's."""
    match code:
        case str():
            return [code]
        case ast.Constant(value=str() as text):
            return [text]
        case ast.IfExp(body=body, orelse=orelse):
            return (literals(body) or []) + (literals(orelse) or [])
        case ast.Attribute(attr="code"):
            return None
        case ast.Name(id="code"):
            return None
    raise AssertionError(f"no code to be read: {ast.dump(code) if code else None}")


def codes() -> dict[str, str]:
    """Every code, with a place where it is made."""
    found = {}
    for where, module in answers().items():
        for line, code in made(module):
            found |= dict.fromkeys(literals(code) or [], f"{where}:{line}")
    return found


def test_the_codes_of_every_service_are_found():
    places = {where.split("/src/")[0] for where in codes().values()}
    assert {source.rstrip("/") for source in SOURCES} <= places
    assert {
        "twin_not_found",
        "already_running",
        "scene_too_large",
        "invalid_size",
        "bad_rate",
        "no_role",
    } <= set(codes())


@pytest.mark.parametrize(("code", "where"), sorted(codes().items()))
def test_a_refusal_has_a_status_on_purpose(code: str, where: str):
    problem = refusal_of(RequestRefused("GetState", code, "no"))
    never_told = code == "other_organization"  # services make it "not there"
    assert problem.code in KINDS or never_told, where
