"""What a large run will cost, told from a sample that is run on the user's own machine."""
