"""Pages as trees: parsing whatever a page holds, and what every pass over a tree needs. Knows no notation."""
