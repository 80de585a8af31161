"""Multipart bodies, kept on disk as they come: nothing of a file is ever held in memory whole."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect, Request

from api_gateway.errors import FieldError, Problem
from api_gateway.handlers.problems import invalid

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

MAX_FIELD: Final = 100_000
MAX_PARTS: Final = 5000
_MAX_HEADERS: Final = 8192
_PIECE: Final = 256 * 1024


@dataclass(frozen=True, slots=True)
class FilePart:
    """A file of a form.

    Attributes:
        field: name of the form's field.
        filename: as the sender calls it; nothing is checked yet.
        path: where its content lies.
    """

    field: str
    filename: str
    path: Path


@dataclass(slots=True)
class Form:
    """A form: its text fields by name, and its files in order."""

    fields: dict[str, str] = field(default_factory=dict)
    files: list[FilePart] = field(default_factory=list)


async def read_form(request: Request, folder: Path) -> Form:
    """Read a whole form.

    Args:
        request: its body isn't read yet; the size of bodies is limited at the door.
        folder: empty, removed by the caller; gets the files.

    Raises:
        Problem: `incomplete_body` when the body ends early or the caller goes away, `bad_request` when it isn't
            multipart, `invalid_request` for fields that are too large, too many or twice there.
    """
    _, options = parse_options_header(request.headers.get("content-type", ""))
    boundary = options.get(b"boundary")
    if not boundary:
        raise Problem("bad_request", "the header Content-Type names no boundary")
    async with AsyncExitStack() as closing:
        opened = ExitStack()
        closing.push_async_callback(asyncio.to_thread, opened.close)
        reading = _Reading(folder, opened)
        parser = MultipartParser(boundary, reading.callbacks)
        try:
            async for piece in _pieces(request):
                await asyncio.to_thread(parser.write, piece)
            await asyncio.to_thread(parser.finalize)
        except ClientDisconnect:
            raise Problem(
                "incomplete_body", "the connection ended before the body did; nothing was done"
            ) from None
        except MultipartParseError as error:
            raise Problem("bad_request", f"the body isn't multipart/form-data: {error}") from None
    if not reading.ended:
        raise Problem("incomplete_body", "the form has no end; nothing was done")
    return reading.form


async def _pieces(request: Request) -> AsyncIterator[bytes]:
    """The body in pieces that are worth a thread's time."""
    piece = bytearray()
    async for chunk in request.stream():
        piece += chunk
        if len(piece) >= _PIECE:
            yield bytes(piece)
            piece.clear()
    if piece:
        yield bytes(piece)


class _Reading:
    """A form while it is being read, in a thread: it writes files."""

    def __init__(self, folder: Path, opened: ExitStack) -> None:
        self.form, self.ended = Form(), False
        self._folder, self._opened = folder, opened
        self._parts = 0
        self._header, self._value, self._headers = b"", b"", dict[bytes, bytes]()
        self._text, self._name = bytearray(), ""
        self._out: BinaryIO | None = None

    @property
    def callbacks(self) -> MultipartCallbacks:
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._header_field,
            "on_header_value": self._header_value,
            "on_header_end": self._header_end,
            "on_headers_finished": self._headers_finished,
            "on_part_data": self._data,
            "on_part_end": self._end,
            "on_end": self._finished,
        }

    def _begin(self) -> None:
        self._parts += 1
        if self._parts > MAX_PARTS:
            raise invalid([FieldError("", f"the form has more than {MAX_PARTS} parts; upload an archive")])
        self._headers, self._text, self._out = {}, bytearray(), None

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]
        self._bounded()

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]
        self._bounded()

    def _bounded(self) -> None:
        if len(self._header) + len(self._value) > _MAX_HEADERS:
            raise Problem("bad_request", f"a part of the form has a header of more than {_MAX_HEADERS} bytes")

    def _header_end(self) -> None:
        if len(self._headers) < 16:
            self._headers[self._header.lower()] = self._value
        self._header, self._value = b"", b""

    def _headers_finished(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        if b"name" not in options:
            raise Problem("bad_request", "a part of the form has no name")
        self._name = options[b"name"].decode(errors="replace")
        if b"filename" in options:
            path = self._folder / f"part{self._parts:05}"
            self._out = self._opened.enter_context(path.open("xb"))
            filename = options[b"filename"].decode(errors="replace")
            self.form.files.append(FilePart(self._name, filename, path))
        elif self._name in self.form.fields:
            raise invalid([FieldError(self._name[:80], "is given twice")])

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._out is not None:
            self._out.write(data[start:end])
            return
        self._text += data[start:end]
        if len(self._text) > MAX_FIELD:
            raise invalid([FieldError(self._name[:80], f"has more than {MAX_FIELD} bytes")])

    def _end(self) -> None:
        if self._out is not None:
            self._out.close()
            return
        try:
            self.form.fields[self._name] = self._text.decode()
        except UnicodeDecodeError:
            raise invalid([FieldError(self._name[:80], "isn't UTF-8")]) from None

    def _finished(self) -> None:
        self.ended = True
