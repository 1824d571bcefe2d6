"""Whether somebody takes connections at an address of a cluster; the clusters' own libraries try for a minute."""

from __future__ import annotations

import socket

_ANSWER_SECONDS = 5.0


def silence(address: str) -> str:
    """Why nobody takes a connection at `host:port`; "" if somebody does."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal():
        return "it is not HOST:PORT, add the port"
    try:
        socket.create_connection((host.strip("[]"), int(port)), _ANSWER_SECONDS).close()
    except (OSError, OverflowError) as error:
        return str(error)
    return ""
