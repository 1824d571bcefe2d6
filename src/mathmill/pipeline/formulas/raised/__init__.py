"""Formulas written with `sup`, `sub` and italics alone: what reads as one, and when to believe it."""
