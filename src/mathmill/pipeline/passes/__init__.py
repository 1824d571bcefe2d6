"""Steps that look at all Documents at once, after the cascade has judged each on its own."""
