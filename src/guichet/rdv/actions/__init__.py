"""Writes of booking: the projection of opening ranges, reservations, cancellations."""
