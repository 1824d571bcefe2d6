"""Models that are measured: weights in this process, or a server that has them."""
