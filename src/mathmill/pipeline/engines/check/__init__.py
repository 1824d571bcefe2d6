"""What the machines of an engine are, and whether they do what a run needs of them."""
