"""The page that describes the API: whole, and by itself."""

import re
from html.parser import HTMLParser

import pytest

from api_gateway.handlers.docs import page


class Read(HTMLParser):
    """What a page loads, leads to and says."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.leads, self.said, self._open = set(), [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.leads += [value for name, value in attrs if name in ("href", "src", "action", "srcset", "data")]
        self._open += [] if tag == "meta" else [tag]

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        self.said.append(data)

    @property
    def whole(self):
        return not self._open


@pytest.fixture
async def answer(bed):
    return await bed.client.get("/docs")


async def test_it_describes_every_operation(bed, answer):
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    read = Read(answer.text)
    assert read.whole
    text = " ".join("".join(read.said).split())
    paths = (await bed.client.get("/openapi.json")).json()["paths"]
    for path, methods in paths.items():
        for method, operation in methods.items():
            assert f"{method.upper()} {path} {operation['summary']}" in text


async def test_it_needs_no_other_host(answer):
    read = Read(answer.text)
    assert read.leads == ["/openapi.json"]
    assert not read.tags & {"script", "link", "img", "iframe", "base", "form"}
    style = re.search("<style>(.*?)</style>", answer.text, re.DOTALL)[1]
    assert "url(" not in style
    assert "@import" not in style
    assert answer.headers["content-security-policy"].startswith(
        "default-src 'none'; style-src 'unsafe-inline'"
    )


async def test_a_description_cant_become_markup():
    evil = "<script>alert(1)</script>"
    operation = {"summary": evil, "operationId": '"><b>', "responses": {"200": {"description": evil}}}
    html = page({"info": {"title": evil, "version": "1"}, "paths": {f"/{evil}": {"get": operation}}})
    assert evil not in html
    assert Read(html).whole
