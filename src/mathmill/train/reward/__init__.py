"""What completions of an exploration are worth: the judge's verdict, a user's own functions, length, and steps."""
