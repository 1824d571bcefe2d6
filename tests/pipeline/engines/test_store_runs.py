"""A whole run out of a crawl into object storage, by workers that share no folder; slow."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from mathmill.data.store.kept_files import SCRATCH
from tests.data.store.s3_server import S3Server
from tests.pipeline.engines.clusters import ray_cluster
from tests.pipeline.fetch.crawl_server import CRAWL, Page, crawl_server, make_crawl
from tests.pipeline.test_passes_run import PAGES, QUESTION, RECIPE
from tests.pipeline.test_passes_run import digest as digest_of_folder
from tests.pipeline.test_store_run import digest
from tests.warm import cold

pytest.importorskip("ray", reason="needs the extra ray")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def crawl(s3: S3Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with a recipe that reads from the crawl's server, and its run by the local engine.

    All of it is there before any cluster, whose nodes are told by their environment where the store is.
    """
    folder = tmp_path_factory.mktemp("crawl")
    os.environ[SCRATCH] = str(folder / "scratch")  # the server's end puts the environment back
    with crawl_server(make_crawl(3, [Page(url, html) for url, html in PAGES])) as served:
        recipe = RECIPE.replace("web/*.warc.gz", f"cc:{CRAWL}/warc?shards=3")
        (folder / "recipe.toml").write_text(f'{recipe}\n[fetching]\nmirror = "{served.url}"\n')
        (folder / "exam.jsonl").write_bytes(orjson.dumps({"question": QUESTION, "answer": "1428"}) + b"\n")
        code, _, err = cold("pipeline", "run", "recipe.toml", "--out", "local/run", "--workers", "2", cwd=folder)
        assert code == 0, err
        yield folder


def test_two_nodes_of_ray_give_the_local_engines_bytes(crawl: Path, s3: S3Server) -> None:
    out = "s3://bucket/ray/run"
    with ray_cluster(1, 1) as cluster:
        options = ("--out", out, "--engine", "ray", "--address", cluster.address)
        code, said, err = cold("pipeline", "run", "recipe.toml", *options, cwd=crawl)
    assert code == 0, err
    assert f"corpus: {out} (" in said
    assert digest(s3, out) == digest_of_folder(crawl / "local/run")
