"""Records of a crawl that are no HTML: notebooks, TeX, Markdown and plain text, each to text with its formulas."""
