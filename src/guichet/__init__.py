"""Guichet: the front desk of a service network."""

__version__ = "0.1.0"
