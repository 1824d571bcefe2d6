"""Tables of tensors as safetensors files: one each, or several of limited size and an index of what is where.

    model.safetensors
    model-00001-of-00002.safetensors, model-00002-of-00002.safetensors, model.safetensors.index.json

Names and index are those by which transformers keeps a model, so that other tools read them.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from mathmill.data.errors import MathmillError
from mathmill.data.files import writing

#: Bytes of a file, unless a single tensor is larger. So much memory is needed where shares of tensors are put together.
FILE_BYTES = 4 * 10**9
_NAME = re.compile(r"(.+?)(?:-\d{5}-of-\d{5})?\.safetensors")

Tensors = Mapping[str, torch.Tensor]


@dataclass(frozen=True, slots=True)
class Part:
    """A file to be, and the tensors that it is to hold, or the shares of them that this process has."""

    name: str
    tensors: Tensors


def parts_of(stem: str, tensors: Tensors, limit: int) -> list[Part]:
    """The files that a table is written to, by names; they do not hang on how its tensors are spread or ordered."""
    tables: list[dict[str, torch.Tensor]] = [{}]
    left = limit
    for name, tensor in sorted(tensors.items()):
        size = _bytes(tensor)
        if size > left and tables[-1]:
            tables.append({})
            left = limit
        tables[-1][name] = tensor
        left -= size
    if len(tables) == 1:
        return [Part(f"{stem}.safetensors", tables[0])]
    return [
        Part(f"{stem}-{number:05}-of-{len(tables):05}.safetensors", table) for number, table in enumerate(tables, 1)
    ]


def index_of(stem: str, parts: Iterable[Part]) -> tuple[str, bytes] | None:
    """Name and content of the index of a table's files; a single file needs none."""
    places = {name: part.name for part in parts for name in part.tensors}
    if len(set(places.values())) < 2:
        return None
    index = {
        "metadata": {"total_size": sum(_bytes(tensor) for part in parts for tensor in part.tensors.values())},
        "weight_map": places,
    }
    return f"{stem}.safetensors.index.json", json.dumps(index, indent=1, sort_keys=True).encode() + b"\n"


def _bytes(tensor: torch.Tensor) -> int:
    return tensor.numel() * tensor.element_size()


def write_tensors(path: Path, tensors: Tensors) -> None:
    """Write a safetensors file; it is not waited for until it is on disk.

    Raises:
        DiskFull, CannotCreate: it cannot be written.
    """
    held = {name: tensor.detach().contiguous() for name, tensor in tensors.items()}
    with writing(path):
        try:
            save_file(held, path)
        except SafetensorError as error:
            raise os_error(error) from error
        # The library makes files that nobody else can read.
        path.chmod(path.parent.stat().st_mode & 0o666)


def os_error(error: SafetensorError) -> Exception:
    """What the library's writing met, which it only tells in words; the error itself where that was no `OSError`."""
    told = re.search(r"\(os error (\d+)\)", str(error))
    number = int(told[1]) if told else 0
    return OSError(number, os.strerror(number)) if number else MathmillError(f"tensors cannot be written: {error}")


def read_tensors(folder: Path, names: Iterable[str]) -> dict[str, dict[str, torch.Tensor]]:
    """The tables of a folder's safetensors files, by stem; `names` are all files of it.

    The tensors are the files' own bytes, of which none is read before it is used.
    """
    tables: dict[str, dict[str, torch.Tensor]] = {}
    for name in sorted(names):
        if found := _NAME.fullmatch(name):
            tables.setdefault(found[1], {}).update(load_file(folder / name))
    return tables
