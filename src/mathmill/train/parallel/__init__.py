"""One training in several processes: who they are, what they tell each other, and how a model is spread over them."""
