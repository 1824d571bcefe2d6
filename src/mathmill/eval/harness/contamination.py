"""Which problems of a benchmark stand in a corpus, so that a model trained on it may know them by heart.

A problem is contaminated if a document has ten words in a row of its question, its worked solution or its gold, or all
of a shorter one; what exactly is looked for is said in `mathmill.data.passages`, and by the same rule a corpus is kept
clean (`mathmill.pipeline.decontaminate`). Questions of fewer than three tokens stand everywhere: they are not checked,
and are listed. The shots of a prompt are no problems of the benchmark: a corpus that has them is none the worse for it.

Ten words are the criterion of DeepSeekMath (Shao et al. 2024, arXiv 2402.03300, section 2.1). Some of them are set
phrases, so each `Hit` says how many words of how many were found, and which.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mathmill.data.errors import ConfigError, DamagedInput, InputMissing
from mathmill.data.passages import Passage, Passages
from mathmill.data.problem_texts import Kind, problem_texts
from mathmill.data.problems import Problem
from mathmill.data.store.mounts import parts

_BATCH = 64  # documents that are read together
_SHOWN = 500  # characters of a matched text that are kept
_COLUMNS = ("id", "text", "url")


@dataclass(frozen=True, slots=True)
class Hit:
    """The longest passage of a problem that a document has: `words` of `of` words of its question, solution or gold.

    `text` is what stands there, at most 500 characters of it.
    """

    document: str
    url: str
    kind: Kind
    text: str
    words: int
    of: int

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Contamination:
    """What a corpus has of a benchmark.

    `hits` are by problem, `unchecked` are the ids of problems too short to be looked for (a hit of their solution is a
    hit all the same), `documents` counts those that were read.
    """

    hits: Mapping[str, Hit]
    unchecked: tuple[str, ...]
    documents: int

    def of(self, problem: str) -> bool | None:
        """Whether a problem is contaminated; None if that could not be looked for."""
        return True if problem in self.hits else None if problem in self.unchecked else False


def contaminated(problems: Sequence[Problem], corpus: Path) -> Contamination:
    """Look for problems in the corpus of a run, in one pass over it; `corpus` is the run's folder.

    Raises:
        InputMissing: there is no corpus.
        ConfigError: its files have no columns `id`, `text` and `url`.
        DamagedInput: a file cannot be read.
    """
    wanted = [(problem.id, sought) for problem in problems for sought in problem_texts(problem)]
    passages = Passages([sought for _, sought in wanted])
    best: dict[str, Hit] = {}
    documents = 0
    for name, text, url in _documents(corpus):
        documents += 1
        for passage in passages.found_in(text):
            problem, sought = wanted[passage.text]
            there = text[passage.start : passage.end]
            hit = _hit(passage, sought.kind, name, url, there, passages.words[passage.text])
            if problem not in best or _rank(hit) > _rank(best[problem]):
                best[problem] = hit
    unchecked = tuple(
        problem
        for (problem, sought), looked_for in zip(wanted, passages.sought, strict=True)
        if sought.kind == "question" and not looked_for
    )
    return Contamination(
        {problem.id: best[problem.id] for problem in problems if problem.id in best}, unchecked, documents
    )


def _hit(passage: Passage, kind: Kind, document: str, url: str, text: str, of: int) -> Hit:
    shown = text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."
    return Hit(document, url, kind, shown, passage.words, of)


def _rank(hit: Hit) -> tuple[bool, int]:
    """A question tells more than what answers it, and a long passage more than a short one."""
    return hit.kind == "question", hit.words


def check_corpus(corpus: Path) -> None:
    """Make sure that there is a corpus to look in, before hours are spent on what is looked for.

    Raises:
        InputMissing, ConfigError, DamagedInput: as `contaminated`.
    """
    next(_documents(corpus), None)


def _documents(corpus: Path) -> Iterator[tuple[str, str, str]]:
    """Id, text and URL of each document, file by file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    files = parts(corpus / "corpus")
    if not files:
        raise InputMissing(f"no corpus in {corpus}: name the folder of a run that wrote one, as `pipeline run` does")
    for path in files:
        try:
            with pq.ParquetFile(path) as file:
                missing = [name for name in _COLUMNS if name not in file.schema_arrow.names]
                if missing:
                    raise ConfigError(f"{path} has no column {', '.join(missing)}; it has {_brief(file.schema_arrow)}")
                for batch in file.iter_batches(batch_size=_BATCH, columns=list(_COLUMNS)):
                    columns = (batch.column(name).to_pylist() for name in _COLUMNS)
                    for name, text, url in zip(*columns, strict=True):
                        yield str(name), text or "", url or ""
        except (pa.ArrowException, OSError) as error:
            raise DamagedInput(f"cannot read {path} ({error}): `mathmill runs check` tells more") from error


def _brief(schema: Any) -> str:
    names = ", ".join(schema.names[:20])
    return f"{names} and others" if len(schema.names) > 20 else names
