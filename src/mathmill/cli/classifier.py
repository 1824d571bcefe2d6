"""The commands of `mathmill classifier`: what tells mathematics from other pages, and the loop that finds it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from mathmill.cli.options import Address, EngineName, Json, Workers
from mathmill.cli.page_text import text_of_file
from mathmill.data.errors import ConfigError
from mathmill.data.storage import local_folder
from mathmill.data.store.mounts import run_folder

classifier_app = typer.Typer(no_args_is_help=True, help="Tell mathematics from other pages.")

Recipe = Annotated[Path, typer.Argument(metavar="RECIPE", help="TOML file, such as recipes/classifier.toml")]
ClassifierFolder = Annotated[Path, typer.Argument(metavar="CLASSIFIER", help="folder of a classifier")]
RecipeOut = Annotated[
    Path | None,
    typer.Option(
        "--out", metavar="FOLDER", parser=run_folder, help="to work in, or s3://..; default runs/NAME-OF-RECIPE"
    ),
]
Out = Annotated[Path, typer.Option("--out", metavar="FOLDER", parser=run_folder, help="folder of the run, or s3://..")]
Settings = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="over the recipe, as fasttext.dim=64")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="check everything, change nothing")]
N = Annotated[int, typer.Option("-n", min=0, help="rows to list")]

CorpusRun = Annotated[
    Path | None, typer.Option("--run", metavar="RUN", parser=local_folder, help="pages that a corpus run kept")
]
Files = Annotated[
    list[str] | None,
    typer.Option("--files", metavar="GLOB", help="JSON lines or Parquet: path, quoted glob or folder; may be repeated"),
]
Hub = Annotated[str, typer.Option("--hub", metavar="ID", help="data set on the hub, read as a stream")]
HubConfig = Annotated[str, typer.Option("--hub-config", metavar="NAME", help="of the data set on the hub")]
Split = Annotated[str, typer.Option("--split", metavar="NAME", help="of the data set on the hub; default train")]
Revision = Annotated[str, typer.Option("--revision", metavar="NAME", help="commit, branch or tag of the data set")]
TextColumn = Annotated[str, typer.Option("--text-column", metavar="NAME", help="column of a page's text")]
UrlColumn = Annotated[str, typer.Option("--url-column", metavar="NAME", help="column of its address; empty for none")]
Most = Annotated[int | None, typer.Option("--most", min=1, metavar="N", help="only the first N pages, in one process")]


@classifier_app.command("train")
def classifier_train(
    recipe: Recipe,
    out: RecipeOut = None,
    settings: Settings = None,
    engine: EngineName = "local",
    address: Address = "",
    workers: Workers = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Train a classifier from seeds, once: the first round of `iterate`, of the same recipe, without its scores."""
    from mathmill.classifier.commands import check_plan
    from mathmill.classifier.recipe import LoopRecipe, TrainRecipe, part
    from mathmill.classifier.show import show_classifier, show_plan
    from mathmill.classifier.train import train
    from mathmill.data.config import load_recipe
    from mathmill.pipeline.engines.choice import EngineChoice, make_engine

    folder = out or Path("runs") / recipe.stem
    resolved = part(load_recipe(recipe, LoopRecipe, settings or []), TrainRecipe)
    if dry_run:
        show_plan(check_plan(resolved, folder), as_json)
    else:
        show_classifier(train(resolved, folder, make_engine(EngineChoice(engine, workers, address=address))), as_json)


@classifier_app.command("iterate")
def classifier_iterate(
    recipe: Recipe,
    out: RecipeOut = None,
    settings: Settings = None,
    engine: EngineName = "local",
    address: Address = "",
    workers: Workers = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Train, score, keep, find domains and patterns of mathematics, enlarge the seed set, again, until it stands."""
    from mathmill.classifier.commands import check_plan
    from mathmill.classifier.iterate import iterate
    from mathmill.classifier.recipe import LoopRecipe
    from mathmill.classifier.show import show_plan
    from mathmill.classifier.show_rounds import show_loop
    from mathmill.data.config import load_recipe
    from mathmill.pipeline.engines.choice import EngineChoice, make_engine

    folder = out or Path("runs") / recipe.stem
    resolved = load_recipe(recipe, LoopRecipe, settings or [])
    if dry_run:
        show_plan(check_plan(resolved, folder), as_json)
    else:
        show_loop(iterate(resolved, folder, make_engine(EngineChoice(engine, workers, address=address))), as_json)


@classifier_app.command("score")
def classifier_score(
    classifier: ClassifierFolder,
    out: Out,
    run: CorpusRun = None,
    files: Files = None,
    hub: Hub = "",
    config: HubConfig = "",
    split: Split = "",
    revision: Revision = "",
    text: TextColumn = "text",
    url: UrlColumn = "url",
    most: Most = None,
    engine: EngineName = "local",
    address: Address = "",
    workers: Workers = None,
    as_json: Json = False,
) -> None:
    """Score pages: a table a shard. Killed at any moment, the same command goes on."""
    from mathmill.classifier.commands import classifier_in, pages_of
    from mathmill.classifier.score import score
    from mathmill.classifier.show import show_scores
    from mathmill.pipeline.engines.choice import EngineChoice, make_engine

    pages = pages_of(run, files or [], (hub, config, split, revision), (text, url), most)
    show_scores(
        score(classifier_in(classifier), pages, out, make_engine(EngineChoice(engine, workers, address=address))),
        as_json,
    )


@classifier_app.command("calibrate")
def classifier_calibrate(
    classifier: ClassifierFolder,
    labels: Annotated[
        Path, typer.Option(metavar="FILE", help="JSON lines or Parquet with an address and a label a row")
    ],
    target: Annotated[
        str, typer.Option(metavar="NAME=VALUE", help="of the threshold: precision=0.95, recall=0.9 or tokens=1000000")
    ],
    out: Out,
    scores: Annotated[
        Path | None, typer.Option(metavar="RUN", parser=local_folder, help="scores of the labelled pages, made before")
    ] = None,
    run: CorpusRun = None,
    files: Files = None,
    hub: Hub = "",
    config: HubConfig = "",
    split: Split = "",
    revision: Revision = "",
    text: TextColumn = "text",
    url_column: UrlColumn = "url",
    most: Most = None,
    url: Annotated[str, typer.Option(metavar="NAME", help="column of the labels' addresses")] = "url",
    label: Annotated[str, typer.Option(metavar="NAME", help="column that is true for mathematics")] = "is_math",
    where: Annotated[
        list[str] | None, typer.Option(metavar="COLUMN=VALUE", help="only labels with this value; may be repeated")
    ] = None,
    by: Annotated[
        Literal["share", "low"], typer.Option(help="what has to reach the target: the share, or its lower bound")
    ] = "share",
    seed: Annotated[int, typer.Option(min=0, help="of the halves that sites are split in")] = 0,
    engine: EngineName = "local",
    address: Address = "",
    workers: Workers = None,
    as_json: Json = False,
) -> None:
    """Choose a threshold and make scores probabilities, by labelled pages; writes a new classifier."""
    from mathmill.classifier.commands import classifier_in, labels_of, source_of, target_of, tune_recipe
    from mathmill.classifier.show import show_tuned
    from mathmill.classifier.tuning import tune
    from mathmill.pipeline.engines.choice import EngineChoice, make_engine

    pages = source_of(scores, run, files or [], (hub, config, split, revision), (text, url_column), most)
    labelled = labels_of(labels, url, label, where or [])
    recipe = tune_recipe(classifier_in(classifier), labelled, pages, scores, target_of(target, by), seed)
    show_tuned(tune(recipe, out, make_engine(EngineChoice(engine, workers, address=address))), as_json)


@classifier_app.command("domains")
def classifier_domains(
    folder: Annotated[
        Path,
        typer.Argument(metavar="FOLDER", parser=run_folder, help="of `iterate` (its last round), a round, or scores"),
    ],
    threshold: Annotated[
        float | None, typer.Option(min=0, max=1, help="of scores: pages from it on are kept; default the classifier's")
    ] = None,
    n: N = 30,
    everything: Annotated[bool, typer.Option("--all", help="list all of them")] = False,
    patterns: Annotated[bool, typer.Option("--patterns", help="list the URL patterns of a round instead")] = False,
    as_json: Json = False,
) -> None:
    """List domains by pages kept, and which of them are mathematics; or the patterns found in these."""
    from mathmill.classifier.browse import find_domains, find_patterns
    from mathmill.classifier.show import show_domains, show_patterns

    if patterns and threshold is not None:
        raise ConfigError("--threshold and --patterns do not go together: patterns are those of a round")
    if patterns:
        show_patterns(*find_patterns(folder), n, everything, as_json)
    else:
        show_domains(find_domains(folder, threshold), n, everything, as_json)


@classifier_app.command("explain")
def classifier_explain(
    classifier: ClassifierFolder,
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="text or HTML of a page, or - for standard input")
    ] = None,
    run: CorpusRun = None,
    url: Annotated[str, typer.Option(metavar="URL", help="of a page in the corpus of --run")] = "",
    runs: Annotated[bool, typer.Option("--runs", help="list runs of words as the model has them, not words")] = False,
    n: N = 25,
    as_json: Json = False,
) -> None:
    """Tell why a page has its score: the words that made it, for and against."""
    from mathmill.classifier.commands import classifier_in
    from mathmill.classifier.meaning import meaning_of, text_in_run
    from mathmill.classifier.show import show_meaning

    if (file is None) == (run is None) or (run is None) == bool(url):
        raise ConfigError("name a FILE, or a corpus with --run and a page in it with --url")
    text = text_of_file(file) if file else text_in_run(run or Path(), url)
    show_meaning(meaning_of(text, classifier_in(classifier)), runs, n, as_json)
