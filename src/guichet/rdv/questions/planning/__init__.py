"""Reads of plannings."""
