"""What `make demo` shows of the classifier: it learns from the corpus that the evidence rule made, in two rounds."""

from __future__ import annotations

import hashlib
from pathlib import Path

import orjson

from mathmill.classifier.iterate import LoopResult, iterate
from mathmill.classifier.recipe import Keep, Labels, LoopRecipe, Negatives, Positives
from mathmill.classifier.settings import FastText
from mathmill.data.domains import registered_domain
from mathmill.data.engine import Engine
from mathmill.data.page_files import Pages
from mathmill.demo.world import World
from mathmill.pipeline.cheap_text import CheapText
from mathmill.pipeline.decode import Decode
from mathmill.pipeline.extract import Extract
from mathmill.pipeline.language import Language
from mathmill.pipeline.recipe import Audit, PipelineRecipe

#: All pages with their text, mathematics or not.
STAGES = (Decode(), CheapText(min_score=0.0), Language(), Extract())


def pages_recipe(world: World) -> PipelineRecipe:
    """Every page of the made-up web; nothing is rejected, so there is nothing to audit."""
    archives = str(world.folder / "*.warc.gz")
    return PipelineRecipe(archives=(archives,), audit=Audit(rate=0.0), stages=STAGES)


def learn(world: World, corpus: Path, pages: Path, folder: Path, engine: Engine) -> LoopResult:
    """Run the loop in `folder`: seeds are the pages of the run `corpus`, the crawl is the run `pages`.

    Half of the sites are held out with their labels.
    """
    labels = folder.with_name("labels.jsonl")
    labels.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in _held_out(world)))
    recipe = LoopRecipe(
        crawl=Pages(run=pages),
        positives=Positives(pages=Pages(run=corpus), per_domain=20),
        negatives=Negatives(count=150),
        fasttext=FastText(dim=16, lr=0.5, epoch=5, min_count=2, bucket=50_000),
        labels=Labels(file=labels),
        keep=Keep(share=0.5),
        rounds=2,
        stop_at=1.0,
    )
    return iterate(recipe, folder, engine)


def _held_out(world: World) -> list[dict[str, object]]:
    """The pages of half of the sites, by a hash of each, as rows of a labelled set."""
    truth = (orjson.loads(line) for line in world.truth.read_bytes().splitlines())
    return [
        {"url": page["url"], "is_math": page["is_math"]}
        for page in truth
        if page["page"] and not page["lost"] and _is_held_out(registered_domain(page["url"]))
    ]


def _is_held_out(site: str) -> bool:
    return hashlib.blake2b(site.encode(), digest_size=1).digest()[0] % 2 == 0
