"""The ladder of equality, cheapest rung first: strings, numbers, structure, values, refutation at points, proof."""
