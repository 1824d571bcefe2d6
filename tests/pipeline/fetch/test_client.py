"""One request: what is answered wrongly, too late or without end is told as such."""

from __future__ import annotations

import datetime
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from mathmill.data.errors import InputMissing, MathmillError
from mathmill.pipeline.fetch import client as client_module
from mathmill.pipeline.fetch.client import Client, Span
from mathmill.pipeline.fetch.hosts import Hosts
from mathmill.pipeline.fetch.pace import Pace, Patience
from mathmill.pipeline.fetch.servers import HttpServer
from mathmill.pipeline.fetch.troubles import NoSuchRange, NotThere, Trouble, Unreachable
from tests.pipeline.fetch.crawl_server import QUICK, Mood, Served, crawl_server

FILE = "collinfo.json"


def client(served: Served, patience: Patience = QUICK) -> Client:
    return Client(Hosts((served.url,)), Pace(1_000, patience))


def read(served: Served, path: str = FILE, span: Span | None = None, most: int = 1 << 20) -> bytes:
    with client(served).get(f"{served.url}/{path}", span) as answer:
        return answer.read(most)


def test_files_and_parts_of_them_are_read(served: Served) -> None:
    data = served.files[FILE]
    assert read(served) == data
    assert read(served, span=Span(3, 20)) == data[3:20]
    assert read(served, span=Span(3)) == data[3:]
    with client(served).get(f"{served.url}/{FILE}", Span(3, 9)) as answer:
        assert (answer.first, answer.size, answer.total) == (3, 6, len(data))


def test_of_another_file_than_before_the_whole_is_sent(served: Served) -> None:
    with client(served).get(f"{served.url}/{FILE}", Span(3, None, '"another"')) as answer:
        assert (answer.first, answer.total) == (0, len(served.files[FILE]))


@pytest.mark.parametrize(
    ("mood", "error", "said"),
    [
        ("busy", Trouble, "answers 503 .SlowDown Please reduce your request rate"),
        ("asks_to_wait", Trouble, "answers 429"),
        ("forbidden", Trouble, "answers 403 .too many requests"),
        ("short", Trouble, "ended after"),
        ("reset", Trouble, "broke off|no answer"),
        ("wrong_range", Trouble, "another part of the file"),
        ("drip", Trouble, "bytes a second, too slowly"),
        ("endless", InputMissing, r"^http://127\.0\.0\.1:\d+/collinfo\.json has more than 1,048,576 bytes"),
        ("elsewhere", InputMissing, "redirects to 'http://127.0.0.2:9/"),
        ("round", InputMissing, "more than 3 redirects"),
        ("blank_aside", InputMissing, "/a b' is an address that cannot be asked"),
        ("foreign_aside", InputMissing, "/Ã¼' is an address that cannot be asked"),
    ],
)
def test_each_misbehaviour_has_its_name(served: Served, mood: str, error: type[Exception], said: str) -> None:
    served.moods[FILE] = Mood(mood)
    began = time.monotonic()
    with pytest.raises(error, match=said):
        read(served, span=Span(3, 200) if mood == "wrong_range" else None)
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("mood", ["drip_head", "silent"])
def test_a_head_that_does_not_come_in_time_is_trouble(served: Served, mood: str) -> None:
    served.moods[FILE] = Mood(mood)
    hasty = client(served, Patience(attempts=1, silence=0.3))
    began = time.monotonic()
    with pytest.raises(Trouble, match="no answer"), hasty.get(f"{served.url}/{FILE}"):
        pass
    assert time.monotonic() - began < 3


@contextmanager
def full_server() -> Iterator[str]:
    """The address of a server that takes no connection, and refuses none: packets to it are lost."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listening, ExitStack() as held:
        for _ in range(4):
            waiting = held.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listening.getsockname())
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


def test_a_server_that_never_answers_is_given_up_before_one_that_was_met(served: Served) -> None:
    hasty = Patience(attempts=9, unmet=2, pause=0.001, unmet_silence=0.2)
    served.moods[FILE] = Mood("silent")
    with full_server() as full:
        for base, said in ((served.url, "no answer .for 0.2 seconds."), (full, "cannot connect to .* .timed out")):
            began = time.monotonic()
            with pytest.raises(Unreachable, match=f"{said}.*the last of 2 attempts: check the address"):
                HttpServer(base, Client(Hosts((base,)), Pace(1_000, hasty))).size(FILE)
            assert 0.4 <= time.monotonic() - began < 3
    met = Pace(1_000, hasty)
    assert met.silence == 0.2
    met.met = True
    assert met.silence == hasty.silence


@pytest.mark.parametrize(("said", "least", "most"), [("busy", 0, 0), ("asks_to_wait", 1, 1)])
def test_how_long_a_server_asks_to_wait_is_heard(served: Served, said: str, least: float, most: float) -> None:
    served.moods[FILE] = Mood(said)
    with pytest.raises(Trouble) as raised:
        read(served)
    assert raised.value.crowded
    assert raised.value.after is not None
    assert least <= raised.value.after <= most


def test_a_redirect_within_the_host_is_followed(served: Served) -> None:
    served.moods[FILE] = Mood("aside", times=2)
    assert read(served) == served.files[FILE]


def test_what_is_not_there_is_told_at_once(served: Served) -> None:
    with pytest.raises(NotThere, match=r"no file at .*NoSuchKey"):
        read(served, "crawl-data/none")
    with pytest.raises(NoSuchRange):
        read(served, span=Span(10**9))


def test_a_stopped_client_ends_what_is_under_way(served: Served) -> None:
    served.moods[FILE] = Mood("silent")
    stopped = client(served, Patience(silence=30))
    threading.Timer(0.2, stopped.stop).start()
    began = time.monotonic()
    with pytest.raises(Trouble), stopped.get(f"{served.url}/{FILE}"):
        pass
    assert time.monotonic() - began < 5
    with pytest.raises(MathmillError, match="stopped"), stopped.get(f"{served.url}/{FILE}"):
        pass


def _certificate(folder: Path) -> Path:
    """A key and a certificate for 127.0.0.1 that nobody else signed, in one file."""
    x509 = pytest.importorskip("cryptography.x509", reason="makes certificates; comes with moto")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    day = datetime.timedelta(days=1)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(now - day).not_valid_after(now + day).add_extension(names, critical=False)
    signed = made.sign(key, hashes.SHA256())
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "server.pem"
    path.write_bytes(private + signed.public_bytes(serialization.Encoding.PEM))
    return path


def test_over_https_certificates_are_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pem = _certificate(tmp_path)
    with crawl_server({FILE: b"text"}, pem) as served:
        assert served.url.startswith("https:")
        with pytest.raises(InputMissing, match="its certificate is not trusted"):
            read(served)
        monkeypatch.setattr(client_module, "_tls", lambda: ssl.create_default_context(cafile=str(pem)))
        assert read(served) == b"text"
