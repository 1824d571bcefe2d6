"""A real OpenAI-compatible server for tests: an echo in a process of its own, or a model of the transformers library.

`python -m tests.eval.models.serving` prints its port. The address says how it behaves, so that one process serves all
tests: `http://127.0.0.1:PORT/BEHAVIOUR/ANYTHING/v1`, where each ANYTHING has counts of its own. The echo says of a
prompt what was asked of it; `dies-K` ends the process behind K answers.
"""

from __future__ import annotations

import json
import os
import re
import socket
import struct
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
KEY = "the-key-of-the-test"
CONTEXT = 4096

Answer = tuple[int, dict[str, str], bytes]
# Texts, finish reasons and stop strings of the samples, and how many tokens they are.
Found = tuple[list[tuple[str, str, str | None]], int]


@contextmanager
def serving() -> Iterator[int]:
    """The port of a server process that is an echo, which is ended behind it."""
    command = [sys.executable, "-m", "tests.eval.models.serving"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdout
        try:
            yield int(process.stdout.readline())
        finally:
            process.kill()


@contextmanager
def serving_model(folder: Path) -> Iterator[int]:
    """The port of a server of the model in a folder, in this process: another would load torch again, for seconds."""
    with _Server(_Transformers(str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


class _Transformers:
    """Answers with plain `generate`, one request at a time."""

    def __init__(self, folder: str) -> None:
        from transformers import AutoModelForCausalLM, AutoTokenizer

        self._model: Any = AutoModelForCausalLM.from_pretrained(folder)
        self._tokenizer: Any = AutoTokenizer.from_pretrained(folder)
        self._one = threading.Lock()

    def __call__(self, body: dict[str, Any]) -> Found:
        import torch

        if "prompt" in body:
            given = self._tokenizer(body["prompt"], return_tensors="pt")["input_ids"]
        else:
            text = self._tokenizer.apply_chat_template(body["messages"], tokenize=False, add_generation_prompt=True)
            given = self._tokenizer(text, return_tensors="pt", add_special_tokens=False)["input_ids"]
        drawn: dict[str, Any] = {"do_sample": False}
        if body["temperature"]:
            drawn = {"do_sample": True, "temperature": body["temperature"], "top_p": body["top_p"], "top_k": 0}
        found: list[tuple[str, str, str | None]] = []
        made = 0
        with self._one, torch.no_grad():
            for sample in range(body.get("n", 1)):
                torch.manual_seed(body.get("seed", 0) + sample)
                new = self._model.generate(
                    given,
                    attention_mask=torch.ones_like(given),
                    max_new_tokens=body["max_tokens"],
                    stop_strings=body.get("stop"),
                    pad_token_id=1,
                    tokenizer=self._tokenizer,
                    **drawn,
                )[0, given.shape[1] :]
                made += len(new)
                said = self._tokenizer.decode(new, skip_special_tokens=True)
                cuts = [(place, stop) for stop in body.get("stop", ()) if (place := said.find(stop)) >= 0]
                if cuts:
                    place, stop = min(cuts)
                    found.append((said[:place], "stop", stop))
                else:
                    found.append((said, "stop" if int(new[-1]) == 1 else "length", None))
        return found, made


def _echo(body: dict[str, Any]) -> Found:
    """What was asked for, as JSON, for each sample."""
    given = body.get("prompt") or body["messages"][-1]["content"]
    said = {key: value for key, value in body.items() if key not in ("prompt", "messages")}
    number = body.get("n", 1)
    texts = [
        given.removeprefix("say ")
        if given.startswith("say ")
        else json.dumps({**said, "sample": sample, "given": given})
        for sample in range(number)
    ]
    return [(text, "stop", (body.get("stop") or [None])[0]) for text in texts], 10 * number


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, complete: Callable[[dict[str, Any]], Found]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.complete = complete
        self.counts: Counter[str] = Counter()
        self.under_way: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self.counting = threading.Lock()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body are written one after the other
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        self._answer(None)

    def do_POST(self) -> None:
        self._answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def _answer(self, body: dict[str, Any] | None) -> None:
        _, behaviour, which, *rest = self.path.split("/")
        rest = rest[1:] if rest and rest[0] == "v1" else rest
        place, server = f"{behaviour}/{which}", self.server
        with server.counting:
            count = server.counts[place] = server.counts[place] + (body is not None)
            server.under_way[place] += 1
            server.most[place] = max(server.most[place], server.under_way[place])
        name, _, number = behaviour.partition("-")
        try:
            answer = self._behave(name, int(number or 0), count, "/".join(rest), body)
        finally:
            with server.counting:
                server.under_way[place] -= 1
        if answer is not None:
            status, headers, content = answer
            self.send_response(status)
            for header, value in {"Content-Type": "application/json", **headers}.items():
                self.send_header(header, value)
            if "Content-Length" not in headers:
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            with suppress(BrokenPipeError, ConnectionResetError):  # who asked may have read enough
                self.wfile.write(content)
            if "Content-Length" in headers:
                self.close_connection = True

    def _behave(self, name: str, number: int, count: int, path: str, body: dict[str, Any] | None) -> Answer | None:
        if path == "counts":
            place = "/".join(self.path.split("/")[1:3])
            return _json({"asked": self.server.counts[place], "at once": self.server.most[place]})
        if path == "models":
            return self._models(name)
        if path == "tokenize" and body is not None:
            if name == "uncounted":
                return _json({"detail": "Not Found"}, 404)
            given = body.get("prompt") or "".join(turn["content"] for turn in body["messages"])
            return _json({"count": len(given), "max_model_len": CONTEXT, "tokens": []})
        assert body is not None
        odd = _misbehave(name, number, count, path, body)
        if odd is not None:
            return odd
        if name == "reset" and count <= number:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            self.close_connection = True
            return None
        if name == "dies" and count > number:
            os._exit(1)
        if name == "slow":
            time.sleep(number / 1000)
        if name == "key" and self.headers["Authorization"] != f"Bearer {KEY}":
            said = self.headers["Authorization"] or "no key"
            return _json({"error": {"message": f"Incorrect API key provided: {said}", "code": "invalid_api_key"}}, 401)
        return _json(self._completions(name, number, path, body))

    def _models(self, name: str) -> Answer:
        if name == "nolist":
            return _json({"detail": "Not Found"}, 404)
        if (
            name == "loading"
            and self.server.counts.update({self.path: 1}) is None
            and self.server.counts[self.path] < 3
        ):
            return _json({"error": {"message": "Loading model", "code": 503}}, 503)
        if name == "html":
            return 200, {"Content-Type": "text/html"}, b"<html><title>Welcome to nginx!</title></html>"
        model: dict[str, Any] = {"id": "echo", "object": "model", "created": int(time.time()), "owned_by": "tests"}
        if name in ("vllm", "uncounted"):
            model |= {"owned_by": "vllm", "root": "weights/echo", "max_model_len": CONTEXT}
        several = [{"id": f"other-{place}"} for place in range(30)] if name == "several" else []
        return _json({"object": "list", "data": [model, *several]})

    def _completions(self, name: str, number: int, path: str, body: dict[str, Any]) -> dict[str, Any]:
        if name == "single":
            body = {**body, "n": 1}
        found, made = self.server.complete(body)
        choices: list[dict[str, Any]] = []
        for index, (text, reason, by) in enumerate(found):
            choice: dict[str, Any] = {"index": index, "finish_reason": "content_filter" if name == "filter" else reason}
            if path == "completions":
                choice["text"] = text
            else:
                choice["message"] = {"role": "assistant", "content": text}
                if name == "thinks":
                    choice["message"] |= {"reasoning_content": "It may be 41.", "content": text}
            if name == "vllm":
                choice["stop_reason"] = by
            choices.append(choice)
        answer: dict[str, Any] = {"id": "x", "model": body["model"], "choices": choices}
        if name != "countless":
            answer["usage"] = {"prompt_tokens": 1, "completion_tokens": made, "total_tokens": made + 1}
        return answer


def _misbehave(name: str, number: int, count: int, path: str, body: dict[str, Any]) -> Answer | None:
    """What a server in trouble answers, or one that refuses; None where it answers well."""
    if name == "busy" and count <= number:
        return _json({"error": "busy"}, 503, {"Retry-After": "0"})
    if name == "away":
        return _json({"error": {"message": "too many requests"}}, 429, {"Retry-After": str(number)})
    if name == "broken":
        return 500, {"Content-Type": "text/html"}, b"<html><title>500 Internal \x1b[31mError</title></html>"
    if name == "short" and count <= number:
        return 200, {"Content-Length": "1000"}, b'{"choices": ['
    if name == "page":
        return 200, {"Content-Type": "text/html"}, b"<html><body>Please log in.</body></html>"
    if name == "moved":
        return 307, {"Location": "https://user:secret@elsewhere.example/v1/completions?key=secret"}, b""
    if name == "odd":
        return _json([{"choices": None}, {"choices": []}, {"choices": [{"text": 5}]}, "no", {"error": "no"}][number])
    if name == "huge":
        return 200, {}, b" " * 6_000_000 + b"{}"
    if name == "nested":
        return 200, {}, b"[" * 100_000
    if name == "one" and body.get("n", 1) > 1:
        return _json({"error": {"message": "n must be 1"}}, 400)
    if name == "chat" and path == "completions":
        return _json({"detail": "Not Found"}, 404)
    if name == "nochat" and path != "completions":
        return _json({"error": {"message": "you must provide a chat template"}}, 400)
    if name == "long":
        return _json({"message": "This model's maximum context length is 8 tokens."}, 400)
    if name == "strict":
        return _json({"detail": [{"loc": ["body"], "msg": "temperature has to be 1"}]}, 422)
    if name == "several" and not re.fullmatch(r"echo|other-\d+", body["model"]):
        return _json({"error": {"message": f"The model `{body['model']}` does not exist."}}, 404)
    if name == "new" and "max_tokens" in body:
        return _json({"error": {"message": "Unsupported parameter: use 'max_completion_tokens' instead."}}, 400)
    return None


def _json(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    return status, headers or {}, json.dumps(value).encode()


def main() -> None:
    server = _Server(_echo)
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
