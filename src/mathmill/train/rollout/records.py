"""What an exploration brings: Rollouts in Groups, and who brings them.

Nothing here imports torch, so that rewards, tables and other processes can hold these without it.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from mathmill.data.problem_rows import Problem
from mathmill.eval.models.base import Finish, Prompt, Sampling

if TYPE_CHECKING:
    from mathmill.train.logprob import KeptIds


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """Of each token those that could have been drawn in its place, one after the other; `ends` says where each ends."""

    ids: npt.NDArray[np.int32]
    ends: npt.NDArray[np.int64]

    @classmethod
    def of(cls, sets: Sequence[npt.NDArray[np.int32]]) -> Kept:
        """The sets of some tokens."""
        ends = np.cumsum([len(each) for each in sets], dtype=np.int64)
        return cls(np.concatenate([np.empty(0, np.int32), *sets]), ends)

    @classmethod
    def joined(cls, parts: Sequence[Kept]) -> Kept:
        """Those of the tokens of all parts, in their order: a microbatch's, row after row."""
        shifts = np.cumsum([0, *(len(part.ids) for part in parts)])
        ends = [part.ends + shift for part, shift in zip(parts, shifts[:-1], strict=True)]
        return cls(
            np.concatenate([np.empty(0, np.int32), *(part.ids for part in parts)]),
            np.concatenate([np.empty(0, np.int64), *ends]),
        )

    def __len__(self) -> int:
        return len(self.ends)

    def on(self, device: Any = None) -> KeptIds:
        """The same as tensors, for `PolicyModule`."""
        import torch

        from mathmill.train.logprob import KeptIds

        return KeptIds(torch.from_numpy(self.ids).to(device), torch.from_numpy(self.ends).to(device))


@dataclass(frozen=True, slots=True, eq=False)
class Rollout:
    """One completion with its logprobs. C: its tokens, the EOS that ended it too; a stop string is tokens as well."""

    problem: str  # the Problem's id
    sample: int
    prompt_ids: tuple[int, ...]
    completion_ids: npt.NDArray[np.int32]  # [C]
    logprobs: npt.NDArray[np.float32]  # [C], of what they were drawn from: after temperature, top-k and top-p
    finish: Finish
    text: str  # without stop string and special tokens, as it is graded
    kept: Kept | None  # with top-k or top-p

    def __len__(self) -> int:
        return len(self.completion_ids)


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """The Rollouts of one Problem, in the order of their samples."""

    problem: Problem
    rollouts: tuple[Rollout, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """A Problem in the words of a task; what ends its completions is in the prompt."""

    problem: Problem
    prompt: Prompt


class Engine(Protocol):
    """Draws completions from a policy as it is when it is asked."""

    def groups(self, questions: Sequence[Question], sampling: Sampling, draw: str) -> Generator[Group, None, None]:
        """A Group of `sampling.n` Rollouts for each Question, as they are finished.

        `draw` names the exploration ("12", "validation"): with the seed, the Problem and the number of the sample it
        is all that randomness depends on. Close the iterator where it is not read to its end.

        Raises:
            ConfigError: a prompt and its completion do not fit into the context, or a batch into the memory.
        """
        ...
