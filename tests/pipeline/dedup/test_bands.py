import numpy as np

from mathmill.pipeline.dedup.bands import text_bands, text_signature
from mathmill.pipeline.dedup.minhash import signature
from mathmill.pipeline.dedup.shingles import PIECE, shingles, tokens


def test_signatures_do_not_hang_on_order_repetition_or_pieces() -> None:
    text = " ".join(f"word{number} {number % 7} +" for number in range(PIECE // 5))
    assert len(text) > PIECE
    whole = np.unique(shingles(tokens(text), 5))
    assert text_signature(text, 5, 112).tolist() == signature(whole[::-1], 112).tolist()


def test_bands_of_texts_without_a_whole_shingle() -> None:
    assert text_bands("", 5, 14, 8).shape == (14,)
    assert text_bands("two words", 5, 3, 2).tolist() == text_bands("Two\nwords.", 5, 3, 2).tolist()
    assert set(text_bands("two words", 5, 3, 2).tolist()).isdisjoint(text_bands("two word", 5, 3, 2).tolist())
