"""The small world of `make demo`: a made-up web, written as real WARC shards."""
