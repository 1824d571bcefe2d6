"""A small hub of data sets on this machine: what `datasets` and `huggingface_hub` ask of the real one, no more.

with hub({"team/sums": {"data/test.jsonl": b".."}}) as served:
    answers = ask(PROGRAM, {"sums": Source(..)}, tmp_path, served.url)
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from mathmill.data.config import Config

COMMIT = "0123456789abcdef0123456789abcdef01234567"  # what every revision of every data set is

_FILE = re.compile(r"/datasets/([^/]+/[^/]+)/resolve/([^/]+)/(.+)")
_API = re.compile(r"/api/datasets/([^/]+/[^/]+?)(?:/(revision|tree|paths-info)/([^/]+)(?:/(.*))?)?")


@dataclass(frozen=True, slots=True)
class Hub:
    """Where it is, what it was asked, as `GET /path`, and how many bytes of files it sent of each data set."""

    url: str
    asked: list[str] = field(default_factory=list)
    sent: Counter[str] = field(default_factory=Counter)


@contextmanager
def hub(
    repos: Mapping[str, Mapping[str, bytes]],
    gated: frozenset[str] = frozenset(),
    dying: Mapping[str, int] = MappingProxyType({}),
) -> Iterator[Hub]:
    """Serve the files of data sets by id; to those that are gated nobody is let in.

    Those that are dying send as many bytes of files, break off, and give no answer from then on.
    """

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None:
            pass

        def do_HEAD(self) -> None:
            self._answer()

        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            served.asked.append(f"{self.command} {self.path}")
            path = unquote(urlsplit(self.path).path)
            if found := _FILE.fullmatch(path):
                self._file(found[1], found[2], found[3])
            elif found := _API.fullmatch(path):
                self._facts(found[1], found[2] or "", found[3] or "main", found[4] or "", body)
            else:
                self._send(404, b"no such address")

        def _file(self, repo: str, revision: str, name: str) -> None:
            if not self._lets_in(repo, revision):
                return
            data = repos[repo].get(name)
            if data is None:
                self._send(404, b"", {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": COMMIT})
                return
            left = dying.get(repo, len(data) + served.sent[repo]) - served.sent[repo]
            if left <= 0:
                self.close_connection = True
                return
            facts = {"ETag": f'"{_hash(data)}"', "X-Repo-Commit": COMMIT, "Accept-Ranges": "bytes"}
            if wanted := re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", "")):
                first, last = int(wanted[1]), min(int(wanted[2] or len(data)), len(data) - 1)
                facts["Content-Range"] = f"bytes {first}-{last}/{len(data)}"
                served.sent[repo] += self._send(206, data[first : last + 1], facts, left)
            else:
                served.sent[repo] += self._send(200, data, facts, left)

        def _facts(self, repo: str, about: str, revision: str, folder: str, body: str) -> None:
            if not self._lets_in(repo, revision):
                return
            files = repos[repo]
            if about == "tree":
                listed: Any = _entries(files, _below(files, folder))
            elif about == "paths-info":
                asked = json.loads(body)["paths"] if body.startswith("{") else parse_qs(body).get("paths", [])
                listed = _entries(files, [name for name in asked if name in _below(files, "") or name in files])
            else:
                siblings = [{"rfilename": name} for name in files]
                listed = {"id": repo, "sha": COMMIT, "private": False, "gated": False, "tags": [], "siblings": siblings}
            self._send(200, json.dumps(listed).encode(), {"Content-Type": "application/json"})

        def _lets_in(self, repo: str, revision: str) -> bool:
            if repo in gated:
                self._send(401, b"", {"X-Error-Code": "GatedRepo", "X-Error-Message": "Access is restricted."})
            elif repo not in repos:
                self._send(404, b"", {"X-Error-Code": "RepoNotFound"})
            elif revision not in {"main", COMMIT}:
                self._send(404, b"", {"X-Error-Code": "RevisionNotFound"})
            else:
                return True
            return False

        def _send(
            self, status: int, data: bytes, headers: Mapping[str, str] | None = None, most: int | None = None
        ) -> int:
            """Send an answer, and say how many bytes of `data` went out: after `most` of them it breaks off."""
            self.send_response(status)
            for name, value in {**(headers or {}), "Content-Length": str(len(data))}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command == "HEAD":
                return 0
            self.wfile.write(data[:most])
            self.close_connection |= len(data[:most]) < len(data)
            return len(data[:most])

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served = Hub(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def ask(program: str, questions: Mapping[str, Config], home: Path, endpoint: str, **environment: str) -> dict[str, Any]:
    """What a fresh process of Python says of each question, by its name: a line of JSON in, and a line of JSON out.

    It works in the folder `home`, knows the hub at `endpoint` and, but for `environment`, nothing of this machine's.
    """
    given = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "MATHMILL_DATA"))}
    done = subprocess.run(
        [sys.executable, "-c", program],
        input="".join(question.model_dump_json() + "\n" for question in questions.values()),
        env={**given, "HF_ENDPOINT": endpoint, "HF_HOME": str(home / "hf"), **environment},
        cwd=home,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return dict(zip(questions, map(json.loads, done.stdout.splitlines()), strict=True))


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _below(files: Mapping[str, bytes], folder: str) -> list[str]:
    """The names of all files and folders below a folder."""
    start = f"{folder.rstrip('/')}/" if folder else ""
    names = {name for name in files if name.startswith(start)}
    parents = {name[:at] for name in names for at, letter in enumerate(name) if letter == "/" and at > len(start)}
    return sorted(names | parents)


def _entries(files: Mapping[str, bytes], names: list[str]) -> list[dict[str, Any]]:
    return [
        {"type": "file", "path": name, "size": len(files[name]), "oid": _hash(files[name])[:40]}
        if name in files
        else {"type": "directory", "path": name, "size": 0, "oid": _hash(name.encode())[:40]}
        for name in names
    ]
