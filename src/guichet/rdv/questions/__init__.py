"""Reads of booking: what a centre allows, its free starts, appointments."""
