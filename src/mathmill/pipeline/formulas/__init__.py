"""The formulas of a page: every way in which the web writes them, found, replaced by placeholders, put back."""
