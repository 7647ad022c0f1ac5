"""Writes of plannings."""
