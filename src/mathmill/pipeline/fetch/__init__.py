"""A web crawl brought here: whole archives, single records by address, or one archive after another in a run."""
