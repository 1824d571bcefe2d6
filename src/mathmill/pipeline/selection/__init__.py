"""Which of the pages that are left make the corpus: the best within a budget, and the sites of its validation part."""
