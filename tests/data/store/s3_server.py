"""An s3 server on this machine, in this process: it can go away and come back with what it holds."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import pytest

T = TypeVar("T", bound=Callable[..., Any])


def quiet(test: T) -> T:
    """The client and the server leave connections open, and say so when they are collected."""
    for ignored in (
        "ignore::ResourceWarning",
        "ignore::DeprecationWarning",
        "ignore::pytest.PytestUnraisableExceptionWarning",
    ):
        test = pytest.mark.filterwarnings(ignored)(test)
    return test


class S3Server:
    """Knows its port, so that it comes back where it was; its state is the process's."""

    def __init__(self) -> None:
        self.port = 0
        self.start()

    def start(self) -> None:
        from moto.server import ThreadedMotoServer

        self._server = ThreadedMotoServer(ip_address="127.0.0.1", port=self.port, verbose=False)
        self._server.start()
        _, self.port = self._server.get_host_and_port()

    def stop(self) -> None:
        self._server.stop()

    @property
    def environment(self) -> dict[str, str]:
        return {
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.port}",
        }

    def make_bucket(self, name: str) -> None:
        _system().call_s3("create_bucket", Bucket=name)

    def files(self, bucket: str, prefix: str = "") -> dict[str, bytes]:
        """All objects of a bucket by their names behind a prefix."""
        system = _system()
        system.invalidate_cache()
        found = system.find(f"{bucket}/{prefix}") if system.exists(f"{bucket}/{prefix}") else []
        start = len(f"{bucket}/{prefix}".rstrip("/")) + 1
        return {name[start:]: bytes(system.cat_file(name)) for name in found}


def _system() -> Any:
    import fsspec

    return fsspec.filesystem("s3")


@contextmanager
def s3_server() -> Iterator[S3Server]:
    """A server, and an environment in which clients find it."""
    import fsspec
    from moto.moto_api._internal.models import moto_api_backend

    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a line a request
    server = S3Server()
    before = dict(os.environ)
    os.environ.update(server.environment)
    _system().clear_instance_cache()
    try:
        yield server
    finally:
        fsspec.get_filesystem_class("s3").clear_instance_cache()
        os.environ.clear()
        os.environ.update(before)
        server.stop()
        moto_api_backend.reset()
