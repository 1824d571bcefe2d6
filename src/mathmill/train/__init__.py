"""Corpus to model. Imports `mathmill.data` and `mathmill.eval`."""
