"""What the commands of the pipeline print."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson

from mathmill.data.errors import ConfigError, DamagedInput, InputMissing
from mathmill.data.json_lines import opened, read_lines
from mathmill.data.runs import load_manifest
from mathmill.data.storage import expand
from mathmill.data.store.mounts import mount_of, shown
from mathmill.data.terminal import clean, counted, one_line, print_json, print_table
from mathmill.data.unfinished import tell_unfinished, unfinished
from mathmill.eval.harness.publishing import BENCHMARK
from mathmill.eval.harness.show import print_results
from mathmill.pipeline.commands import Plan
from mathmill.pipeline.corpus import CORPUS
from mathmill.pipeline.explain import describe, explain
from mathmill.pipeline.funnel import LOSS_COLUMNS, STEP_COLUMNS, loss_cells, step_cells
from mathmill.pipeline.pass_lines import minds, pass_lines
from mathmill.pipeline.passes.base import TRAIN
from mathmill.pipeline.runner import CORPUS_KIND, RunResult


def show_plan(plan: Plan, as_json: bool) -> None:
    """What a run would do."""
    if as_json:
        print_json(plan.as_dict())
        _print_minds(plan.minds)
        return
    _print_plan(plan)
    _print_minds(plan.minds)
    print("Nothing was changed.")


def show_result(result: RunResult, as_json: bool) -> None:
    """What a run came to."""
    if as_json:
        read = {"archives_read": result.fresh, "seconds": result.seconds}
        passes = {"funnel": result.funnel.as_dict(), "passes": result.told}
        print_json({"run": shown(result.folder), **read, **passes})
    else:
        _print_result(result)
    _print_minds(minds(result.told))


def _print_plan(plan: Plan) -> None:
    """The recipe first, since it is long: what is to be seen stands at the end."""
    print(f"The recipe, with every default:\n{plan.recipe}\n")
    size = counted(plan.bytes_in, "byte") if not plan.unsized else f"{plan.unsized:,} of them out of a crawl"
    print(f"{plan.to_do:,} of {counted(plan.archives, 'archive')} to do, {size} in all -> {plan.folder} ({plan.state})")
    for name in plan.suspect:
        print(f"  {one_line(name)} does not begin as an archive does")
    if plan.benchmarks:
        print()
        columns = ("pass", "benchmark", "problems", "sha256", "from")
        print_table(
            columns, [(each.use, each.name, each.problems, each.sha256[:12], each.origin) for each in plan.benchmarks]
        )
        print()
    print(f"free there: {plan.free_bytes / 1e9:,.1f} GB")


def _print_result(result: RunResult) -> None:
    funnel = result.funnel.as_dict()
    print_funnel(funnel)
    print()
    _print_passes(funnel, result.told)
    if result.fresh:
        rate = result.fresh_pages / result.seconds
        print(
            f"{counted(result.fresh, 'archive')} in {result.seconds:,.1f} s: {rate:,.0f} pages/s, "
            f"peak {result.tally.peak_mb:,.0f} MB a process"
        )
    else:
        print("no archive was read: every archive is done already")
    if result.gone:
        print(f"taken out, since they are inputs no longer: {', '.join(result.gone)}")
    advice = f"open it with {_opening(result.folder)}" if result.funnel.kept else "nothing to open"
    size = counted(result.funnel.kept, "page")
    print(f"corpus: {shown(result.folder)} ({size}; {advice}); its README.md tells what each pass found")


def _opening(folder: Path) -> str:
    """What a person calls to read the corpus: `datasets` takes an address for files alone, and not for a folder."""
    if mount_of(folder) is None:
        return "datasets.load_dataset"
    return f'datasets.load_dataset("parquet", data_files="{shown(folder)}/{CORPUS}/{TRAIN}-*.parquet")'


def print_funnel(funnel: dict[str, Any]) -> None:
    """The funnel, and what the gates cost."""
    print_table(STEP_COLUMNS, map(step_cells, funnel["steps"]))
    if funnel["lost_spans"]:
        lost = f"{counted(funnel['lost_spans'], 'span')}, {counted(funnel['lost_bytes'], 'byte')}"
        print(f"lost to damaged archives: {lost}")
    if funnel["gates"]:
        print()
        print_table(LOSS_COLUMNS, map(loss_cells, funnel["gates"]))


def _print_minds(said: Iterable[str]) -> None:
    """On stderr, so that what is printed for programs stays whole; behind it all, where it is seen."""
    sys.stdout.flush()
    for each in said:
        print(f"mind: {one_line(each)}", file=sys.stderr, flush=True)


def _print_passes(funnel: dict[str, Any], told: Mapping[str, Any]) -> None:
    """What each pass came to, and an empty line; nothing where there is none."""
    for line in pass_lines(funnel["steps"], told):
        print(line)
    if told:
        print()


def show_run(folder: Path, as_json: bool) -> None:
    """A finished run's manifest, in short.

    Raises:
        InputMissing: there is no run, or it is not finished.
    """
    if said := unfinished(folder):
        raise InputMissing(said)
    manifest = load_manifest(folder)
    if as_json:
        print_json(manifest)
        return
    code = ", ".join(manifest["code"])
    seed = manifest.get("seed", manifest["config"].get("seed"))
    print(f"{shown(folder)}: {manifest['kind']} {manifest['run']}, seed {seed}, code {code}")
    if manifest["kind"] == BENCHMARK:
        print()
        print_results(manifest["results"])
        return
    if "outcome" in manifest:  # of a training
        for line in _training_lines(manifest):
            print(line)
        return
    counts = ", ".join(_count_words(manifest["counts"]))
    inputs, outputs = (counted(len(manifest[name]), name.removesuffix("s")) for name in ("inputs", "outputs"))
    if manifest["kind"] != CORPUS_KIND:
        print(f"{inputs}; {outputs}\n{counts}")
        return
    archives = counted(len(manifest["inputs"]), "archive")
    print(f"{archives}, {counted(manifest['bytes'], 'byte')}; {outputs}\n{counts}\n")
    print_funnel(manifest["funnel"])
    print()
    _print_passes(manifest["funnel"], manifest.get("passes", {}))


def _training_lines(manifest: Mapping[str, Any]) -> Iterator[str]:
    """What came of a training, and of what it read, by part or source; then its sums."""
    yield counted(len(manifest["outputs"]), "output")
    yield ", ".join(_figures(manifest["outcome"]))
    data = manifest["data"]
    for part in (*data.get("parts", ()), *data.get("sources", ())):
        name = one_line(part.get("part", part.get("source", "")))
        yield f"{name}: {', '.join((*_figures(part), *_count_words({'dropped': part.get('dropped', {})})))}"
    if held := data.get("held_out"):
        yield f"held out: {', '.join(_figures(held))}"
    if figures := ", ".join(_figures(data)):
        yield f"trained: {figures}"


def _figures(values: Mapping[str, Any]) -> Iterator[str]:
    """`name 1,234` of each that is a number."""
    for name, value in values.items():
        if isinstance(value, int | float):
            yield f"{one_line(name)} {value:,}" if isinstance(value, int) else f"{one_line(name)} {value:,.4g}"


def _count_words(counts: Mapping[str, Any]) -> Iterator[str]:
    """`name 1,234` of each count; of those by reason their sum, and the reasons."""
    for name, count in counts.items():
        reasons = dict(count) if isinstance(count, Mapping) else {}
        of = f" ({', '.join(f'{reason} {each:,}' for reason, each in reasons.items())})" if reasons else ""
        yield f"{name} {sum(reasons.values()) if isinstance(count, Mapping) else count:,}{of}"


def show_explanation(folder: Path, page: str, as_json: bool) -> None:
    """What happened to a page, by its address or id."""
    found = explain(folder, page)
    tell_unfinished(folder)
    if as_json:
        print_json([asdict(each) for each in found])
        return
    for position, each in enumerate(found):
        if position:
            print()
        for line in describe(each):
            print(clean(line))


def show_archives(files: list[str], as_json: bool) -> None:
    """What archives hold.

    Raises:
        DamagedInput: something in them is lost, or one is no archive.
        ConfigError: one is to be fetched from a crawl first.
    """
    from mathmill.pipeline.check import check_archive
    from mathmill.pipeline.check import describe as describe_archive
    from mathmill.pipeline.fetch.streaming import is_stream

    if to_fetch := [file for file in files if is_stream(file)]:
        raise ConfigError(
            f"{to_fetch[0]} is not here: fetch archives with `mathmill fetch CRAWL --shards N`, which looks them over "
            "as they come, and name its files, RUN/archives/*.gz. A run that fetches them counts what is lost by itself"
        )

    errors = []
    for file in expand(files):
        report = check_archive(file)
        print(orjson.dumps(report.to_json()).decode() if as_json else clean(describe_archive(report)))
        if report.error is not None:
            errors.append(report.error)
    if errors:
        others = counted(len(errors) - 1, "more of the files is", "more of the files are")
        more = f"; {others} damaged" if len(errors) > 1 else ""
        raise DamagedInput(one_line(errors[0] + more))


def show_extraction(file: Path, as_json: bool) -> None:
    """The text of one page."""
    from mathmill.pipeline.extraction import extract

    with opened(file) as source:
        body = source.read()
    if body.startswith(b"WARC/"):
        raise ConfigError(f"{file} is an archive and no HTML page: use `mathmill pipeline check` or `pipeline run`")
    if body.startswith((b"\x1f\x8b", b"\x28\xb5\x2f\xfd")):
        raise ConfigError(
            f"{file} is compressed: use --jsonl if it holds lines of JSON, `mathmill pipeline check` if it is an "
            "archive; unpack a page first"
        )
    if body.startswith((b"%PDF-", b"\x89PNG", b"GIF8", b"\xff\xd8\xff", b"PK\x03\x04")):
        raise DamagedInput(f"{file} is no text but a PDF, a picture or an archive: turn it into HTML first")
    if body.startswith(b"{") and b'"html"' in body.partition(b"\n")[0] and not body.startswith(b'{"cells"'):
        raise ConfigError(f"{file} holds lines of JSON: use --jsonl")
    extraction = extract(body, url=None if str(file) == "-" else file.name)
    if as_json:
        print_json(asdict(extraction))
    else:
        print(clean(extraction.text) if sys.stdout.isatty() else extraction.text)


def show_extracted_lines(file: Path, workers: int) -> None:
    """The text of each page of a file of JSON lines, as JSON lines.

    Raises:
        DamagedInput: a line could not be read, or its page not be extracted.
    """
    from mathmill.pipeline.isolate import ItemLimits
    from mathmill.pipeline.json_lines import extract_lines
    from mathmill.pipeline.recipe import PageLimits

    allowed = PageLimits()
    limits = ItemLimits(allowed.seconds, allowed.megabytes)
    failed, count, first = 0, 0, ""
    # Closed at once where printing fails: the batches in work would go on to their end.
    with opened(file) as source, closing(extract_lines(read_lines(source), limits, workers)) as found:
        for line in found:
            count += 1
            sys.stdout.buffer.write(orjson.dumps(line) + b"\n")
            if "error" in line:
                failed += 1
                first = first or line["error"]
    if failed:
        have = "has" if failed == 1 else "have"
        raise DamagedInput(
            f"{failed:,} of {counted(count, 'line')} of {file} failed and {have} an `error`, the first is {first}"
        )
