"""The JSON routes of identity."""
