"""Constructs that only place an equation and its number, turned into the equation."""
