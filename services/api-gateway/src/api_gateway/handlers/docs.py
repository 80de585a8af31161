"""`/docs`: the description of the API as one page that needs nothing else, neither scripts nor another host."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from itertools import groupby
from typing import Any, Final

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from api_gateway.handlers.routes import StrictRoute

_STYLE: Final = """
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}
h2{margin-top:2.5rem;text-transform:capitalize} details{border:1px solid #8886;border-radius:6px;margin:.4rem 0}
summary{padding:.5rem .8rem;cursor:pointer} details>div{padding:0 .8rem .8rem} code,pre{font:14px/1.4 monospace}
pre{overflow:auto;max-height:24rem;padding:.6rem;background:#8882;border-radius:4px}
table{border-collapse:collapse;width:100%} td,th{text-align:left;vertical-align:top;padding:.2rem .8rem .2rem 0}
b{display:inline-block;min-width:4.2rem} .post{color:#1a7f37}.patch{color:#9a6700}.delete{color:#cf222e}
"""
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
_METHODS: Final = ("get", "post", "put", "patch", "delete")


def router() -> APIRouter:
    """`/docs`."""
    api = APIRouter(route_class=StrictRoute)

    @api.get("/docs", include_in_schema=False)
    async def docs(request: Request) -> Response:
        return HTMLResponse(page(request.app.openapi()), headers={"Content-Security-Policy": _POLICY})

    return api


def page(description: Mapping[str, Any]) -> str:
    """An OpenAPI description as HTML: every operation with its parameters, bodies, answers and examples."""
    info, operations = description["info"], sorted(_operations(description), key=lambda each: each[0])
    title = escape(f"{info['title']} {info['version']}")
    about = "".join(f"<p>{escape(text)}</p>" for text in info.get("description", "").split("\n\n"))
    groups = "".join(
        f"<h2>{escape(tag)}</h2>{''.join(html for _, html in group)}"
        for tag, group in groupby(operations, key=lambda each: each[0])
    )
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style>'
        f'</head><body><h1>{title}</h1>{about}<p>For programs: <a href="/openapi.json">openapi.json</a></p>'
        f"{groups}</body></html>"
    )


def _operations(description: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Heading and HTML of each operation."""
    for path, methods in description["paths"].items():
        for method in _METHODS:
            if (operation := methods.get(method)) is not None:
                yield operation.get("tags", ["other"])[0], _operation(path, method, operation)


def _operation(path: str, method: str, operation: Mapping[str, Any]) -> str:
    parts = [
        f"<p>{escape(operation['description'])}</p>" if "description" in operation else "",
        "<p>Needs a bearer token.</p>" if operation.get("security") else "<p>Needs no token.</p>",
        _table("Parameters", [_parameter(each) for each in operation.get("parameters", ())]),
        *(_body(*each) for each in operation.get("requestBody", {}).get("content", {}).items()),
        _table("Answers", [_answer(*each) for each in operation["responses"].items()]),
        *(_example(answer) for answer in operation["responses"].values()),
    ]
    return (
        f'<details id="{escape(operation["operationId"])}"><summary><b class="{method}">{method.upper()}</b> '
        f"<code>{escape(path)}</code> {escape(operation['summary'])}</summary><div>{''.join(parts)}</div></details>"
    )


def _parameter(parameter: Mapping[str, Any]) -> tuple[str, str]:
    kind = parameter["in"] + (", required" if parameter.get("required") else "")
    return f"{parameter['name']} ({kind})", parameter.get("description", "")


def _answer(status: str, answer: Mapping[str, Any]) -> tuple[str, str]:
    return status, f"{answer['description']} {' '.join(answer.get('content', ()))}"


def _body(kind: str, content: Mapping[str, Any]) -> str:
    shown = content["example"] if "example" in content else content.get("schema")
    return f"<h4>Body, {escape(kind)}</h4>{_code(shown)}"


def _example(answer: Mapping[str, Any]) -> str:
    found = [content["example"] for content in answer.get("content", {}).values() if "example" in content]
    return f"<h4>{escape(answer['description'])}</h4>{_code(found[0])}" if found else ""


def _code(value: Any) -> str:
    text = value if isinstance(value, str) else orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
    return f"<pre>{escape(text)}</pre>"


def _table(heading: str, rows: list[tuple[str, str]]) -> str:
    if not rows:
        return ""
    lines = (f"<tr><th>{escape(name)}</th><td>{escape(text)}</td></tr>" for name, text in rows)
    return f"<h4>{heading}</h4><table>{''.join(lines)}</table>"
