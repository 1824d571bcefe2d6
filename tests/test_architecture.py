"""Who may import whom, how files are named from outside, and how long one may be."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
FOLDERS = {"data", "classifier", "eval", "pipeline", "train", "demo"}
MAY_IMPORT = {
    "data": {"data"},
    "classifier": {"classifier", "data"},
    "eval": {"eval", "data"},
    "pipeline": {"pipeline", "data", "classifier", "eval"},
    "train": {"train", "data", "eval"},
    "demo": FOLDERS,
}
# The layers between a page and its text, and what each knows beside itself.
KNOWS = {
    "dom": set(),
    "notation": {"dom"},
    "formulas": {"dom", "notation"},
    "body": {"dom"},
    "manuscripts": {"dom", "notation", "formulas"},
}


@cache
def imports(path: Path) -> tuple[tuple[str, ...], ...]:
    """Dotted names of everything a file imports, wherever it does so."""
    return tuple(_imports(path))


def _imports(path: Path) -> Iterator[tuple[str, ...]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (tuple(alias.name.split(".")) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.module and not node.level, f"{path}:{node.lineno}: relative import"
            yield from ((*node.module.split("."), alias.name) for alias in node.names)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_folders_import_only_what_they_may(path: Path) -> None:
    folder = path.relative_to(ROOT / "src" / "mathmill").parts[0]
    for name in imports(path):
        if folder in MAY_IMPORT and name[0] == "mathmill" and len(name) > 1:
            assert name[1] != "cli", f"{path} imports the command line"
            assert name[1] not in FOLDERS - MAY_IMPORT[folder], f"{path}: {folder} may not import {'.'.join(name)}"


@pytest.mark.parametrize("layer", KNOWS)
def test_layers_of_extraction_know_only_what_is_below(layer: str) -> None:
    for path in (ROOT / "src" / "mathmill" / "pipeline" / layer).rglob("*.py"):
        for name in imports(path):
            if name[:2] == ("mathmill", "pipeline"):
                assert name[2] in KNOWS[layer] | {layer}, f"{path}: {layer} may not import {'.'.join(name)}"


def test_nothing_is_imported_by_the_name_of_a_link() -> None:
    for path in [*SOURCES, *(ROOT / "tests").rglob("*.py"), *(ROOT / "benchmarks").rglob("*.py")]:
        for name in imports(path):
            assert name[0] not in FOLDERS, f"{path} imports {'.'.join(name)}: write mathmill.{name[0]}"


def test_the_links_lead_to_the_package() -> None:
    for folder in FOLDERS - {"demo"}:
        assert (ROOT / folder).resolve() == ROOT / "src" / "mathmill" / folder


def test_no_file_is_longer_than_400_lines() -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in SOURCES}
    assert {name: length for name, length in lengths.items() if length > 400} == {}
