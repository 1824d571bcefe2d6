"""Folders whose files lie in an object store: the requests, the log and the lock of a run there, and its place here."""
