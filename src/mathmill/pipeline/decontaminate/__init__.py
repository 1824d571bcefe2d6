"""Decontamination: text of benchmarks found in the corpus, and taken out of it."""
