"""What trees are worth: exactly where that is cheap, numerically everywhere else. Knows trees, not text."""
