"""A training as whoever waits for it sees it: a line of progress, a picture of the loss, other people's dashboards."""
