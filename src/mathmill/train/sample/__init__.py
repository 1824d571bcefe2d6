"""Rejection sampling: a policy's own solutions of Problems, of which the verified ones are kept to train on."""
