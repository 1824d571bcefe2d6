"""Turn web crawl dumps into a model that reasons in mathematics."""

__version__ = "0.1.0"
