"""The commands of `mathmill pipeline`: archives to a corpus."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mathmill.cli.options import Address, DrawSeed, EngineName, Json, RunFolder, Workers
from mathmill.data.errors import ConfigError
from mathmill.data.store.mounts import run_folder

pipeline_app = typer.Typer(no_args_is_help=True, help="Crawl to corpus.")


@pipeline_app.command("run")
def pipeline_run(
    recipe: Annotated[Path, typer.Argument(metavar="RECIPE", help="TOML file, such as recipes/corpus.toml")],
    out: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", parser=run_folder, help="of the run, or s3://..; default runs/NAME-OF-RECIPE"),
    ] = None,
    archives: Annotated[
        list[str] | None,
        typer.Option("--input", metavar="ARCHIVE", help="path, quoted glob, https://, s3:// or cc:CRAWL; repeatable"),
    ] = None,
    engine: EngineName = "local",
    address: Address = "",
    workers: Workers = None,
    memory: Annotated[
        int, typer.Option(min=64, metavar="MB", help="of queries on all pages; beyond it they spill")
    ] = 2048,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="over the recipe, as stages.language.keep='[\"en\"]'"),
    ] = None,
    error_budget: Annotated[
        float, typer.Option(min=0, max=1, metavar="SHARE", help="of pages or bytes that may fail")
    ] = 0.01,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="check everything, change nothing")] = False,
    as_json: Json = False,
) -> None:
    """Make a corpus of mathematics from web archives. Killed at any moment, the same command goes on."""
    from mathmill.pipeline.commands import check_plan, load, run
    from mathmill.pipeline.engines.choice import EngineChoice
    from mathmill.pipeline.show import show_plan, show_result

    folder = out or Path("runs") / recipe.stem
    resolved = load(recipe, archives or [], settings or [])
    if dry_run:
        show_plan(check_plan(resolved, folder), as_json)
    else:
        choice = EngineChoice(engine, workers, memory, address)
        show_result(run(resolved, folder, choice, error_budget), as_json)


@pipeline_app.command("keys")
def pipeline_keys(
    name: Annotated[
        str, typer.Argument(metavar="[STAGE or PASS]", help="such as select; without it all are listed")
    ] = "",
    as_json: Json = False,
) -> None:
    """Tell what a recipe can say: stages and passes, and the keys of one."""
    from mathmill.pipeline.keys import show_keys

    show_keys(name, as_json)


@pipeline_app.command("check")
def pipeline_check(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="archives: paths, globs, https:// or s3://")],
    as_json: Json = False,
) -> None:
    """Say what archives hold and what is lost in them. Exit code 65 if anything is."""
    from mathmill.pipeline.show import show_archives

    show_archives(files, as_json)


@pipeline_app.command("extract")
def pipeline_extract(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="HTML, .ipynb, .tex or .md file, or - for standard input")
    ],
    as_json: Json = False,
    jsonl: Annotated[
        bool,
        typer.Option(
            "--jsonl",
            help='FILE holds lines {"url", "html"}, may be .gz or .zst; prints lines {"url", "text", "formulas"}',
        ),
    ] = False,
    workers: Annotated[int, typer.Option(min=1, metavar="N", help="processes, with --jsonl")] = 1,
) -> None:
    """Print the text of a page, with its formulas as $...$ and $$...$$."""
    from mathmill.pipeline.show import show_extracted_lines, show_extraction

    if jsonl and as_json:
        raise ConfigError(
            "--json and --jsonl do not go together: with --jsonl all that is printed is JSON, a line a page"
        )
    if jsonl:
        show_extracted_lines(file, workers)
    else:
        show_extraction(file, as_json)


@pipeline_app.command("duplicates")
def pipeline_duplicates(
    run: RunFolder,
    n: Annotated[int, typer.Option("-n", min=0, help="clusters, the largest")] = 10,
    url: Annotated[str, typer.Option(metavar="URL", help="only the cluster of this page")] = "",
    as_json: Json = False,
) -> None:
    """Show which pages of a run were copies of which: clusters, and how alike."""
    from mathmill.pipeline.dedup.clusters_show import show_clusters

    show_clusters(run, as_json, n, url)


@pipeline_app.command("contamination")
def pipeline_contamination(
    run: RunFolder,
    n: Annotated[int, typer.Option("-n", min=0, help="hits, the longest")] = 10,
    benchmark: Annotated[str, typer.Option(metavar="NAME", help="only hits of this one, such as gsm8k/test")] = "",
    document: Annotated[str, typer.Option(metavar="ID", help="only hits in this Document")] = "",
    generic: Annotated[bool, typer.Option("--generic", help="hits of generic strings as well")] = False,
    as_json: Json = False,
) -> None:
    """Show what of the benchmarks stood in a run's pages: by benchmark, the hits, strings too generic to count."""
    from mathmill.data.unfinished import check_pass, tell_unfinished
    from mathmill.pipeline.decontaminate.summary import print_contamination

    check_pass(run, "decontaminate")
    print_contamination(run, n, benchmark, document, generic, as_json)
    tell_unfinished(run)


@pipeline_app.command("problems")
def pipeline_problems(
    run: RunFolder,
    n: Annotated[int, typer.Option("-n", min=0, help="problems")] = 3,
    seed: DrawSeed = 0,
    outcome: Annotated[str, typer.Option(help="show candidates that ended so, such as graded or no_answer")] = "",
    as_json: Json = False,
) -> None:
    """Count the problems that were harvested from a run's pages, and show some."""
    from mathmill.pipeline.harvest.show import show_problems

    show_problems(run, n, seed, outcome, as_json)


@pipeline_app.command("plan")
def pipeline_plan(
    recipe: Annotated[
        Path | None,
        typer.Argument(metavar="RECIPE", help="TOML file; the demo's corpus on a made-up web", show_default="none"),
    ] = None,
    archives: Annotated[
        list[str] | None,
        typer.Option("--input", metavar="ARCHIVE", help="of the sample: path, quoted glob, https:// or s3://"),
    ] = None,
    sample: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="archives drawn of them, by the recipe's seed", show_default="all"),
    ] = None,
    shards: Annotated[int, typer.Option(min=1, metavar="N", help="of the run that is forecast")] = 90_000,
    cores: Annotated[int, typer.Option(min=1, metavar="N", help="of the cluster")] = 1_000,
    nodes: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="that they are in", show_default="64 cores each")
    ] = None,
    node_memory: Annotated[
        float | None,
        typer.Option("--memory-per-node", min=0.1, metavar="GB", help="of a node", show_default="4 a core"),
    ] = None,
    bandwidth: Annotated[
        float | None,
        typer.Option(min=0.001, metavar="GBIT/S", help="of the download, in all", show_default="never waited for"),
    ] = None,
    pages_per_shard: Annotated[
        float | None, typer.Option(min=1, metavar="N", help="of the run's", show_default="as the sample's")
    ] = None,
    kept_share: Annotated[
        float | None,
        typer.Option(min=0.000001, max=1, metavar="SHARE", help="of pages, by stages", show_default="as the sample's"),
    ] = None,
    workers: Workers = None,
    memory: Annotated[
        int, typer.Option(min=64, metavar="MB", help="of queries, here and there; beyond it they spill")
    ] = 2048,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="over the recipe, as of `run`")
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="FOLDER", help="keep the sample's runs in it")] = None,
    as_json: Json = False,
) -> None:
    """Run a recipe on a sample here, and forecast what a whole dump takes: time, memory, disk and traffic by step."""
    from mathmill.demo.yardstick import sample_of
    from mathmill.pipeline.plan.plan import Measuring, Question, make_plan
    from mathmill.pipeline.plan.show import show_plan

    question = Question(shards, cores, nodes, node_memory, bandwidth, pages_per_shard, kept_share, memory)
    with sample_of(recipe, archives or [], settings or [], question) as (resolved, asked):
        show_plan(make_plan(resolved, asked, Measuring(sample, workers, memory, out)), as_json)
