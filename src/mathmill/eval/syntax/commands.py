"""What LaTeX commands are to the tokeniser: signs, brackets, looks that are dropped, texts."""

from __future__ import annotations

from types import MappingProxyType

# Commands with one meaning for ours. A sign's text is what the parser knows it by.
SIGNS = MappingProxyType({
    "cdot": "*", "times": "*", "ast": "*", "div": "/", "pm": "pm", "mp": "mp", "lt": "<", "gt": ">", "le": "<=",
    "leq": "<=", "leqslant": "<=", "leqq": "<=", "ge": ">=", "geq": ">=", "geqslant": ">=", "geqq": ">=", "ne": "!=",
    "neq": "!=", "approx": "~", "sim": "~", "simeq": "~", "cong": "cong", "equiv": "mod", "to": "->",
    "rightarrow": "->", "longrightarrow": "->", "mapsto": "->", "Rightarrow": "=>", "implies": "=>",
    "Longrightarrow": "=>", "therefore": "=>", "iff": "<=>",
    "Leftrightarrow": "<=>", "leftrightarrow": "<=>", "in": "in", "notin": "notin", "subset": "subset",
    "subseteq": "subset", "perp": "perp", "parallel": "parallel", "propto": "propto", "cup": "union",
    "cap": "intersection", "bigcup": "union", "bigcap": "intersection", "setminus": "difference",
    "backslash": "difference", "mid": "|", "vert": "|", "Vert": "||", "colon": ":", "lor": "or", "vee": "or",
    "land": "and", "wedge": "and", "ldots": "...", "dots": "...", "cdots": "...", "dotsc": "...", "dotsb": "...",
    "%": "%", "prime": "'", "$": "$", "#": "#", "&": "&", "_": "_", "|": "||", "\\": r"\\", "pounds": "\u00a3",
    "textsterling": "\u00a3", "euro": "\u20ac", "texteuro": "\u20ac", "yen": "\u00a5", "textdollar": "$",
    "cent": "\u00a2", "degree": "degree", "textdegree": "degree",
})  # fmt: skip
OPENS = MappingProxyType({
    "lbrace": r"\{", "langle": "<<", "lfloor": "lfloor", "lceil": "lceil", "lbrack": "[", "lparen": "(", "{": r"\{",
    "lvert": "lvert", "lVert": "lVert",
})  # fmt: skip
CLOSES = MappingProxyType({
    "rbrace": r"\}", "rangle": ">>", "rfloor": "rfloor", "rceil": "rceil", "rbrack": "]", "rparen": ")", "}": r"\}",
    "rvert": "rvert", "rVert": "rVert",
})  # fmt: skip
# Commands before a bracket, to the side on which it stands; `.` behind some of them is no bracket.
FENCES = MappingProxyType({
    "left": "l", "bigl": "l", "Bigl": "l", "biggl": "l", "Biggl": "l",
    "right": "r", "bigr": "r", "Bigr": "r", "biggr": "r", "Biggr": "r", "middle": "m",
})  # fmt: skip
# Spaces; the wide ones of a formula part words and groups of digits.
GAPS = frozenset({" ", "quad", "qquad", ",", ";", ":", ">", "enspace", "thinspace", "medspace", "thickspace", "\n"})
# Commands that open or close a formula inside of text.
DELIMITERS = MappingProxyType({"(": True, "[": True, ")": False, "]": False})
# Commands that change looks alone; those of the next set have an argument that stays.
LOOKS = GAPS | frozenset([
    "big", "Big", "bigg", "Bigg", "bigm", "Bigm", "displaystyle", "textstyle", "scriptstyle", "scriptscriptstyle",
    "limits", "nolimits", "strut", "!", "negthinspace", "nonumber", "notag", "rm", "bf", "it", "sf", "tt", "cal",
    "boldmath", "hfill", "hline", "null", "allowbreak", "nobreak", "bigstar", "noindent", "centering", "displaylimits",
    "/", "@", "-", "blacksquare", "qed",
])  # fmt: skip
WRAPPERS = frozenset([
    "boxed", "fbox", "mathit", "mathsf", "mathtt", "mathcal", "mathfrak", "mathscr", "mathnormal", "ensuremath",
    "underline", "mathop", "mathord", "mathrel", "mathbin", "smash", "emph",
])  # fmt: skip
# Bold letters and arrows: looks too, but for `i` and `e`, which are vectors then and no constants.
VECTORS = frozenset(["mathbf", "boldsymbol", "bm", "pmb", "vec", "overrightarrow"])
# Commands whose braces hold words, or a name.
TEXTS = frozenset([
    "text", "textrm", "textbf", "textit", "textnormal", "textsf", "texttt", "textup", "mbox", "hbox", "mathrm",
    "operatorname", "operatorname*", "unit", "si",
])  # fmt: skip
DROPPED_WITH_ARGUMENT = frozenset([
    "label", "tag", "hspace", "vspace", "phantom", "vphantom", "hphantom", "color", "textcolor",
])  # fmt: skip
