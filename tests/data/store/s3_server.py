"""An s3 server on this machine, in this process: it can go away and come back with what it holds.

Tests have it as the fixture `s3`, and a place of their own in it as `address`.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

BUCKET = "s3://bucket"


class S3Server:
    """Knows its port, so that it comes back where it was; its state is the process's."""

    def __init__(self) -> None:
        self.port = 0
        self.start()

    def start(self) -> None:
        from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
        from werkzeug.serving import make_server

        services = DomainDispatcherApplication(create_backend_app)
        self._server = make_server("127.0.0.1", self.port, services, threaded=True, request_handler=MotoRequestHandler)
        self.port = self._server.port
        # Looks so often whether to end.
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()

    @property
    def environment(self) -> dict[str, str]:
        return {
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.port}",
        }

    def files(self, address: str) -> dict[str, bytes]:
        """All objects below an address, by their names behind it."""
        system, place = _system(), address.removeprefix("s3://")
        system.invalidate_cache()
        found = system.find(place) if system.exists(place) else []
        return {name.removeprefix(f"{place}/"): bytes(system.cat_file(name)) for name in found}


def _system() -> Any:
    import fsspec

    return fsspec.filesystem("s3")


@contextmanager
def s3_server() -> Iterator[S3Server]:
    """A server with an empty bucket, and an environment in which clients find it."""
    import fsspec
    from moto.moto_api._internal.models import moto_api_backend

    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a line a request
    server = S3Server()
    before = dict(os.environ)
    os.environ.update(server.environment)
    _system().clear_instance_cache()
    try:
        _system().mkdir(BUCKET)
        yield server
    finally:
        fsspec.get_filesystem_class("s3").clear_instance_cache()
        os.environ.clear()
        os.environ.update(before)
        server.stop()
        moto_api_backend.reset()
