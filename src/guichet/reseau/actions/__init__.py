"""Writes of the network, one function per verb."""
