"""Notations of mathematics to LaTeX: LaTeX itself cleaned, MathML, AsciiMath, and the glyphs that renderers draw."""
