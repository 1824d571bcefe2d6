"""Crawl to corpus. Imports `mathmill.data`, `mathmill.classifier` and `mathmill.eval`."""
