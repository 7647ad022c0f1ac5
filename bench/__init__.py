"""Measures: each prints ratios or counts with the machine, the versions and the size of the data."""
