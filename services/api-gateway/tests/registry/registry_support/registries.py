"""A schema registry over HTTP: the gateway's own paths, with ids of the catalogue or of somebody else."""

import socket
import threading
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace

import uvicorn
from fastapi import FastAPI

from api_gateway.domain.registry import Registry
from api_gateway.handlers.registry import router
from twin_common.clock import SystemClock
from twin_schemas.catalogue import catalogue

PREFIX = "hanzo.twin"


def with_ids_of_its_own(drop=()):
    """The same schemas as in the catalogue under other ids; without those of the types in `drop`."""
    ours = Registry.of_catalogue(PREFIX)
    entries = [
        replace(entry, id=100_000 - entry.id)
        for name in ours.subjects("hanzo.twin.")
        if name.count(".") == 2 and "-" not in name and name.rpartition(".")[2] not in drop
        for entry in ours.versions(name)
    ]
    return Registry(entries, catalogue().values(), PREFIX)


@contextmanager
def serving(registry):
    """Yields the URL."""
    app = FastAPI(openapi_url=None)
    app.include_router(router(SimpleNamespace(clock=SystemClock()), registry))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
