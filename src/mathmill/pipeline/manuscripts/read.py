"""Manuscripts: records whose source is no HTML but a notebook, TeX, Markdown or plain text, to text with formulas.

The formats have a module each (`notebooks`, `tex_files`, `markdown_files`); plain text is taken as it is. Nothing here
raises, whatever the text holds; time is linear.
"""

from __future__ import annotations

from dataclasses import dataclass

from mathmill.pipeline.dom.parse import forbidden_replaced
from mathmill.pipeline.formulas.delimited import Formula
from mathmill.pipeline.formulas.text_runs import text_formulas
from mathmill.pipeline.manuscripts.kinds import Kind
from mathmill.pipeline.manuscripts.markdown_files import read_markdown
from mathmill.pipeline.manuscripts.notebooks import read_notebook
from mathmill.pipeline.manuscripts.tex_files import read_tex


@dataclass(frozen=True, slots=True)
class Manuscript:
    """A manuscript's body with its formulas in place, its title, and the formulas in order."""

    text: str
    title: str
    formulas: tuple[Formula, ...]


def read_manuscript(text: str, kind: Kind) -> Manuscript:
    """The body of a manuscript of any kind but `html`, which is read as plain text here."""
    text = forbidden_replaced(text.removeprefix("\ufeff"))
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if kind == "notebook" and (notebook := read_notebook(text)) is not None:
        return Manuscript(*notebook)
    if kind == "tex":
        return Manuscript(*read_tex(text))
    if kind == "markdown":
        return Manuscript(*read_markdown(text))
    text = text.strip()
    return Manuscript(text, "", text_formulas(text))
