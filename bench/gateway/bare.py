"""The least that FastAPI can do: one handler that answers with ready bytes. `bare.py FD BYTES`: a socket, a size."""

import socket
import sys

import uvicorn
from fastapi import FastAPI, Response

body = b'"' + b"x" * (int(sys.argv[2]) - 2) + b'"'
app = FastAPI(openapi_url=None)


@app.get("/v1/twins/{ref}")
async def twin(ref: str) -> Response:
    return Response(body, media_type="application/json")


if __name__ == "__main__":
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, loop="uvloop", http="httptools", lifespan="off"
    )
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=int(sys.argv[1]))])
