"""Other people's extractors behind one call each: HTML in, text and processor seconds out.

OpenWebMath's extractor lives in an environment of its own (`benchmarks.peer_environments`) and is fed through a pipe;
its seconds are measured over there, page by page, so that the pipe costs nothing. Where it was not made, the
benchmarks leave the peer out and say so.

Settings: `trafilatura` its defaults; `trafilatura_precision` with `favor_precision`, as in datatrove; `resiliparse`
with `main_content` and `resiliparse_whole` without; `justext` with its English stop words; `openwebmath` as in
`benchmarks.openwebmath_worker`. What a peer raises counts as an empty text.
"""

from __future__ import annotations

import contextlib
import json
import logging
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.peer_environments import OPENWEBMATH

# Seconds after which a page is given up; none of the other peers needs a limit.
PATIENCE = 60.0

Extract = Callable[[str, str], str]


@dataclass(slots=True)
class Peer:
    """An extractor; calling it with HTML and URL gives the text and the processor seconds that it took."""

    name: str
    extract: Extract
    raised: int = 0

    def __call__(self, html: str, url: str = "") -> tuple[str, float]:
        began = time.process_time()
        try:
            text = self.extract(html, url)
        except Exception:  # noqa: BLE001 - whatever a peer raises is its result for the page
            text = ""
            self.raised += 1
        return text, time.process_time() - began


@dataclass(slots=True)
class PipedPeer:
    """A peer in another interpreter; started by the first page, and again after one that it did not survive."""

    name: str
    command: Sequence[str]
    raised: int = 0
    process: subprocess.Popen[str] | None = None
    answers: queue.SimpleQueue[str] = field(default_factory=queue.SimpleQueue)

    def __call__(self, html: str, url: str = "") -> tuple[str, float]:
        process = self.process or self._start()
        assert process.stdin is not None
        try:
            process.stdin.write(json.dumps(html) + "\n")
            process.stdin.flush()
            line = self.answers.get(timeout=PATIENCE)
        except (queue.Empty, BrokenPipeError):
            line = ""
        if not line:
            self.close()
            self.raised += 1
            return "", PATIENCE
        text, seconds, error = json.loads(line)
        self.raised += bool(error)
        return text, seconds

    def close(self) -> None:
        """End the other interpreter."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def _start(self) -> subprocess.Popen[str]:
        self.process = subprocess.Popen(
            self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self.answers = queue.SimpleQueue()
        threading.Thread(target=_forward, args=(self.process, self.answers), daemon=True).start()
        return self.process


def _forward(process: subprocess.Popen[str], answers: queue.SimpleQueue[str]) -> None:
    """Put each line that a process writes into the queue, and an empty one when it ends."""
    assert process.stdout is not None
    for line in process.stdout:
        answers.put(line)
    answers.put("")


PEERS = ("trafilatura", "trafilatura_precision", "resiliparse", "resiliparse_whole", "justext", "openwebmath")


@contextlib.contextmanager
def open_peers(names: Sequence[str] = PEERS) -> Iterator[list[Peer | PipedPeer]]:
    """The peers of these names that are installed, warmed up; what is missing is said on standard error.

    Raises:
        ValueError: there is no such peer.
    """
    peers: list[Peer | PipedPeer] = []
    try:
        for name in names:
            peer = _open(name)
            if peer is not None:
                peer("<p>warm</p>", "")  # imports and caches are not counted
                peer.raised = 0
                peers.append(peer)
        yield peers
    finally:
        for peer in peers:
            if isinstance(peer, PipedPeer):
                peer.close()


def _open(name: str) -> Peer | PipedPeer | None:
    if name not in PEERS:
        raise ValueError(f"no peer is called {name!r}; there are {', '.join(PEERS)}")
    if name == "openwebmath":
        python = OPENWEBMATH / "bin" / "python"
        if not python.exists():
            print("openwebmath is left out; to install it: python -m benchmarks.peer_environments", file=sys.stderr)
            return None
        return PipedPeer(name, [str(python), str(Path(__file__).with_name("openwebmath_worker.py"))])
    opener = {"trafilatura": _trafilatura, "resiliparse": _resiliparse, "justext": _justext}[name.partition("_")[0]]
    try:
        return Peer(name, opener(name))
    except ModuleNotFoundError as missing:
        print(f"{name} is left out, {missing.name} is not installed: see the extra `bench`", file=sys.stderr)
        return None


def _trafilatura(name: str) -> Extract:
    import trafilatura

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    precision = name.endswith("_precision")
    return lambda html, url: trafilatura.extract(html, url=url or None, favor_precision=precision) or ""


def _resiliparse(name: str) -> Extract:
    from resiliparse.extract.html2text import extract_plain_text

    main = not name.endswith("_whole")
    return lambda html, url: extract_plain_text(html, main_content=main)


def _justext(name: str) -> Extract:
    import justext

    words = justext.get_stoplist("English")
    return lambda html, url: "\n\n".join(
        paragraph.text for paragraph in justext.justext(html, words) if not paragraph.is_boilerplate
    )
