"""Models that are trained: made anew, loaded, adapted, saved."""
