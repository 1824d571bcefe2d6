"""Proof of equality by a computer algebra system, in processes that their parent kills."""
