"""Where the problems of a benchmark are: below a data folder, on the hub, at an address; and what their columns mean.

The known ones are in `sources.toml`, found by key: `load_source("gsm8k/test")`. This file reads no problems.
"""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from pydantic import Field, field_validator

from mathmill.data.config import Config, resolve
from mathmill.data.errors import ConfigError
from mathmill.data.gold_rules import GoldRule

_NUMBER = re.compile("#+")
_SETTABLE = "question, gold, solution, subject, level, lang, id, options"


class Columns(Config):
    """The names that a table's columns have. `name?` need not be there; "" is no column.

    `a+b` is two columns, one behind the other with a blank between them.
    """

    question: str = Field(default="question", min_length=1)
    gold: str = Field(default="answer", min_length=1)
    solution: str = "solution?"
    subject: str = "subject?"
    level: str = Field(default="level?", description="a number, or a text such as `Level 5`")
    lang: str = "lang?"
    id: str = "id?"
    options: str = Field(default="", description="the choices, a list; they become the question's last line")


class Source(Config):
    """A set of problems: where it lies and how its table is read.

    `columns`, `gold_from`, `joined`, `order_by` and `without` are said of the table on the hub or at the address; files
    below a data folder are in one layout (`LAYOUT`), whose golds are answers already.
    """

    key: str = Field(min_length=1, description="its name, such as gsm8k/test")
    local: str = Field(default="", description="path below a data folder, without .jsonl.gz; the key if empty")
    where: dict[str, str] = Field(default={}, description="which rows of the local file: column = text")
    hub: str = Field(default="", description="id of a data set on the hub; empty where none has these problems")
    configs: tuple[str, ...] = Field(default=(), description="of the data set; several are read one after the other")
    split: str = "test"
    revision: str = Field(
        default="", description="full commit of the data set (a branch or tag is followed); empty for the newest"
    )
    columns: Columns = Columns(id="")
    gold_from: GoldRule = "column"
    joined: Literal["blank", "sentence"] = Field(
        default="blank", description="between the columns of `a+b`: a blank, with a full stop where no mark ends `a`"
    )
    order_by: str = Field(default="", description="column that rows are sorted by, numbers in it as numbers")
    without: str = Field(default="", description="rows whose gold cell contains this are none of the set")
    lang: str = Field(default="", description="of all its problems, where the table does not say")
    golds: dict[str, str] = Field(default={}, description="id = gold of problems that the table gives none for")
    skip_without_gold: bool = Field(default=False, description="leave such problems out, instead of an error")
    ids: str = Field(default="", description="ids, # for the number, #### for one of four digits; key/# if empty")
    first: int = Field(default=0, description="number of the first problem")
    problems: int = Field(default=0, ge=0, description="how many there are; 0 where nobody knows")
    url: str = Field(default="", pattern=r"^(https?://\S+)?$", description="address of a file with shots")
    sha256: str = Field(default="", pattern=r"^([0-9a-f]{64})?$", description="of that file; it has to agree")

    @field_validator("local")
    @classmethod
    def _below(cls, local: str) -> str:
        if local.startswith("/") or ".." in local.split("/"):
            raise ValueError("has to be a path below the data folder")
        return local

    @property
    def path(self) -> str:
        """Its path below a data folder, without what packs it."""
        return self.local or self.key

    def id_of(self, position: int) -> str:
        """The id of the problem at a position from 0 in the table."""
        number = str(position + self.first)
        return _NUMBER.sub(lambda mark: number.zfill(len(mark[0])), self.ids or f"{self.key}/#")


#: The columns of every file below a data folder; the files may have others beside.
LAYOUT = Columns()


def load_source(key: str) -> Source:
    """The source of this name.

    Raises:
        ConfigError: there is none; the message names the nearest.
    """
    sources = all_sources()
    if key in sources:
        return sources[key]
    near = difflib.get_close_matches(key, sources, n=3, cutoff=0.4)
    hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(sources)}"
    raise ConfigError(f"no problems are known as {key!r}: {hint}")


@cache
def all_sources() -> dict[str, Source]:
    """Every known source by its key."""
    text = (files("mathmill.data") / "sources.toml").read_text(encoding="utf-8")
    found: dict[str, Source] = {}
    for key, entry in tomllib.loads(text).items():
        for value in entry.pop("each", ("",)):
            tree = json.loads(json.dumps({"key": key, **entry}).replace("{each}", value))
            found[tree["key"]] = resolve(tree, Source, f"sources.toml, [{key}]")
    return found


def parse_columns(text: str, base: Columns = LAYOUT) -> Columns:
    """`base` with what an option such as `question=problem,gold=answer` says.

    Raises:
        ConfigError: it is not written so, or names what is no column of a problem.
    """
    tree: dict[str, Any] = base.model_dump()
    for part in text.split(","):
        name, separator, column = (piece.strip() for piece in part.partition("="))
        if not separator or name not in tree:
            raise ConfigError(
                f"--columns {text[:200]!r}: write it as question=problem,gold=answer (there are {_SETTABLE})"
            )
        tree[name] = column
    return resolve(tree, Columns, f"--columns {text[:200]!r}")
