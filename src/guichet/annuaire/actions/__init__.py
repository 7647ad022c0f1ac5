"""Writes of the directory, and the checks of what is typed for it."""
