"""The ladder of equality, cheapest rung first: strings, numbers, structure, exact values, refutation at points, proof."""
