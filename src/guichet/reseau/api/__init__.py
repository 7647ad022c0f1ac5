"""The JSON routes of the network."""
