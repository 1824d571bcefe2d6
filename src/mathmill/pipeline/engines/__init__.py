"""Where work runs: two verbs, `map` over shards and `sql` over tables; nothing else of an engine is visible."""
