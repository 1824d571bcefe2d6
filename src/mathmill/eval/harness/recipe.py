"""What a benchmark's figures depend on, and nothing else: its Run is refused another, and a rerun gives the same."""

from __future__ import annotations

from pydantic import Field

from mathmill.data.config import Config
from mathmill.eval.models.base import Sampling
from mathmill.eval.tasks.task import Task


class BenchmarkRecipe(Config):
    """A model and a Task with every setting of its protocol.

    Batch size, device, concurrency and the address of a server are no part of it: a benchmark may go on with others.
    Nor is a limit: whoever asked the first fifty Problems and likes what is there goes on with the others.
    """

    task: Task
    name: str = Field(exclude=True, description="of the model, as it was given; a folder that moved is the same model")
    model: dict[str, str] = Field(description="what identifies it: `Model.facts`, without a name beside its weights")
    sampling: Sampling
    chat: bool = Field(description="prompts are chats in the model's own template")
    system: str = ""
