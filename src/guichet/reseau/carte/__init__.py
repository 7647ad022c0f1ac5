"""Maps drawn by the server from outlines kept in the product: no tiles, no network, no script needed.

`draw_carte` shows numbered centres around a point; `draw_carte_france` shows where a network is. The list beside a map
always says the same in words.
"""

from guichet.reseau.carte.contours import load_contours
from guichet.reseau.carte.dessin import PointCarte, draw_carte, draw_legende
from guichet.reseau.carte.france import draw_carte_france

__all__ = ["PointCarte", "draw_carte", "draw_carte_france", "draw_legende", "load_contours"]
