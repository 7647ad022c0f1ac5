"""The manifest of the directory."""

from guichet.annuaire import tables
from guichet.annuaire.demo import fill
from guichet.socle.registre import Module

MODULE = Module(nom=tables.SCHEMA, demo=fill)
