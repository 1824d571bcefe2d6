"""What is a right answer? Imports `mathmill.data` only."""
