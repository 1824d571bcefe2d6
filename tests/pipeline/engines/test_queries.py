"""The queries of all passes and of the classifier's loop: in words that every engine knows, with one result."""

from __future__ import annotations

import re
import shutil
from contextlib import closing
from pathlib import Path

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import mathmill
from mathmill.classifier.iterate import iterate
from mathmill.classifier.score import score
from mathmill.data.page_files import Pages
from mathmill.pipeline.dedup.components import joined_by_queries
from mathmill.pipeline.recipe import PipelineRecipe
from mathmill.pipeline.runner import run_pipeline
from tests.archives import html_of, write_archive
from tests.classifier import made_web
from tests.classifier.test_iterate import recipe as loop_recipe
from tests.pipeline.engines.recorded import Asked, RecordingEngine

QUESTION = "A pond holds 17 frogs and each of them eats 12 flies a day: how many flies are eaten there in a week?"
COMMON = "one of its factors is zero"
FOOT = "".join(f"<p>Our {word} are open to everyone who likes to read.</p>" for word in ("pages", "doors"))


def tasks(wrong: int) -> str:
    """Two exercises with solutions; `wrong` is added to what the second comes to."""
    return "".join(
        f"<h3>Exercise {n}</h3><p>Compute \\({n} + {n}\\) and say what it comes to.</p><p>Solution. We add them: "
        f"\\({n} + {n} = {total}\\), so the answer is \\({total}\\).</p>"
        for n, total in ((21, 42), (34, 68 + wrong))
    )


LANGUAGE = {"en": 0.5, "other": 0.5}
SELECTS: tuple[dict[str, object], ...] = (
    {"tokens": 1500},
    {"tokens": 3000, "per_domain": {"documents": 2}, "languages": LANGUAGE},
    {"tokens": 3000, "per_domain": {"tokens": 900, "documents": 4}, "languages": LANGUAGE, "unfilled": "give"},
)


def pages() -> list[tuple[str, str]]:
    """Lessons of some sites: with lines of the site, copies of all kinds, problems, and one of a benchmark."""
    lessons = [n for n in range(90) if n % 3 == 0]
    plain = [
        (f"https://site{n % 4}.example/{n}", html_of(n).replace("</article>", f"{FOOT}</article>")) for n in lessons
    ]
    return [
        *plain,
        ("https://site0.example/0?utm_source=mail", html_of(0)),
        *((f"https://mirror{n}.example/6", html_of(6)) for n in range(3)),
        ("https://copier.example/9", html_of(9).replace("</h1>", "</h1><p>This page is kept by volunteers.</p>")),
        ("https://leaker.example/12", html_of(99).replace("</article>", f"<p>{QUESTION}</p></article>")),
        *(
            (f"https://school{n}.example/", html_of(3 * n).replace("</article>", f"{tasks(n - 40)}</article>"))
            for n in (40, 41)
        ),
    ]


def recipe(folder: Path, select: dict[str, object]) -> PipelineRecipe:
    return PipelineRecipe.model_validate(
        {
            "archives": [str(folder / "*.warc.gz")],
            "audit": {"rate": 0.5},
            "passes": [
                {"use": "exact_duplicates"},
                {"use": "site_lines", "min_pages": 3},
                {"use": "near_duplicates"},
                {"use": "decontaminate", "tasks": [str(folder / "exam.jsonl")], "max_documents": 5},
                {"use": "split", "validation": 0.4},
                {"use": "harvest", "golds": "all"},
                {"use": "select", "by": "math_score", **select},
            ],
        }
    )


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> list[Asked]:
    """All that runs with all passes, components by queries, scores and a loop ask of their engines."""
    folder = tmp_path_factory.mktemp("asked")
    engine = RecordingEngine(folder / "queries")
    (folder / "web").mkdir()
    for number in range(2):
        write_archive(folder / f"web/part-{number}.warc.gz", pages()[number::2])
    exam = ({"question": QUESTION, "answer": "1428"}, {"question": COMMON, "answer": "so"})
    (folder / "web/exam.jsonl").write_bytes(b"\n".join(map(orjson.dumps, exam)))
    for select in SELECTS:
        run_pipeline(recipe(folder / "web", select), folder / "run", engine)
    edges = np.random.default_rng(7).integers(0, 400, (300, 2))
    (folder / "stars").mkdir()
    pq.write_table(pa.table({"row": edges.max(1) + 1, "leader": edges.min(1)}), folder / "stars/part-0.parquet")
    joined_by_queries(engine, [folder / "stars"], folder / "components")
    made_web.write(folder, list(made_web.pages()))
    loop = iterate(loop_recipe(folder, labels=None), folder / "loop", engine)
    score(loop.classifier, Pages(files=(str(folder / "crawl-*.jsonl"),)), folder / "scores", engine)
    return engine.asked


# Module that makes queries -> tables that they make. Who makes one elsewhere or another has to have it asked here.
MAKERS = {
    "classifier/domains.py": "domain_counts",
    "classifier/keeping.py": "overlap",
    "classifier/mining.py": "math_pages",
    "classifier/ranking.py": "ranking-0 ranking-1 ranking-2",
    "classifier/score.py": "histogram",
    "pipeline/decontaminate/hits.py": "decontaminate_generic",
    "pipeline/dedup/candidates.py": "near_duplicates_stars_b00 near_duplicates_stars_b13",
    "pipeline/dedup/components.py": "0 1-large 1 fresh components",
    "pipeline/dedup/exact.py": "exact_duplicates_url exact_duplicates_text exact_duplicates_resolved "
    "exact_duplicates_survivors exact_duplicates_compared exact_duplicates_copies",
    "pipeline/dedup/near.py": "near_duplicates_members near_duplicates_found",
    "pipeline/dedup/site_lines.py": "site_lines_repeated site_lines_marks",
    "pipeline/funnel.py": "funnel",
    "pipeline/harvest/collect.py": "harvest_answers harvest_kept harvest_counts",
    "pipeline/passes/decisions.py": "decided sizes",
    "pipeline/selection/choosing.py": "select_totals select_top",
    "pipeline/selection/ranks.py": "select_domains select_domain_bins select_domain_keys select_domain_cuts "
    "select_bins select_bin_keys select_ties",
    "pipeline/selection/split.py": "split_sites",
}


def test_every_query_is_asked_and_has_an_answer(asked: list[Asked]) -> None:
    source = Path(mathmill.__file__).parent
    made = {path.relative_to(source).as_posix() for path in source.rglob("*.py") if _MAKES.search(path.read_text())}
    assert made == set(MAKERS)
    answered = {each.name for each in asked if pq.read_metadata(pa.BufferReader(each.result)).num_rows}
    assert {name for names in MAKERS.values() for name in names.split()} <= answered


_MAKES = re.compile(r"(?<![\w.`])(?<!class )Reduce\(|engine\.sql\(_[A-Z]")


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("java") is None, reason="needs Java")
def test_spark_gives_the_bytes_of_the_local_engine(asked: list[Asked], tmp_path: Path) -> None:
    pytest.importorskip("pyspark", reason="needs the extra spark")
    from mathmill.pipeline.engines.spark import SparkEngine

    different = []
    with closing(SparkEngine(2, 512, "")) as engine:
        for number, each in enumerate(asked):
            engine.sql(each.query, each.tables, tmp_path / str(number))
            if (tmp_path / f"{number}/part-0.parquet").read_bytes() != each.result:
                different.append(each.name)
    assert not different


FORBIDDEN = {
    "lists and structures": r"\b(list|unnest|explode|struct|map|array)\w*\s*\(|\[",
    "hash functions": r"\b(hash|md5|sha\d*|xxhash\d*)\s*\(",
    "decimal literals": r"(?<![\w.])\d+\.\d+",
    "JSON": r"\bjson|->",
    "integer division": r"//|\bdiv\b",
    "words of one dialect": r"\b(qualify|exclude|replace|ilike|glob|using sample|(group|order) by all)\b|\bfilter\s*\(",
    "identifiers or strings in double quotes": r'"|`',
    "escapes, and quotes in quotes": r"\\|\w''|''\w",
    "patterns": r"\b(regexp\w*|rlike|similar to|like)\b",
    "clocks and chance": r"\b(now|random|rand|uuid)\s*\(|\bcurrent_\w+",
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_query_uses_what_engines_do_differently(asked: list[Asked], what: str) -> None:
    used = {each.name: found for each in asked if (found := re.findall(FORBIDDEN[what], each.query, re.IGNORECASE))}
    assert not used


def test_results_are_of_types_that_all_engines_have(asked: list[Asked]) -> None:
    kinds = {str(kind) for each in asked for kind in pq.read_schema(pa.BufferReader(each.result)).types}
    assert kinds <= {"int8", "int32", "int64", "double", "string", "bool"}
