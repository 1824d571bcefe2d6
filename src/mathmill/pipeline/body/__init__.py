"""The body of a page: which part of its tree it is, and its text with headings, lists, code and tables kept."""
