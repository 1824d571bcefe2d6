"""Chats as Examples: written by the model's own template, and trained where the assistant speaks.

What tools said is not trained: neither turns of the role `tool`, nor what an interpreter printed within a turn
(`mathmill.train.batch.tool_output`).

The whole chat is written once. A turn of the assistant begins where the chat before it, with the words that ask for an
answer, comes to an end, so that what stands before it is what the model is given when it is asked. It ends with the
first token of the EOS set. A template that writes the same turns otherwise when there are more of them
has no such places; where it marks `{% generation %}`, these marks are taken.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Literal

from mathmill.data.errors import ConfigError
from mathmill.data.terminal import one_line
from mathmill.eval.models.base import Message
from mathmill.train.batch.examples import DroppedExample, Encoder, Example, holds_special
from mathmill.train.batch.tool_output import Span, holds_output, ids_and_places, is_printed, output_spans

#: Which turns of the assistant are trained.
Turns = Literal["all", "last"]
_MARKS = re.compile(r"\{%-?\s*generation\s*-?%\}")


@dataclass(frozen=True, slots=True)
class ChatEncoder:
    """Makes an Example of a chat. `template` are arguments of the chat template by name, such as `enable_thinking`."""

    encoder: Encoder
    turns: Turns = "all"
    template: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.encoder.tokenizer.chat_template:
            raise ConfigError(
                f"{self.encoder.name} has no chat template, so it cannot be trained on chats: "
                "give prompts and completions, or start from a model of chats"
            )

    def __call__(self, origin: str, messages: Sequence[Message]) -> Example | DroppedExample:
        """The chat, cut at its end to the encoder's length.

        Raises:
            ConfigError: the template breaks the rule above and has no marks; the message says at which turn. Or it
                fails by something else than its own refusal.
        """
        from jinja2 import TemplateError

        unfit = self._unfit(origin, messages)
        if unfit is not None:
            return unfit
        try:
            written = self._written(messages)
        except TemplateError as error:
            reason = one_line(str(error) or type(error).__name__, 200)
            return DroppedExample(origin, "template_refuses", reason)
        if not any(written.trained[1:]):
            return DroppedExample(origin, "empty_completion", "the template writes nothing of the assistant's turn")
        if any(holds_output(messages[at].content) for at in self._chosen(messages)):
            if not self._leave_printed(written):
                return DroppedExample(origin, "unclosed_output", "what an interpreter printed has no end")
            if not any(written.trained[1:]):
                return DroppedExample(origin, "empty_completion", "an interpreter printed all of it")
        return self.encoder.cut(origin, written.ids, written.trained)

    def _chosen(self, messages: Sequence[Message]) -> list[int]:
        """Positions of the messages that are trained."""
        answers = [at for at, message in enumerate(messages) if message.role == "assistant"]
        return answers if self.turns == "all" else answers[-1:]

    def _unfit(self, origin: str, messages: Sequence[Message]) -> DroppedExample | None:
        chosen = self._chosen(messages)
        if not chosen:
            return DroppedExample(origin, "no_assistant_turn", f"{len(messages)} messages")
        for at, message in enumerate(messages, 1):
            token = holds_special(self.encoder.tokenizer, message.content)
            if token:
                return DroppedExample(origin, "control_token_in_message", f"message {at} holds {token}")
        for at in chosen:
            if not messages[at].content.strip():
                return DroppedExample(origin, "empty_completion", f"message {at + 1} is empty")
        return None

    def _written(self, messages: Sequence[Message]) -> _Written:
        whole = self._text(messages)
        chosen = self._chosen(messages)
        starts = []
        for at in chosen:
            before = self._text(messages[:at], asking=True) if at else ""
            if not whole.startswith(before):
                return self._marked(messages, at, whole)
            starts.append(len(before))
        pieces = self._pieces(whole, starts)
        ids = [token for piece in pieces for token in piece]
        trained = [False] * len(pieces[0])
        for at, start, piece in zip(chosen, starts, pieces[1:], strict=True):
            through = self._text(messages[: at + 1])
            said = self._said(whole, start, through, piece)
            if said is None:
                raise self._broken(at)
            trained += [token < said for token in range(len(piece))]
        if chosen[-1] + 1 == len(messages) and ids and trained[-1] and ids[-1] not in self.encoder.ends.of_turn:
            # A template that leaves the last turn open would have the model never stop.
            ids, trained = [*ids, self.encoder.ends.eos], [*trained, True]
        return _Written(whole, starts, ids, trained)

    def _said(self, whole: str, start: int, through: str, piece: list[int]) -> int | None:
        """How many tokens of a piece, which begins at the character `start`, are the assistant's, or None.

        `through` is the chat up to this turn: the piece goes on to the next turn that is trained.
        """
        known = whole.startswith(through)
        # Special tokens are in no message, so that the first that ends a turn ends this one, if it is in this one.
        eos = next((at for at, token in enumerate(piece) if token in self.encoder.ends.of_turn), None)
        if eos is not None and (not known or self._holds_eos(whole[start : len(through)])):
            return eos + 1
        if not known:
            return None
        # A token may reach over into the next message, and the first of a text may differ from the same further in.
        alone, in_place = self._ids(through[start:]), self._ids(through)[len(self._ids(through[:start])) :]
        return max(_alike(piece, alone), _alike(piece, in_place))

    def _holds_eos(self, text: str) -> bool:
        return any(token in self.encoder.ends.of_turn for token in self._ids(text))

    def _pieces(self, whole: str, starts: Sequence[int]) -> list[list[int]]:
        """The tokens of a text, parted at these characters.

        Read at once if no token reaches over such a place; else piece by piece, as a model goes on after what it was
        given.
        """
        ids = self._ids(whole)
        heads = [self._ids(whole[:start]) for start in starts]
        if all(ids[: len(head)] == head for head in heads):
            bounds = [0, *map(len, heads), len(ids)]
            return [ids[at:to] for at, to in pairwise(bounds)]
        return [self._ids(whole[at:to]) for at, to in pairwise([0, *starts, len(whole)])]

    def _marked(self, messages: Sequence[Message], at: int, whole: str) -> _Written:
        """What the template's own marks say."""
        tokenizer = self.encoder.tokenizer
        if self.turns != "all" or not _MARKS.search(tokenizer.get_chat_template()):
            raise self._broken(at)
        written = tokenizer.apply_chat_template(
            _turns(messages), tokenize=True, return_dict=True, return_assistant_tokens_mask=True, **self.template
        )
        ids, trained = list(written["input_ids"]), list(map(bool, written["assistant_masks"]))
        for i in range(1, len(ids)):  # marks are often set without the end of the turn
            trained[i] = trained[i] or (trained[i - 1] and ids[i] in self.encoder.ends.of_turn)
        return _Written(whole, [], ids, trained)

    def _leave_printed(self, written: _Written) -> bool:
        """Have nothing trained that an interpreter printed; False if something of it has no end."""
        places, trained = self._places(written), written.trained
        bounds = [at for at in range(len(trained) + 1) if trained[at - 1 : at] != trained[at : at + 1]]
        for begin, end in pairwise(bounds):
            last = end - (written.ids[end - 1] in self.encoder.ends.of_turn)
            if trained[begin] and begin < last:
                first = places[begin][0]
                spans = output_spans(written.whole[first : places[last - 1][1]])
                if spans is None:
                    return False
                printed = is_printed(places[begin:last], [(start + first, stop + first) for start, stop in spans])
                trained[begin:last] = [not each for each in printed]
        return True

    def _places(self, written: _Written) -> list[Span]:
        """Of each token its characters in the whole."""
        whole = written.whole
        name, tokenizer, alone = self.encoder.name, self.encoder.tokenizer, {"add_special_tokens": False}
        ids, places = ids_and_places(name, tokenizer, whole, **alone)
        if ids != written.ids[: len(ids)]:
            places = []
            for start, end in pairwise([0, *written.starts, len(whole)]):
                piece = ids_and_places(name, tokenizer, whole[start:end], **alone)[1]
                places += [(first + start, last + start) for first, last in piece]
        return places + [(len(whole), len(whole))] * (len(written.ids) - len(places))

    def _broken(self, at: int) -> ConfigError:
        other = "train the last turn only, or " if self.turns == "all" and at else ""
        return ConfigError(
            f"the chat template of {self.encoder.name} writes the chat before message {at + 1} otherwise when that "
            f"message follows, so it cannot be told which tokens are the assistant's: {other}put "
            "{% generation %} marks into the template and train all turns"
        )

    def _text(self, messages: Sequence[Message], asking: bool = False) -> str:
        try:
            written = self.encoder.tokenizer.apply_chat_template(
                _turns(messages), tokenize=False, add_generation_prompt=asking, **self.template
            )
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            raise ConfigError(
                f"the chat template of {self.encoder.name} fails ({type(error).__name__}: {one_line(error, 200)}): "
                "mend it, or set policy.chat_template to another one"
            ) from error
        assert isinstance(written, str)
        return written

    def _ids(self, text: str) -> list[int]:
        """Tokens of what a template wrote, which writes its own BOS."""
        read = self.encoder.tokenizer(text, add_special_tokens=False, return_attention_mask=False, verbose=False)
        return list(map(int, read["input_ids"]))


@dataclass(slots=True)
class _Written:
    """A chat as its template writes it, the characters at which its tokens were parted, and which are trained."""

    whole: str
    starts: list[int]
    ids: list[int]
    trained: list[bool]


def _turns(messages: Sequence[Message]) -> list[dict[str, str]]:
    return [{"role": message.role, "content": message.content} for message in messages]


def _alike(one: Sequence[int], other: Sequence[int]) -> int:
    """With how many of the same tokens both begin."""
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
