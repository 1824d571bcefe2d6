"""Characters that people and models write in place of LaTeX or ASCII, as the latter."""

from __future__ import annotations

import re
import unicodedata

_COMMANDS = {
    "×": "times", "⋅": "cdot", "·": "cdot", "∙": "cdot", "•": "cdot", "✕": "times", "÷": "div", "√": "sqrt",
    "∞": "infty", "±": "pm", "∓": "mp", "≤": "le", "⩽": "le", "≦": "le", "≥": "ge", "⩾": "ge", "≧": "ge", "≠": "ne",
    "≈": "approx", "∪": "cup", "∩": "cap", "∖": "setminus", "∅": "emptyset", "∈": "in", "∉": "notin", "∥": "|",
    "⟨": "langle", "⟩": "rangle", "〈": "langle", "〉": "rangle", "⌊": "lfloor", "⌋": "rfloor",
    "⌈": "lceil", "⌉": "rceil",
    "→": "to", "⇒": "Rightarrow", "∴": "therefore",
    "…": "ldots", "≡": "equiv", "∠": "angle", "∑": "sum", "∏": "prod", "∫": "int",
    "∂": "partial", "△": "triangle", "％": "%", "＄": "$", "ϕ": "phi", "ε": "varepsilon", "ϵ": "epsilon", "∼": "sim",
}  # fmt: skip
_TEXTS = {
    "−": "-", "–": "-", "—": "-", "‐": "-", "‑": "-", "‒": "-", "﹣": "-", "∗": "*", "∕": "/", "⁄": "/", "∣": "|",
    "∛": r"\sqrt[3] ", "∜": r"\sqrt[4] ", "°": r"^\circ ", "º": r"^\circ ", "′": "'", "’": "'", "‘": "'", "″": "''",
    "“": '"', "”": '"', "，": ",", "；": ";", "：": ":", "、": ",", "。": ".", "「": "", "」": "",
    "\u2061": "", "\u2062": "", "\u2063": ",", "㎡": " m^2", "㎥": " m^3", "∶": ":",
    "٫": ".", "٬": ",", "٪": "%", "‰": " permille", "℃": r"^\circ\mathrm{C}", "℉": r"^\circ\mathrm{F}",
    "\u200b": "", "\u200c": "", "\u200d": "", "\u2060": "", "\ufeff": "",
    "ℝ": r"\mathbb{R}", "ℤ": r"\mathbb{Z}", "ℕ": r"\mathbb{N}", "ℚ": r"\mathbb{Q}", "ℂ": r"\mathbb{C}",
}  # fmt: skip
_GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ζ": "zeta", "η": "eta", "θ": "theta", "ι": "iota",
    "κ": "kappa", "λ": "lambda", "μ": "mu", "µ": "mu", "ν": "nu", "ξ": "xi", "π": "pi", "ρ": "rho", "σ": "sigma",
    "ς": "varsigma", "τ": "tau", "υ": "upsilon", "φ": "varphi", "χ": "chi", "ψ": "psi", "ω": "omega", "Γ": "Gamma",
    "Δ": "Delta", "Θ": "Theta", "Λ": "Lambda", "Ξ": "Xi", "Π": "Pi", "Σ": "Sigma", "Υ": "Upsilon", "Φ": "Phi",
    "Ψ": "Psi", "Ω": "Omega",
}  # fmt: skip
_SIGNS = str.maketrans({char: f"\\{name} " for char, name in (_COMMANDS | _GREEK).items()} | _TEXTS)
_RAISED = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱᵃᵇᶜᵈᵉᶠᵍʰʲᵏˡᵐᵒᵖʳˢᵗᵘᵛʷˣʸᶻᵀ]+")
_LOWERED = re.compile("[₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₙₘₖ]+")
_VULGAR = re.compile("[¼-¾⅐-⅞↉]")


def ascii_written(text: str) -> str:
    """`text` with digits, letters and signs of Unicode as ASCII and LaTeX; what is not known stays as it is.

    Raised and lowered digits become `^{..}` and `_{..}`, `½` becomes `\\frac{1}{2}`, digits of any script ASCII ones.
    """
    if text.isascii():
        return text
    text = _RAISED.sub(lambda match: f"^{{{_plain(match[0])}}}", text)
    text = _LOWERED.sub(lambda match: f"_{{{_plain(match[0])}}}", text)
    text = _VULGAR.sub(_fraction, text)
    text = "".join(map(_folded, text.translate(_SIGNS)))
    return text.translate(_SIGNS)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).replace("−", "-")


def _fraction(match: re.Match[str]) -> str:
    over, _, under = unicodedata.normalize("NFKC", match[0]).partition("⁄")
    return rf"\frac{{{over}}}{{{under}}}"


def _folded(char: str) -> str:
    """One character: digits of any script and letters of mathematical or full-width alphabets as ASCII."""
    if char.isascii():
        return char
    digit = unicodedata.decimal(char, None)
    if digit is not None:
        return str(digit)
    folded = unicodedata.normalize("NFKC", char)
    if folded.isspace():
        return " "
    return folded if len(folded) == 1 or folded.isascii() else char
