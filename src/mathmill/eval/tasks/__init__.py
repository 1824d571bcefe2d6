"""Tasks: named and versioned benchmarks, each in the protocol that the field asks it in."""
