"""Gold answers rewritten equivalently or minimally broken, by a model of answers that shares nothing with the judge.

`reading` reads the golds it is sure of, `writing` writes them, `model` knows what they are worth; `rewrites` and
`breaks` list the kinds, `drawing` draws. What cannot be assured with numbers is not drawn.
"""
