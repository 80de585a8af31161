"""The socket that the API listens on, made once and shared by all worker processes; other gateways may have theirs."""

from __future__ import annotations

import socket

from twin_common.settings.standard import Server

_BACKLOG = 2048


def listen(server: Server) -> socket.socket:
    """Bind and listen; on a shared port only bind: who listens there gets its part of the connections, so whoever
    serves has to begin when it can answer.

    Raises:
        OSError: the address can't be had; the message names it and the setting.
    """
    family = socket.AF_INET6 if ":" in server.host else socket.AF_INET
    try:
        if server.share_port:
            return _bound(server, family)
        return socket.create_server((server.host, server.port), family=family, backlog=_BACKLOG)
    except OSError as error:
        raise OSError(
            error.errno,
            f"can't listen on {server.host}:{server.port} ({error.strerror}); set server.port (HANZO_TWIN_SERVER_PORT)",
        ) from error


def _bound(server: Server, family: socket.AddressFamily) -> socket.socket:
    bound = socket.socket(family)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        bound.bind((server.host, server.port))
    except OSError:
        bound.close()
        raise
    return bound


def address_of(listener: socket.socket) -> str:
    """`host:port` as it was bound."""
    host, port = listener.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
