"""Completions drawn from a policy as it is, with what is needed to train on them."""
