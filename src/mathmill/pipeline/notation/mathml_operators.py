r"""Tables of mathematical characters: what each is called in LaTeX, and which of them act in a special way.

Data and the two look-ups that build it; `mathml_letters` decides how a character is written. The names are those
that LaTeX with amsmath and amssymb, MathJax and KaTeX share.
"""

from __future__ import annotations


def _pairs(text: str) -> dict[str, str]:
    """`name character` pairs as character to command."""
    words = text.split()
    return {ch: f"\\{name}" for name, ch in zip(words[::2], words[1::2], strict=True)}


_GREEK = """
alpha α beta β gamma γ delta δ epsilon ϵ varepsilon ε zeta ζ eta η theta θ vartheta ϑ iota ι kappa κ varkappa ϰ lambda λ
mu μ nu ν xi ξ pi π varpi ϖ rho ρ varrho ϱ sigma σ varsigma ς tau τ upsilon υ phi ϕ varphi φ chi χ psi ψ omega ω
digamma ϝ Gamma Γ Delta Δ Theta Θ Lambda Λ Xi Ξ Pi Π Sigma Σ Upsilon Υ Upsilon ϒ Phi Φ Psi Ψ Omega Ω mu µ Delta ∆
Omega Ω
"""
_ORDINARY = """
infty ∞ partial ∂ nabla ∇ forall ∀ exists ∃ nexists ∄ emptyset ∅ varnothing ⌀ aleph ℵ beth ℶ gimel ℷ daleth ℸ hbar ℏ
ell ℓ wp ℘ Re ℜ Im ℑ angle ∠ measuredangle ∡ sphericalangle ∢ triangle △ square □ blacksquare ■ lozenge ◊ blacklozenge
⧫ top ⊤ bot ⊥ neg ¬ imath ı jmath ȷ surd √ flat ♭ natural ♮ sharp ♯ clubsuit ♣ diamondsuit ♢ heartsuit ♡ spadesuit ♠
complement ∁ eth ð mho ℧ Finv Ⅎ backprime ‵ bigstar ★ checkmark ✓ maltese ✠ circledS Ⓢ ldots … cdots ⋯ vdots ⋮ ddots ⋱
dagger † ddagger ‡ S § P ¶ pounds £ yen ¥ copyright © blacktriangle ▲ blacktriangledown ▼ triangledown ▽ diamondsuit ♦
heartsuit ♥ diagup ╱ diagdown ╲ square ◻ blacksquare ◼ bigcirc ◯ circledR ® degree °
"""
_BINARY = """
pm ± mp ∓ times × div ÷ cdot ⋅ cdot · star ⋆ circ ∘ bullet ∙ bullet • cap ∩ cup ∪ uplus ⊎ sqcap ⊓ sqcup ⊔ vee ∨ wedge
∧ setminus ∖ wr ≀ diamond ⋄ bigtriangleup △ oplus ⊕ ominus ⊖ otimes ⊗ oslash ⊘ odot ⊙ amalg ⨿ dotplus ∔ ltimes ⋉
rtimes ⋊ leftthreetimes ⋋ rightthreetimes ⋌ curlywedge ⋏ curlyvee ⋎ circleddash ⊝ circledast ⊛ circledcirc ⊚ boxplus ⊞
boxminus ⊟ boxtimes ⊠ boxdot ⊡ barwedge ⊼ veebar ⊻ doublebarwedge ⩞ intercal ⊺ divideontimes ⋇ Cap ⋒ Cup ⋓ centerdot ⸱
triangleleft ◃ triangleright ▹ bigtriangledown ▽ circ ○ odot ☉
"""
_RELATIONS = """
le ≤ ge ≥ ne ≠ equiv ≡ approx ≈ sim ∼ simeq ≃ cong ≅ propto ∝ ll ≪ gg ≫ lll ⋘ ggg ⋙ prec ≺ succ ≻ preceq ⪯ succeq ⪰
preccurlyeq ≼ succcurlyeq ≽ precsim ≾ succsim ≿ leqslant ⩽ geqslant ⩾ leqq ≦ geqq ≧ lneq ⪇ gneq ⪈ lneqq ≨ gneqq ≩
lnsim ⋦ gnsim ⋧ lesssim ≲ gtrsim ≳ lessgtr ≶ gtrless ≷ lesseqgtr ⋚ gtreqless ⋛ lessapprox ⪅ gtrapprox ⪆ lessdot ⋖
gtrdot ⋗ doteq ≐ doteqdot ≑ fallingdotseq ≒ risingdotseq ≓ eqcirc ≖ circeq ≗ triangleq ≜ bumpeq ≏ Bumpeq ≎ asymp ≍
approxeq ≊ backsim ∽ backsimeq ⋍ eqsim ≂ in ∈ notin ∉ ni ∋ subset ⊂ supset ⊃ subseteq ⊆ supseteq ⊇ subsetneq ⊊
supsetneq ⊋ subseteqq ⫅ supseteqq ⫆ subsetneqq ⫋ supsetneqq ⫌ Subset ⋐ Supset ⋑ sqsubset ⊏ sqsupset ⊐ sqsubseteq ⊑
sqsupseteq ⊒ mid ∣ nmid ∤ parallel ∥ nparallel ∦ perp ⟂ vdash ⊢ dashv ⊣ models ⊨ vDash ⊨ Vdash ⊩ Vvdash ⊪ nvdash ⊬
nvDash ⊭ nVdash ⊮ nVDash ⊯ bowtie ⋈ smile ⌣ frown ⌢ therefore ∴ because ∵ between ≬ pitchfork ⋔ trianglelefteq ⊴
trianglerighteq ⊵ vartriangleleft ⊲ vartriangleright ⊳ ntriangleleft ⋪ ntriangleright ⋫ ntrianglelefteq ⋬
ntrianglerighteq ⋭ nless ≮ ngtr ≯ nleq ≰ ngeq ≱ nprec ⊀ nsucc ⊁ npreceq ⋠ nsucceq ⋡ nsim ≁ ncong ≇ nsubseteq ⊈
nsupseteq ⊉ coloneqq ≔ eqqcolon ≕ multimap ⊸ blacktriangleleft ◀ blacktriangleright ▶ vartriangle ▵ curlyeqprec ⋞
curlyeqsucc ⋟
"""
_ARROWS = """
to → gets ← leftrightarrow ↔ uparrow ↑ downarrow ↓ updownarrow ↕ nearrow ↗ searrow ↘ swarrow ↙ nwarrow ↖ Rightarrow ⇒
Leftarrow ⇐ Leftrightarrow ⇔ Uparrow ⇑ Downarrow ⇓ Updownarrow ⇕ mapsto ↦ longmapsto ⟼ longrightarrow ⟶ longleftarrow
⟵ longleftrightarrow ⟷ Longrightarrow ⟹ Longleftarrow ⟸ Longleftrightarrow ⟺ hookrightarrow ↪ hookleftarrow ↩
rightharpoonup ⇀ rightharpoondown ⇁ leftharpoonup ↼ leftharpoondown ↽ rightleftharpoons ⇌ leftrightharpoons ⇋
upharpoonright ↾ upharpoonleft ↿ downharpoonright ⇂ downharpoonleft ⇃ twoheadrightarrow ↠ twoheadleftarrow ↞
rightarrowtail ↣ leftarrowtail ↢ rightsquigarrow ⇝ leadsto ⤳ leftrightsquigarrow ↭ rightrightarrows ⇉ leftleftarrows ⇇
upuparrows ⇈ downdownarrows ⇊ rightleftarrows ⇄ leftrightarrows ⇆ Lsh ↰ Rsh ↱ curvearrowleft ↶ curvearrowright ↷
circlearrowleft ↺ circlearrowright ↻ dashrightarrow ⇢ dashleftarrow ⇠ looparrowleft ↫ looparrowright ↬ nrightarrow ↛
nleftarrow ↚ nleftrightarrow ↮ nRightarrow ⇏ nLeftarrow ⇍ nLeftrightarrow ⇎ Rrightarrow ⇛ Lleftarrow ⇚
"""
_BIG = """
sum ∑ prod ∏ coprod ∐ bigcup ⋃ bigcap ⋂ bigvee ⋁ bigwedge ⋀ bigoplus ⨁ bigotimes ⨂ bigodot ⨀ biguplus ⨄ bigsqcup ⨆ int
∫ iint ∬ iiint ∭ iiiint ⨌ oint ∮ oiint ∯ oiiint ∰
"""
_FENCES = """
langle ⟨ rangle ⟩ langle \u2329 rangle \u232a langle \u3008 rangle \u3009 lfloor ⌊ rfloor ⌋ lceil ⌈ rceil ⌉ llbracket
⟦ rrbracket ⟧ lgroup ⟮ rgroup ⟯ lmoustache ⎰ rmoustache ⎱ ulcorner ⌜ urcorner ⌝ llcorner ⌞ lrcorner ⌟ | ‖
"""

SYMBOLS: dict[str, str] = {
    **_pairs(_GREEK), **_pairs(_ORDINARY), **_pairs(_BINARY), **_pairs(_RELATIONS), **_pairs(_ARROWS),
    **_pairs(_BIG), **_pairs(_FENCES),
    "ο": "o", "Α": "A", "Β": "B", "Ε": "E", "Ζ": "Z", "Η": "H", "Ι": "I", "Κ": "K", "Μ": "M", "Ν": "N",
    "Ο": "O", "Ρ": "P",
    "Τ": "T", "Χ": "X", "−": "-", "–": "-", "—": "-", "‐": "-", "‑": "-", "﹣": "-", "′": "'", "’": "'",
    "″": "''", "‴": "'''",
    "⁗": "''''", "∶": ":", "⁄": "/", "∕": "/", "⧸": "/", "…": r"\ldots", "‥": "..", "△": r"\triangle",
    "▽": r"\triangledown", "⊥": r"\perp",
    "⊨": r"\models", "⊤": r"\top", "∎": r"\blacksquare", "⩵": "==", "⩴": "::=", "°": r"^\circ",
    "‰": r"\text{‰}", "®": r"\circledR", "∥": r"\parallel",
    "◦": r"\circ", "∗": "*", "⁎": "*", "＊": "*", "↵": r"\hookleftarrow", "⇔": r"\Leftrightarrow", "⟘": r"\bot",
    "⟙": r"\top", "⫫": r"\perp\!\!\!\perp",
    "≟": r"\stackrel{?}{=}", "≝": r"\stackrel{\mathrm{def}}{=}", "≙": r"\stackrel{\wedge}{=}",
    "≚": r"\stackrel{\vee}{=}",
    "≛": r"\stackrel{\star}{=}", "≞": r"\stackrel{\mathrm{m}}{=}", "⊄": r"\not\subset", "⊅": r"\not\supset",
    "≢": r"\not\equiv", "≉": r"\not\approx", "∌": r"\not\ni", "≄": r"\not\simeq", "⨯": r"\times", "∣": r"\mid",
    "❘": "|", "ǀ": "|", "∤": r"\nmid",
    "“": "``", "”": "''", "‘": "`", "¦": "|", "〖": "[", "〗": "]", "⟪": r"\langle\!\langle",
    "⟫": r"\rangle\!\rangle", "⦅": "((", "⦆": "))",
    "∱": r"\int", "∲": r"\oint", "∳": r"\oint", "⨍": r"\int", "⨏": r"\int", "⨅": r"\sqcap", "⊌": r"\cup",
    "∸": r"\dot{-}", "⋮": r"\vdots",
}  # fmt: skip
# Characters of TeX itself.
ESCAPES: dict[str, str] = {
    "\\": r"\backslash", "{": r"\{", "}": r"\}", "%": r"\%", "#": r"\#", "&": r"\&", "$": r"\$", "_": r"\_",
    "~": r"\sim", "^": r"\text{\textasciicircum}", "ˆ": r"\text{\textasciicircum}", "`": r"\text{`}",
    '"': r'\text{"}',
}  # fmt: skip
TEXT_ESCAPES: dict[int, str] = str.maketrans({
    "\\": r"\textbackslash ", "{": r"\{", "}": r"\}", "%": r"\%", "#": r"\#", "&": r"\&", "$": r"\$", "_": r"\_",
    "~": r"\textasciitilde ", "^": r"\textasciicircum ",
})  # fmt: skip

# Operators of several characters, as programmers write them.
SEQUENCES: dict[str, str] = {
    "<=": r"\le", ">=": r"\ge", "!=": r"\ne", "->": r"\to", "<-": r"\gets", "=>": r"\Rightarrow",
    "<=>": r"\Leftrightarrow", "<->": r"\leftrightarrow",
    "||": r"\|", "...": r"\ldots", "..": "..", "&&": r"\&\&", "mod": r"\bmod", "~~": r"\approx",
    "~=": r"\cong", "''": "''", "lt": "<", "gt": ">",
    "<<": r"\ll", ">>": r"\gg",
}  # fmt: skip

FUNCTIONS = frozenset([
    "sin", "cos", "tan", "cot", "sec", "csc", "arcsin", "arccos", "arctan", "sinh", "cosh", "tanh", "coth", "log",
    "ln", "lg", "exp", "max", "min", "sup", "inf", "lim", "limsup", "liminf", "det", "dim", "ker", "deg", "gcd",
    "arg", "Pr", "hom", "injlim", "projlim",
])  # fmt: skip
# Functions under which a condition stands.
LIMIT_FUNCTIONS = frozenset(
    ["lim", "limsup", "liminf", "max", "min", "sup", "inf", "det", "gcd", "Pr", "injlim", "projlim"]
)
# Names of two words, without the space between them.
SPACED_FUNCTIONS = {"lim sup": "limsup", "lim inf": "liminf", "inj lim": "injlim", "proj lim": "projlim"}
# What takes limits without being a function of LaTeX's own.
STARRED = frozenset(
    {"argmax", "argmin", "arg max", "arg min", "esssup", "essinf", "ess sup", "ess inf", "colim", "lcm"}
)

BIG_OPERATORS = frozenset(_pairs(_BIG)) | frozenset("∱∲∳⨍⨏")
OPENERS = frozenset("([{⟨\u2329\u3008⌊⌈⟦⟮⎰⌜⌞")
CLOSERS = frozenset(")]}⟩\u232a\u3009⌋⌉⟧⟯⎱⌝⌟")
BARS = frozenset("|∣‖∥")
# What may stand behind \left and \right, by character; others are written as they are.
DELIMITERS: dict[str, str] = {
    "(": "(", ")": ")", "[": "[", "]": "]", "{": r"\{", "}": r"\}", "|": "|", "∣": "|", "‖": r"\|", "∥": r"\|",
    "/": "/", "∕": "/", "\\": r"\backslash",
    "⟨": r"\langle", "⟩": r"\rangle", "\u2329": r"\langle", "\u232a": r"\rangle", "\u3008": r"\langle",
    "\u3009": r"\rangle", "<": r"\langle", ">": r"\rangle",
    "⌊": r"\lfloor", "⌋": r"\rfloor", "⌈": r"\lceil", "⌉": r"\rceil", "↑": r"\uparrow", "↓": r"\downarrow",
    "↕": r"\updownarrow", "⇑": r"\Uparrow", "⇓": r"\Downarrow", "⇕": r"\Updownarrow", "⟮": r"\lgroup",
    "⟯": r"\rgroup",
    "⎰": r"\lmoustache", "⎱": r"\rmoustache", "⟦": r"\llbracket", "⟧": r"\rrbracket", "⌜": r"\ulcorner",
    "⌝": r"\urcorner",
    "⌞": r"\llcorner", "⌟": r"\lrcorner",
}  # fmt: skip

# Marks over a base: the narrow command, and the one for a wide base.
OVER_ACCENTS: dict[str, tuple[str, str]] = {
    **dict.fromkeys("^ˆ\u0302", ("hat", "widehat")),
    **dict.fromkeys("¯ˉ‾\u0304", ("bar", "overline")),
    **dict.fromkeys("―_\u0305⎯─—–−-", ("overline", "overline")),
    **dict.fromkeys("~˜∼\u0303", ("tilde", "widetilde")),
    **dict.fromkeys("→\u20d7⟶⇀\u20d1", ("vec", "overrightarrow")),
    **dict.fromkeys("←\u20d6⟵↼", ("overleftarrow", "overleftarrow")),
    **dict.fromkeys("↔\u20e1⟷", ("overleftrightarrow", "overleftrightarrow")),
    **dict.fromkeys("˙.\u0307⋅·", ("dot", "dot")),
    **dict.fromkeys("¨\u0308", ("ddot", "ddot")),
    "\u20db": ("dddot", "dddot"), "⃜": ("ddddot", "ddddot"), "..": ("ddot", "ddot"), "...": ("dddot", "dddot"),
    "˙˙": ("ddot", "ddot"),
    **dict.fromkeys("ˇ\u030c∨", ("check", "check")),
    **dict.fromkeys("˘\u0306", ("breve", "breve")),
    **dict.fromkeys("`ˋ\u0300", ("grave", "grave")),
    **dict.fromkeys("´ˊ\u0301", ("acute", "acute")),
    **dict.fromkeys("˚°\u030a", ("mathring", "mathring")),
    **dict.fromkeys("⏞︷", ("overbrace", "overbrace")),
    "⎴": ("overbracket", "overbracket"),
}  # fmt: skip
UNDER_ACCENTS: dict[str, str] = {
    **dict.fromkeys("_¯‾―ˍ\u0331\u0332\u0333⎯─−-—–", "underline"),
    **dict.fromkeys("⏟︸", "underbrace"),
    **dict.fromkeys("→⟶", "underrightarrow"),
    **dict.fromkeys("←⟵", "underleftarrow"),
    **dict.fromkeys("↔⟷", "underleftrightarrow"),
    "⎵": "underbracket",
}  # fmt: skip
COMBINING: dict[str, str] = {
    "\u0302": "hat", "\u0304": "bar", "\u0305": "overline", "\u0303": "tilde", "\u20d7": "vec",
    "\u0307": "dot", "\u0308": "ddot", "\u20db": "dddot",
    "\u030c": "check", "\u0306": "breve", "\u0300": "grave", "\u0301": "acute", "\u030a": "mathring",
    "\u0331": "underline", "\u0332": "underline",
    "\u20d6": "overleftarrow",
}  # fmt: skip
# Arrows that grow with the text over them.
STRETCHED_ARROWS: dict[str, str] = {
    **dict.fromkeys("→⟶", r"\xrightarrow"), **dict.fromkeys("←⟵", r"\xleftarrow"), **dict.fromkeys("↔⟷",
    r"\xleftrightarrow"),
    **dict.fromkeys("⇒⟹", r"\xRightarrow"), **dict.fromkeys("⇐⟸", r"\xLeftarrow"), **dict.fromkeys("⇔⟺",
    r"\xLeftrightarrow"),
    **dict.fromkeys("↦⟼", r"\xmapsto"), "↪": r"\xhookrightarrow", "↩": r"\xhookleftarrow",
    "⇌": r"\xrightleftharpoons", "⇋": r"\xleftrightharpoons",
    "⇀": r"\xrightharpoonup", "⇁": r"\xrightharpoondown", "↼": r"\xleftharpoonup", "↽": r"\xleftharpoondown",
    "↠": r"\xtwoheadrightarrow",
}  # fmt: skip
PRIMES: dict[str, int] = {"′": 1, "'": 1, "’": 1, "″": 2, "‴": 3, "⁗": 4, "''": 2, "'''": 3}
# Operators that show nothing: function application, times, separator, plus; and white space of no width.
INVISIBLE = frozenset(
    "\u2061\u2062\u2063\u2064\u200b\u200c\u200d\u2060\ufeff\u00ad\ufe00\ufe01\ufe0e\ufe0f\u200e\u200f"
)
