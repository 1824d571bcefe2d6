"""What a training would do, looked at before it does it."""
