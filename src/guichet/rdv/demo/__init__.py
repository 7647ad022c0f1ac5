"""Appointments of the demonstration, past and to come, with plausible outcomes."""

from guichet.rdv.demo.remplissage import fill

__all__ = ["fill"]
