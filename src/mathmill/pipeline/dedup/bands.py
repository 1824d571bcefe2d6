"""The first unit of near-duplicates on a shard: each Document's bands, and what its copies are ranked by.

Nothing of a text is held but a piece of it, so memory does not grow with the longest page (some 6 MB, and ten thousand
rows). About 0.6 ms for a Document of a thousand words, half of it for tokens.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mathmill.data.files import Output, Staging
from mathmill.data.shards import count_parquet
from mathmill.pipeline.dedup.copies import COPY_COLUMNS, copy_row
from mathmill.pipeline.dedup.minhash import Signature, band_keys, signature
from mathmill.pipeline.dedup.near_tables import BANDS, COPIES, Columns, Table, band_names
from mathmill.pipeline.dedup.shingles import Hashes, nothing, shingles, token_pieces
from mathmill.pipeline.passes.base import PassTask

if TYPE_CHECKING:
    from mathmill.pipeline.dedup.near import NearDuplicates


def text_signature(text: str, size: int, hashes: int) -> Signature:
    """The signature of a text's shingles of `size` tokens."""
    least: Signature | None = None
    carried = np.empty(0, np.uint64)
    for found, _, _ in token_pieces(text):
        chunk = np.concatenate([carried, found]) if len(carried) else found
        carried = chunk
        if len(chunk) >= size:
            least = signature(shingles(chunk, size), hashes, least)
            carried = chunk[len(chunk) - size + 1 :]
    return signature(shingles(carried if len(carried) else nothing(text), size), hashes) if least is None else least


def text_bands(text: str, size: int, bands: int, rows: int) -> Hashes:
    """The bands of a text, of shape (bands,)."""
    return band_keys(text_signature(text, size, bands * rows), bands, rows)


def measure_bands(task: PassTask) -> dict[str, Output]:
    """Write and publish the bands of a shard's Documents, and beside them the rows by which copies are ranked."""
    by: NearDuplicates = task.by
    staging = Staging(task.folder)
    names = [f"{folder}/{task.shard}.parquet" for folder in (BANDS, COPIES)]
    paths = [staging.stage(name, count_parquet) for name in names]
    columns = band_names(by.bands)
    with Table(paths[0], band_columns(by.bands)) as bands, Table(paths[1], COPY_COLUMNS) as copies:
        for place, document in task.documents():
            found = text_bands(document.text, by.shingle, by.bands, by.rows).view(np.int64).tolist()
            bands.add({"row": task.working.row(place), **dict(zip(columns, found, strict=True))})
            copies.add(copy_row(task, place, document))
    return staging.publish({names[0]: bands.count, names[1]: copies.count})


def band_columns(bands: int) -> Columns:
    """The columns of the table of bands."""
    each = dict.fromkeys(band_names(bands), ("int64", "a hash of the signature's rows in this band"))
    return {"row": ("int64", "shard << 24 | place"), **each}
