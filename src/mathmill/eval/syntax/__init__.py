"""Answers as typed trees: text to tokens, tokens to tree. Nothing here evaluates, and nothing executes."""
