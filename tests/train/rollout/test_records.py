"""Sets of tokens side by side."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from mathmill.train.rollout.records import Kept
from mathmill.train.rollout.settings import RolloutSettings


def test_sets_are_joined_in_their_order() -> None:
    some = Kept.of([np.array([1, 5], np.int32), np.array([2], np.int32)])
    more = Kept.of([np.array([7, 8, 9], np.int32)])
    both = Kept.joined([some, more, Kept.of([])])
    assert both.ids.tolist() == [1, 5, 2, 7, 8, 9] and both.ends.tolist() == [2, 3, 6]
    assert (str(both.ids.dtype), str(both.ends.dtype), len(both)) == ("int32", "int64", 3)
    assert len(Kept.joined([])) == len(Kept.of([])) == 0


def test_a_rollout_is_drawn_and_never_greedy() -> None:
    settings = RolloutSettings(group=4, temperature=0.6, top_p=0.9, top_k=20, max_new_tokens=7)
    sampling = settings.sampling(3)
    assert sampling.model_dump() == {
        "n": 4,
        "temperature": 0.6,
        "top_p": 0.9,
        "top_k": 20,
        "max_new_tokens": 7,
        "seed": 3,
    }
    for wrong in ({"temperature": 0.0}, {"group": 0}, {"top_p": 0.0}, {"top_k": -1}, {"rows": -1}):
        with pytest.raises(ValidationError):
            RolloutSettings.model_validate(wrong)
