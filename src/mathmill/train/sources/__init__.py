"""What is trained on: corpora and other texts mixed by weight, and rows of questions with answers."""
