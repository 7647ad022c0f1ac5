"""Writes of identity, one function per verb."""
