"""The Run of whole archives: drawn from a crawl's listing, fetched side by side, each committed when it is checked.

OUT/
  listing.paths.gz   the paths that were drawn, as a crawl lists them
  archives/          the archives under their names in the crawl
  parts/             those that are on their way; gone when all are here
"""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mathmill.data.errors import CannotCreate, ConfigError, DamagedInput, DiskFull, InputMissing, MathmillError
from mathmill.data.files import Output, reach, sync_folder, writing
from mathmill.data.ledger import Ledger
from mathmill.data.progress import Outlook, progress_shown
from mathmill.data.runs import Run, code_version, committed_outputs
from mathmill.data.terminal import counted
from mathmill.data.units import make_unit, publish_files, source_hash
from mathmill.pipeline.fetch.crawls import archive_name, archive_paths, drawn
from mathmill.pipeline.fetch.download import Fetched, fetch_archive
from mathmill.pipeline.fetch.pace import Pace, waits_shown
from mathmill.pipeline.fetch.recipe import ArchivesRecipe
from mathmill.pipeline.fetch.servers import Server

KIND = "archives"
ARCHIVES, PARTS, _LISTING = "archives", "parts", "listing.paths.gz"
_NOTED = "listing"  # the unit of it


@dataclass(frozen=True, slots=True)
class ArchivesResult:
    """What a fetch of archives came to."""

    folder: Path
    archives: int
    bytes: int
    records: int
    fresh: int  # archives that this execution fetched


def open_archives_run(recipe: ArchivesRecipe, folder: Path) -> Run:
    """The Run; its measure may grow later, and what is here stays."""
    return Run(folder, recipe, KIND, {}, {"shards": {}, "bytes": {}})


def run_archives(recipe: ArchivesRecipe, folder: Path, server: Server, parallel: int) -> ArchivesResult:
    """Fetch the archives that `recipe` draws into `folder`, or finish it; those that are here are left.

    Raises:
        InputMissing: archives cannot be had; the others are here.
        DamagedInput: all that are missing are damaged where they are.
        ConfigError: more are here than are asked for.
        Locked, CannotCreate, DiskFull: see `mathmill.data.errors`.
    """
    names = plan_archives(recipe, folder, server)  # before the run is opened: what is refused leaves it as it was
    paths = list(names)
    with open_archives_run(recipe, folder) as run:
        _check_grown(run.folder, run.ledger, names)
        _put_back(run)
        _note_listing(run, recipe, paths)
        todo = [path for path in paths if not _is_here(run, path, names[path])]
        if todo:
            run.reopen()
            _fetch_all(run, server, {path: names[path] for path in todo}, parallel)
        with writing(folder / PARTS):
            shutil.rmtree(folder / PARTS, ignore_errors=True)
        lines = {path: run.ledger.lines[f"archive/{names[path]}"] for path in sorted(paths)}
        outputs = {path: line["outputs"][f"{ARCHIVES}/{names[path]}"] for path, line in lines.items()}
        size, records = (sum(output[key] for output in outputs.values()) for key in ("size", "rows"))
        if not run.is_done:
            inputs = [
                {
                    "name": names[path],
                    "uri": f"cc:{path}",
                    "size": output["size"],
                    "fingerprint": f"sha256:{output['sha256']}",
                }
                for path, output in outputs.items()
            ]
            run.finish(inputs, {"counts": {"archives": len(paths), "records": records}, "bytes": size}, {})
        return ArchivesResult(folder, len(paths), size, records, len(todo))


def plan_archives(recipe: ArchivesRecipe, folder: Path, server: Server) -> dict[str, str]:
    """The names of the archives that a recipe draws, by path, in the order of the draw; changes nothing.

    Raises:
        ConfigError: the crawl has not so many, none fits, or `folder` holds more, or another run.
        InputMissing, DamagedInput: the listing cannot be had.
    """
    open_archives_run(recipe, folder).inspect()
    ledger = Ledger(folder)
    line = ledger.lines.get(_NOTED, {})
    if line.get("source") == _source(recipe) and ledger.is_done(_NOTED):
        paths = gzip.decompress((folder / _LISTING).read_bytes()).decode().split()
    else:
        with waits_shown("reading the listing", server.pace):
            paths = _drawn(recipe, server)
    names = {path: archive_name(path) for path in paths}
    _check_names(names)
    _check_grown(folder, ledger, names)
    return names


def _drawn(recipe: ArchivesRecipe, server: Server) -> list[str]:
    order = drawn(archive_paths(server, recipe.crawl, recipe.kind), recipe.seed)
    if recipe.shards is not None:
        if recipe.shards > len(order):
            raise ConfigError(f"{recipe.crawl} has {counted(len(order), f'{recipe.kind} archive')}: ask for no more")
        return order[: recipe.shards]
    most = left = recipe.bytes or 0
    for number, path in enumerate(order):
        size = server.size(path)
        if size > left:
            if number:
                return order[:number]
            raise ConfigError(
                f"the first archive of the draw has {size:,} bytes, more than {most:,}: allow that many at least"
            )
        left -= size
    return order


def _source(recipe: ArchivesRecipe) -> str:
    """What the listing is made from."""
    return source_hash(recipe.model_dump(mode="json"))


def _note_listing(run: Run, recipe: ArchivesRecipe, paths: Sequence[str]) -> None:
    def make() -> tuple[Mapping[str, Output], Mapping[str, Any]]:
        text = "".join(f"{path}\n" for path in paths)
        return publish_files(run.folder, {_LISTING: gzip.compress(text.encode(), mtime=0)}), {}

    make_unit(run, _NOTED, _source(recipe), make)


def _put_back(run: Run) -> None:
    """Move archives whose process died before it noted them to those on their way: they need not be fetched again."""
    committed = committed_outputs(run.ledger)
    run.clear_leftovers(())
    for path in sorted((run.folder / ARCHIVES).glob("*")):
        if f"{ARCHIVES}/{path.name}" not in committed:
            with writing(path):
                (run.folder / PARTS).mkdir(exist_ok=True)
                path.replace(run.folder / PARTS / path.name)


def _is_here(run: Run, path: str, name: str) -> bool:
    """Whether an archive is noted and has its size; `mathmill runs check` reads its bytes again, which takes long."""
    line = run.ledger.lines.get(f"archive/{name}")
    if line is None or line["path"] != path:
        return False
    size: int = line["outputs"][f"{ARCHIVES}/{name}"]["size"]
    return size_of(run.folder / ARCHIVES / name) == size


def _check_names(names: Mapping[str, str]) -> None:
    paths = {name: path for path, name in names.items()}
    if twice := sorted(names.keys() - set(paths.values())):
        raise DamagedInput(f"the listing has two archives {names[twice[0]]}, such as {twice[0]}: report a bug")


def _check_grown(folder: Path, ledger: Ledger, names: Mapping[str, str]) -> None:
    here = {unit.removeprefix("archive/") for unit in ledger.lines if unit.startswith("archive/")}
    if more := here - set(names.values()):
        raise ConfigError(
            f"{folder} holds {counted(len(more), 'archive')} more than are asked for: ask for at least "
            f"{len(here):,}, or choose another folder with --out"
        )


def _fetch_all(run: Run, server: Server, names: Mapping[str, str], parallel: int) -> None:
    failed: dict[str, MathmillError] = {}
    board = _Board(run.folder / PARTS, len(names), server.pace)
    with progress_shown(board.outlook):
        for path, result in _side_by_side(server, run.folder, names, parallel):
            if isinstance(result, DiskFull | CannotCreate):
                raise result
            if isinstance(result, MathmillError):
                failed[path] = result
                continue
            _commit(run, path, names[path], result)
            board.add(result.size)
    if failed:
        kind = DamagedInput if all(isinstance(error, DamagedInput) for error in failed.values()) else InputMissing
        causes = "; ".join(f"{names[path]} ({error})" for path, error in sorted(failed.items())[:5])
        raise kind(
            f"{len(failed):,} of {counted(len(names), 'archive')} could not be fetched, the others are here: {causes}. "
            "Run the same command to try them again"
        )


def _side_by_side(
    server: Server, folder: Path, names: Mapping[str, str], parallel: int
) -> Iterator[tuple[str, Fetched | MathmillError]]:
    """Fetch archives `parallel` at a time; each path with what came of it, in any order."""
    waiting = iter(names.items())
    running: dict[Future[Fetched], str] = {}
    with ThreadPoolExecutor(parallel) as pool:
        try:
            while True:
                while len(running) < parallel and (following := next(waiting, None)) is not None:
                    path, name = following
                    running[pool.submit(fetch_archive, server, path, folder / PARTS / name)] = path
                if not running:
                    return
                for future in wait(running, timeout=1.0, return_when=FIRST_COMPLETED).done:
                    error = future.exception()
                    if error is not None and not isinstance(error, MathmillError):
                        raise error
                    yield running.pop(future), future.result() if error is None else error
        except BaseException:  # a signal, or the caller left: end what is under way, its parts stay
            server.stop()
            raise


def _commit(run: Run, path: str, name: str, fetched: Fetched) -> None:
    """Put a checked archive in its place and note it."""
    target = run.folder / ARCHIVES / name
    with writing(target):
        target.parent.mkdir(exist_ok=True)
        fetched.path.replace(target)
        sync_folder(target.parent)
    reach("renamed")
    output = Output(fetched.sha256, fetched.size, fetched.records)
    run.ledger.append(f"archive/{name}", {f"{ARCHIVES}/{name}": output}, {"path": path, "code": code_version()})


class _Board:
    """How far a fetch is."""

    def __init__(self, parts: Path, archives: int, pace: Pace) -> None:
        self._parts = parts
        self._pace = pace
        self._archives = archives
        self._done = self._bytes = 0

    def add(self, size: int) -> None:
        self._done += 1
        self._bytes += size

    def outlook(self) -> Outlook:
        on_the_way = sum(size_of(path) for path in self._parts.glob("*.part"))
        facts = (
            f"{self._done:,} of {counted(self._archives, 'archive')}, {(self._bytes + on_the_way) / 1e6:,.1f} MB here"
        )
        return Outlook(self._done / self._archives, facts + self._pace.waiting, None)


def size_of(path: Path) -> int:
    """Bytes of a file that may go at any moment."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
