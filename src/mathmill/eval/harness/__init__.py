"""Benchmarks: a model asked, its completions graded, and figures that can be trusted made of them."""
