"""The held-out labelled set: addresses with a label, whose registered domains never train.

Not what a classifier learns from, but what it is judged by.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from mathmill.classifier.recipe import Labels
from mathmill.data.domains import registered_domain
from mathmill.data.errors import ConfigError, DamagedInput, InputMissing
from mathmill.data.files import file_sha256
from mathmill.data.table_files import RowKind, Table, table_file

_KIND = RowKind("label", '{"url": "https://..", "is_math": true}')


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Labels by address; every domain of the file's addresses, whether its rows were chosen or not; the file's hash."""

    labels: Mapping[str, bool]
    domains: frozenset[str]
    sha256: str


NOTHING = HeldOut({}, frozenset(), "")


def held_out(labels: Labels | None) -> HeldOut:
    """Read a labelled set; once per process and file.

    Raises:
        InputMissing, DamagedInput: the file cannot be read, or an address has two labels.
        ConfigError: it has other columns, or none of its rows is chosen.
    """
    if labels is None:
        return NOTHING
    try:
        stat = labels.file.stat()
    except OSError as error:
        raise InputMissing(
            f"no labels at {labels.file} ({error.strerror}): name a file of them as labels.file"
        ) from error
    return _read(labels.model_dump_json(), (stat.st_ino, stat.st_size, stat.st_mtime_ns))


@lru_cache(maxsize=2)
def _read(labels_json: str, _identity: tuple[int, int, int]) -> HeldOut:
    labels = Labels.model_validate_json(labels_json)
    wanted = (labels.url, labels.label, *labels.where)
    table = table_file(labels.file, wanted, _KIND)
    _check_columns(labels, table, wanted)
    found: dict[str, bool] = {}
    domains = set()
    for place, row in table.rows:
        url = str(row.get(labels.url) or "")
        if not url:
            continue  # there is no page to find by it
        domains.add(registered_domain(url))
        if any(str(row.get(column)).casefold() != value.casefold() for column, value in labels.where.items()):
            continue
        label = _is_true(labels, place, row)
        if found.setdefault(url, label) != label:
            raise DamagedInput(f"{labels.file}, {place}: {url} has both labels in this file: keep one of them")
    if len(set(found.values())) < 2:
        raise ConfigError(
            f"{labels.file}: of the rows chosen {sum(found.values())} are mathematics and "
            f"{len(found) - sum(found.values())} are not; both are needed: mend labels.label or labels.where"
        )
    return HeldOut(found, frozenset(domains), file_sha256(labels.file))


def _check_columns(labels: Labels, table: Table, wanted: tuple[str, ...]) -> None:
    missing = [name for name in wanted if name not in table.names]
    if missing:
        raise ConfigError(
            f"{labels.file} has no column {', '.join(map(repr, missing))}; it has {', '.join(table.names)}: "
            "name them as labels.url, labels.label and in labels.where"
        )


def _is_true(labels: Labels, place: str, row: Mapping[str, Any]) -> bool:
    value = row.get(labels.label)
    if isinstance(value, bool):
        return value
    if isinstance(value, int) and value in (0, 1):
        return bool(value)
    raise DamagedInput(f"{labels.file}, {place}: {labels.label} is {value!r}: write true or false")
