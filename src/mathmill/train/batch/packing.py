"""Examples side by side in rows, none of which sees another.

The form of it is positions that begin anew with each Example. transformers makes each layer's mask from them, a sliding
window's too (a 4-d mask made here would be taken as it is, and a window forgotten), but only if there is no attention
mask and no cache. Flash attention reads them for a single row only: there the bounds of all Examples are passed.
Padding stands at the end of a row, as an Example of which nothing is trained.

B rows, T tokens of a row.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mathmill.data.errors import ConfigError
from mathmill.train.batch.ends import Ends
from mathmill.train.batch.examples import Example

#: The target of a position of which nothing is trained, as in torch's own losses.
IGNORED = -100
# Rows that are open at a time: each Example is tried in so many.
_OPEN = 64

Numbers = npt.NDArray[np.int64]


def pack(order: Iterable[int], lengths: Sequence[int], length: int) -> Iterator[tuple[int, ...]]:
    """The Examples of `order` in rows of at most `length` tokens.

    Each goes into the first open row with room for it. A row is given when it is full, or when too many are open.
    """
    rows: list[list[int]] = []
    room: list[int] = []
    for at in order:
        size = lengths[at]
        if size > length:
            raise ConfigError(f"an Example of {size} tokens does not fit into rows of {length}: cut to the same length")
        row = next((i for i, free in enumerate(room) if free >= size), None)
        if row is None:
            if len(rows) == _OPEN:
                room.pop(0)
                yield tuple(rows.pop(0))
            rows.append([])
            room.append(length)
            row = len(rows) - 1
        rows[row].append(at)
        room[row] -= size
        if not room[row]:
            room.pop(row)
            yield tuple(rows.pop(row))
    yield from map(tuple, rows)


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows, ready for a model. `targets[b, t]` is the token that position t is to predict, or IGNORED."""

    input_ids: Numbers  # [B, T]
    position_ids: Numbers  # [B, T]
    targets: Numbers  # [B, T]
    bounds: npt.NDArray[np.int32]  # where Examples and paddings begin in all rows end to end, and where the last ends
    trained: int  # how many targets there are
    origins: tuple[tuple[str, ...], ...]  # of each row

    @property
    def packed(self) -> bool:
        """Whether any row holds more than one Example."""
        return any(len(row) > 1 for row in self.origins)

    def inputs(self, device: Any = None, flash: bool = False) -> dict[str, Any]:
        """What a model is called with, by name; `flash` for one whose attention is flash_attention_2 or 3.

        A row of one Example needs no positions: a causal model does not see the padding behind it.
        """
        import torch

        # With a cache transformers would take a row for one text.
        given: dict[str, Any] = {"input_ids": torch.from_numpy(self.input_ids).to(device), "use_cache": False}
        if self.packed:
            given["position_ids"] = torch.from_numpy(self.position_ids).to(device)
            if flash:
                bounds = torch.from_numpy(self.bounds).to(device)
                longest = int(np.diff(self.bounds).max())
                given |= {"cu_seq_lens_q": bounds, "cu_seq_lens_k": bounds}
                given |= {"max_length_q": longest, "max_length_k": longest}
        return given

    def targets_on(self, device: Any = None) -> Any:
        """The targets as a tensor."""
        import torch

        return torch.from_numpy(self.targets).to(device)


def batch_of(rows: Sequence[Sequence[Example]], pad: int) -> Batch:
    """Rows of Examples as one Batch, as wide as the longest of them."""
    width = max(sum(map(len, row)) for row in rows)
    input_ids = np.full((len(rows), width), pad, np.int64)
    position_ids = np.zeros_like(input_ids)
    targets = np.full_like(input_ids, IGNORED)
    bounds = [0]
    for b, row in enumerate(rows):
        at = 0
        for example in row:
            to = at + len(example)
            ids = np.array(example.input_ids, np.int64)
            input_ids[b, at:to] = ids
            position_ids[b, at:to] = np.arange(len(ids))
            targets[b, at : to - 1] = np.where(example.trained[1:], ids[1:], IGNORED)
            bounds.append(b * width + to)
            at = to
        if at < width:
            position_ids[b, at:] = np.arange(width - at)
            bounds.append((b + 1) * width)
    origins = tuple(tuple(example.origin for example in row) for row in rows)
    return Batch(input_ids, position_ids, targets, np.array(bounds, np.int32), int((targets != IGNORED).sum()), origins)


def check_packs(name: str, model: Any, ends: Ends) -> None:
    """Put one Example behind two others, and make sure that the model says the same of it.

    Raises:
        ConfigError: it does not: its layers carry a state over, or do not heed positions that begin anew.
    """
    import torch

    tokens = [token for token in range(8) if token != ends.eos]
    last = Example(tuple(tokens[:3]), (False, True, True), "last")
    rows = [[Example((token,) * 3, (False, True, True), "first"), last] for token in tokens[3:5]]
    was_training = model.training
    model.eval()  # dropout would have it say something else each time
    with torch.no_grad():
        batch = batch_of(rows, ends.pad)
        one, other = model(**batch.inputs(model.device, has_flash(model))).logits[:, 3:].float()
    model.train(was_training)
    if not torch.allclose(one, other, rtol=1e-3, atol=1e-3 * float(one.abs().max())):
        raise ConfigError(
            f"{name} ({model.config.model_type}) carries what it read of one text over to the next in a row, so texts "
            "cannot be packed: set packed = false"
        )


def has_flash(model: Any) -> bool:
    """Whether a model's attention is one that has to be told the bounds of Examples."""
    return str(model.config._attn_implementation).startswith("flash_attention")
