"""The demonstration's network: agences, centres at real towns, inspectors, hours, tariffs."""

from guichet.reseau.demo.remplissage import fill

__all__ = ["fill"]
