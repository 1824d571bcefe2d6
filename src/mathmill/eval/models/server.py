"""A model behind an OpenAI-compatible server: vLLM, SGLang, llama.cpp, `transformers serve`, OpenAI itself and others.

Texts go to `/completions` and chats to `/chat/completions`, several at a time, and are yielded as they are answered.
What a server can do is found out by asking: one that makes a single completion for a request gets a request for each,
one that wants `max_completion_tokens` is given that.

The model's identity is its name and what the server says of it; the address is not part of it, so that a run goes on
when the server has moved. The key comes from MATHMILL_API_KEY, else OPENAI_API_KEY, and is never shown.

Not known here: what a server adds to a text (vLLM begins it with the model's BOS token, as a tokenizer does), and what
it draws with beside what it was told, unless it is vLLM, SGLang or llama.cpp and says so in `/models`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Generator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mathmill.data.errors import ConfigError, InputMissing
from mathmill.data.terminal import one_line
from mathmill.eval.models.about import About, about
from mathmill.eval.models.base import Completion, Prompt, Sampling, template_fact
from mathmill.eval.models.context import check_draws, check_fits
from mathmill.eval.models.refusals import explained, stopped, wrong_key
from mathmill.eval.models.requests import Gone, Link, Refused, ask, link_to, session_for
from mathmill.eval.models.stream import stream, together
from mathmill.eval.models.wire import (
    Dialect,
    Unpromised,
    path_of,
    read_completions,
    request_for,
    tokenize_request,
    tokens_counted,
)

if TYPE_CHECKING:
    from aiohttp import ClientSession

Answered = tuple[int, tuple[Completion, ...]]

# Bytes that an answer may have: of a list of models, and of a completion beside what its tokens may need.
_LIST_BYTES = 16_777_216
_MORE_BYTES = 4_194_304
_TOKEN_BYTES = 256

# Special tokens and the words of a chat template may make this many tokens beside the prompt's; of the rest every
# token is a byte at the least.
_TEMPLATE = 1_024


def connect(
    address: str,
    *,
    name: str = "",
    concurrency: int = 16,
    patience: float = 300.0,
    template: Mapping[str, Any] | None = None,
) -> ServerModel:
    """The model `name`, or the only one, of the server at an address such as `http://localhost:8000/v1`.

    At most `concurrency` requests are under way at a time. One that fails in a way that may pass (408, 409, 429, 5xx,
    no connection) is sent again until it has failed for `patience` seconds. `template` are
    arguments of the chat template.

    Raises:
        ConfigError: the address, the key or the name is wrong; the message lists the names.
        InputMissing: no server answers there.
    """
    link = link_to(address, patience)

    async def ask_models() -> Any:
        async with session_for(link, 1) as session:
            return await ask(session, link.briefly, f"{link.url}/models", None, _LIST_BYTES)

    try:
        found = about(_wait_for(ask_models), name, link.url)
    except Refused as refusal:
        if refusal.status in (401, 403):
            raise wrong_key(refusal, link) from refusal
        if not name and not link.url.endswith("/v1"):
            raise ConfigError(
                f"{link.url}/models does not answer ({refusal}): a server's address ends in /v1 as a rule; "
                "or name the model with --model-name"
            ) from refusal
        found = about(None, name, link.url)
    except Gone as gone:
        if not (name and gone.status):
            todo = "name the model with --model-name" if gone.status else "start it, wait until it is up"
            raise InputMissing(f"no server answers at {link.url} ({gone}): {todo}, and run the same command") from gone
        found = about(None, name, link.url)  # its list may be what is broken
    except Unpromised as wrong:
        if not name:
            raise InputMissing(f"what the server at {link.url} answers to /models is wrong: {wrong}") from wrong
        found = about(None, name, link.url)
    return ServerModel(link, found, concurrency, template)


class ServerModel:
    """A `Model` whose weights a server has; `connect` makes one."""

    def __init__(
        self, link: Link, found: About, concurrency: int = 16, template: Mapping[str, Any] | None = None
    ) -> None:
        self._link, self._about = link, found
        self._concurrency = concurrency
        self._template = dict(template or {})
        self._dialect = Dialect(found.name, found.owner, self._template)
        self._asked_singly = False

    def __repr__(self) -> str:
        return f"ServerModel({self._link.url}, {self._about.name})"

    @property
    def facts(self) -> Mapping[str, str]:
        return {**self._about.facts, **template_fact(self._template), "address": self._link.url}

    @property
    def has_chat_template(self) -> bool:
        """True: a server renders chats itself, and one that cannot says so when it is asked."""
        return True

    @property
    def notes(self) -> Sequence[str]:
        notes = self._dialect.notes
        if self._asked_singly:
            notes.append("each sample was a request of its own: in one request the server makes, or counts, only one")
        return notes

    def check(self, prompts: Sequence[Prompt], sampling: Sampling) -> None:
        """Make sure that every prompt and its completion fit, where the server says what fits.

        vLLM, SGLang and llama.cpp do, in `/models`, and have `/tokenize` beside `/v1`. Prompts whose bytes are few
        enough are not asked for. Of other servers nothing is known before they are asked.

        Raises:
            ConfigError: a prompt is too long, and the message says by how much; or n samples of a greedy completion
                are asked for.
            InputMissing: the server stopped answering.
        """
        check_draws(sampling)
        limit = self._about.context
        if not limit:
            return
        check_fits(1, sampling.max_new_tokens, limit, self._who)
        doubtful = [prompt for prompt in prompts if _size(prompt) + _TEMPLATE + sampling.max_new_tokens > limit]

        async def count() -> list[int]:
            places = asyncio.Semaphore(self._concurrency)
            async with session_for(self._link, self._concurrency) as session:
                if not doubtful or not await self._tokens(session, doubtful[0], places):
                    return []
                return await together(self._tokens(session, prompt, places) for prompt in doubtful)

        try:
            counts = _wait_for(count)
        except Gone as gone:
            raise stopped(gone, 0, self._link) from gone
        if counts:
            check_fits(max(counts), sampling.max_new_tokens, limit, self._who)

    async def _tokens(self, session: ClientSession, prompt: Prompt, places: asyncio.Semaphore) -> int:
        """How many tokens the server makes of a prompt, or 0 if it does not say."""
        body, link = tokenize_request(prompt, self._dialect), self._link.briefly
        async with places:
            try:
                return tokens_counted(await ask(session, link, f"{link.root}/tokenize", body, _LIST_BYTES))
            except (Refused, Unpromised):
                return 0
            except Gone as gone:
                if gone.status:
                    return 0
                raise

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> Generator[Answered, None, None]:
        """As `Model.generate`. Closing the generator ends the requests that are under way.

        A resumed run sends the same requests for what is left. Whether equal requests get equal answers is up to the
        server: one that batches may answer a greedy request in two ways.

        Raises:
            ConfigError: the server will not answer what it was asked; the message says what to change.
            InputMissing: the server stopped answering, or answers what cannot be read.
        """
        done = 0

        async def produce(put: Callable[[Answered], Awaitable[None]]) -> None:
            await self._answer_all(prompts, sampling, put)

        answers = stream(produce, ahead=4 * self._concurrency)
        try:
            for answered in answers:
                done += 1
                yield answered
        except Gone as gone:
            raise stopped(gone, done, self._link) from gone
        finally:
            answers.close()

    def close(self) -> None:
        """Nothing is held between two calls of `generate`."""

    async def _answer_all(
        self, prompts: Sequence[Prompt], sampling: Sampling, put: Callable[[Answered], Awaitable[None]]
    ) -> None:
        waiting = iter(enumerate(prompts))  # all workers take from it, each prompt goes to one
        places = asyncio.Semaphore(self._concurrency)
        async with session_for(self._link, self._concurrency) as session:

            async def work() -> None:
                for index, prompt in waiting:

                    async def send(first: int, count: int, prompt: Prompt = prompt) -> list[Completion]:
                        async with places:
                            return await self._request(session, prompt, sampling, first, count)

                    try:
                        samples = await self._samples(send, sampling.n)
                        if sampling.n > 1:
                            self._dialect.saw(samples)
                        await put((index, tuple(samples)))
                    except Refused as refusal:
                        raise explained(refusal, prompt, sampling, self._link, self._about) from refusal
                    except Unpromised as wrong:
                        raise InputMissing(
                            f"what the server at {self._link.url} answers for {one_line(prompt.id, 100)} is wrong: "
                            f"{wrong}; look at its log, or measure another model"
                        ) from wrong

            await together(work() for _ in range(min(self._concurrency, len(prompts))))

    async def _samples(
        self, send: Callable[[int, int], Coroutine[Any, Any, list[Completion]]], n: int
    ) -> list[Completion]:
        """All samples of a prompt: in one request if the server makes them, else what is missing in one for each."""
        made: list[Completion] = []
        if n == 1 or self._dialect.many:
            try:
                made = await send(0, n)
            except Refused as refusal:
                if n == 1 or refusal.status not in (400, 422, 501):
                    raise
                made = await send(0, 1)  # raises too, if it was not for their number
            self._dialect.many &= len(made) == n
        self._asked_singly |= len(made) < n
        rest = await together(send(sample, 1) for sample in range(len(made), n))
        return [*made, *(one for found in rest for one in found)]

    async def _request(
        self, session: ClientSession, prompt: Prompt, sampling: Sampling, first: int, count: int
    ) -> list[Completion]:
        """Samples `first` to `first + count - 1` of a prompt, or fewer of them."""
        url, dialect = self._link.url + path_of(prompt), self._dialect
        most = _MORE_BYTES + _TOKEN_BYTES * sampling.max_new_tokens * count
        limit = dialect.limit
        try:
            answer = await ask(session, self._link, url, request_for(prompt, sampling, dialect, first, count), most)
        except Refused as refusal:
            wants = "max_completion_tokens" in refusal.message and not isinstance(prompt.given, str)
            if not wants or limit == "max_completion_tokens":
                raise
            dialect.limit = "max_completion_tokens"
            answer = await ask(session, self._link, url, request_for(prompt, sampling, dialect, first, count), most)
        return read_completions(answer, prompt, sampling, dialect, count)

    @property
    def _who(self) -> str:
        return f"{one_line(self._about.name, 80)} on {self._link.url}"


def _size(prompt: Prompt) -> int:
    """UTF-8 bytes of a prompt."""
    texts = (prompt.given,) if isinstance(prompt.given, str) else (turn.content for turn in prompt.given)
    return sum(len(text.encode(errors="replace")) for text in texts)


def _wait_for(work: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    """What a coroutine returns, from a thread of its own: whoever calls may run a loop already."""

    async def produce(put: Callable[[Any], Awaitable[None]]) -> None:
        await put(await work())

    (found,) = stream(produce, ahead=1)
    return found
