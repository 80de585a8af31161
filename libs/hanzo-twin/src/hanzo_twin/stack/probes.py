"""Does it answer? Each probe speaks a few bytes of the part's own protocol, without a client library."""

from __future__ import annotations

import http.client
import json
import socket
import struct

from hanzo_twin.stack.ports import HOST

_TIMEOUT_S = 2.0


def kafka(port: int) -> bool:
    """A broker answers ApiVersions as soon as it takes requests."""
    request = struct.pack(">hhih", 18, 0, 1, -1)  # api key, version, correlation id, null client id
    answer = _exchange(port, struct.pack(">i", len(request)) + request, 10)
    return len(answer) == 10 and struct.unpack(">ih", answer[4:]) == (1, 0)


def mqtt(port: int) -> bool:
    """A broker answers CONNECT (MQTT 3.1.1, clean session) with CONNACK and code 0."""
    body = b"\x00\x04MQTT\x04\x02\x00\x05\x00\x00"
    return _exchange(port, bytes((0x10, len(body))) + body, 4) == b"\x20\x02\x00\x00"


def s3(port: int) -> bool:
    """An S3 server refuses to list buckets without a signature."""
    return _status(port, "/") == 403


def volumes(port: int) -> int:
    """How many volumes a SeaweedFS master can point to; 0 when it doesn't answer."""
    status, body = _get(port, "/dir/status")
    if status != 200:
        return 0
    centers = json.loads(body)["Topology"]["DataCenters"] or ()
    racks = [rack for center in centers for rack in center["Racks"] or ()]
    return sum(node["Volumes"] for rack in racks for node in rack["DataNodes"] or ())


def service(port: int) -> bool:
    """A service of ours says that it is ready."""
    return _status(port, "/ready") == 200


def issuer(port: int) -> bool:
    """The issuer publishes its keys."""
    return _status(port, "/.well-known/jwks.json") == 200


def _exchange(port: int, request: bytes, length: int) -> bytes:
    """The first bytes of the answer; fewer than asked for when nobody answers."""
    answer = b""
    try:
        with socket.create_connection((HOST, port), _TIMEOUT_S) as connection:
            connection.sendall(request)
            while len(answer) < length and (more := connection.recv(length - len(answer))):
                answer += more
    except OSError:
        pass
    return answer


def _status(port: int, path: str) -> int:
    """The HTTP status; 0 when nobody answers."""
    return _get(port, path)[0]


def _get(port: int, path: str) -> tuple[int, bytes]:
    """HTTP status and body; 0 and nothing when nobody answers."""
    connection = http.client.HTTPConnection(HOST, port, timeout=_TIMEOUT_S)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()
    except (OSError, http.client.HTTPException):
        return 0, b""
    finally:
        connection.close()
