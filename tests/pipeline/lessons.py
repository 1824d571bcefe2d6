"""Pages made for tests of extraction: prose and boilerplate around what is tested."""

from __future__ import annotations

MATHJAX = '<script src="https://cdn.example/mathjax/tex-mml-chtml.js"></script>'
PROSE = (
    "A function that is continuous on a closed interval is bounded there, and it attains its bounds. "
    "The proof divides the interval again and again, and follows the half on which the claim would fail. "
    "What is left is a point, and at this point the function is bounded, which is the contradiction sought. "
)


def lesson_around(body: str, head: str = "") -> str:
    """A page of prose with `body` in its middle."""
    return (
        f"<!DOCTYPE html><html><head><title>Bounds</title>{head}</head><body><nav><a href='/'>Home</a></nav>"
        f"<article><h1>Bounds</h1><p>{PROSE}</p>{body}<p>{PROSE}</p></article></body></html>"
    )
