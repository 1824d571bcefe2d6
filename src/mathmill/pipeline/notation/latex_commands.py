"""Commands of LaTeX by what cleaning does with them: those that only dress a formula, those that hold it together.

Tables only; `latex` acts on them.
"""

from __future__ import annotations

from mathmill.pipeline.notation.latex_tokens import commands

# How many arguments of a decoration go before its content, and whether the content is mathematics or text.
DECORATIONS = {"\\" + name: (1, "math") for name in ["textcolor", "mathcolor", "style", "class", "cssId", "href"]}
DECORATIONS |= {"\\html" + name: (1, "math") for name in ["Class", "Id", "Style", "Data"]}
DECORATIONS |= {"\\color": (1, "switch"), "\\bbox": (0, "math")}
DECORATIONS |= {"\\colorbox": (1, "text"), "\\fcolorbox": (2, "text")}
DECORATIONS |= {"\\" + name: (1, "") for name in ["pagecolor", "require", "label", "rowcolor", "cellcolor"]}
DECORATIONS |= {
    "\\definecolor": (3, ""),
    "\\hypertarget": (1, "math"),
    "\\vspace": (1, ""),
}
DECORATIONS |= {"\\" + name: (2, "") for name in ["setcounter", "addtocounter", "setlength", "numberwithin"]}
DECORATIONS |= {"\\refstepcounter": (1, ""), "\\hyperlink": (1, "math")}
SIZES = commands("tiny scriptsize footnotesize small normalsize large Large LARGE huge Huge normalcolor")
# Words to the typesetter that stand alone: about numbers, pages and paragraphs.
UNNUMBERED = commands("nonumber notag allowdisplaybreaks displaybreak noindent protect phantomsection")
STYLES = frozenset({"\\displaystyle", "\\textstyle"})
SWITCHES = SIZES | {"\\color"}
# What a group holds together, so that its braces must stay.
TIES = commands(
    "over atop above choose brack brace cr rm bf it sf tt cal displaystyle textstyle scriptstyle "
    "scriptscriptstyle bfseries itshape limits nolimits def newcommand"
) | {"&"}
# Commands without an argument, after which braces that held a colour only may go.
ALONE = commands(
    "cdot times div pm mp le leq ge geq ne neq equiv approx sim to rightarrow Rightarrow implies iff in "
    "notin subset subseteq cup cap mid quad qquad , ; : ! > ldots cdots dots int sum prod infty lt gt land lor forall "
    "exists"
)
