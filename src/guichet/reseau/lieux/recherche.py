"""Search in the table of places: what people type, tolerant of accents, case, hyphens and one typing error."""

import math
import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from heapq import nsmallest

from guichet.reseau.lieux.cles import compute_cle
from guichet.reseau.lieux.table import Lieu, Table, load_table

LONGUEUR_MAX = 100
# Shorter texts with an error would match anything.
_LONGUEUR_MIN_ERREUR = 4
_ALPHABET = "abcdefghijklmnopqrstuvwxyz "
_CODE_POSTAL = re.compile(r"\b\d{5}\b")
_DEPARTEMENT_ENTRE_PARENTHESES = re.compile(r"\(\s*(\d{2,3}|2[ab])\s*\)\s*$", re.IGNORECASE)
_BRUIT = re.compile(r" (?:cedex(?: \d{1,2})?|france)$")
# A place of exactly the searched name counts this many times its population against longer names.
_PREFERENCE_MEME_NOM = 10
_KM_PAR_DEGRE = 111.19
# A position that is a mean of others is this much less believable as "the nearest town".
_MALUS_APPROXIMATIF_KM = 3.0


@dataclass(frozen=True, slots=True)
class ResultatLieu:
    """The place a text means (None: none), what else it may mean, and whether a typing error was corrected."""

    lieu: Lieu | None
    suggestions: tuple[Lieu, ...]
    corrige: bool = False


@dataclass(frozen=True, slots=True)
class _Demande:
    """A text taken apart: the key of its words, a postal code, a department's number in the table."""

    cle: str
    code_postal: str | None = None
    departement: int | None = None


def search_lieux(q: str, limite: int = 8) -> list[Lieu]:
    """Find the places a text may mean, best first.

    In: a name or its beginning, a postal code or its beginning, a department's code, or a name with one of them.
    Order: same name, then beginning with it, then containing it, then with one typing error; the most populated first.
    """
    return list(_search(q[:LONGUEUR_MAX].strip(), limite)[0])


def find_lieu(texte: str) -> ResultatLieu:
    """Decide which place a submitted text means; homonyms and near names come back as suggestions."""
    lieux, corrige = _search(texte[:LONGUEUR_MAX].strip(), 6)
    if not lieux and "," in texte:
        # An address: the place is usually its last part.
        for partie in reversed(texte[:LONGUEUR_MAX].split(",")):
            lieux, corrige = _search(partie.strip(), 6)
            if lieux:
                break
    return ResultatLieu(lieux[0] if lieux else None, lieux[1:], corrige)


def find_commune(nom: str, departement: str) -> Lieu | None:
    """Find the commune of exactly this name in a department (by code), former communes included."""
    table = load_table()
    numero = table.par_code_departement.get(departement.upper())
    rangs = [r for r in table.named(compute_cle(nom)) if table.num_departements[r] == numero]
    return table.lieu(rangs[0]) if rangs else None


def nearest(lat: float, lon: float) -> Lieu | None:
    """Find the place nearest to a point, None when France is far (some 400 km)."""
    table = load_table()
    rangs = table.near(lat, lon)
    if not rangs:
        return None
    k = math.cos(math.radians(lat))

    def ecart(rang: int) -> float:
        km = math.hypot(table.lat[rang] / 1e4 - lat, (table.lon[rang] / 1e4 - lon) * k) * _KM_PAR_DEGRE
        ancienne = table.types[rang] == "2"
        return km + _MALUS_APPROXIMATIF_KM * (table.approches[rang] == "1") + _MALUS_APPROXIMATIF_KM * ancienne

    return table.lieu(min(rangs, key=ecart))


@lru_cache(maxsize=4096)
def _search(q: str, limite: int) -> tuple[tuple[Lieu, ...], bool]:
    table = load_table()
    for demande in _read(table, q):
        rangs, corrige = _match(table, demande, limite)
        if rangs:
            return tuple(table.lieu(r, demande.code_postal) for r in rangs), corrige
    return (), False


def _read(table: Table, q: str) -> Iterator[_Demande]:
    """Yield the ways a text may be read, the most literal first."""
    cle = compute_cle(q)
    if not cle:
        return
    code = _CODE_POSTAL.search(cle)
    if code:
        mots = _BRUIT.sub("", " ".join(cle.replace(code[0], " ").split()))
        if mots:
            yield _Demande(mots, code_postal=code[0])
        yield _Demande("", code_postal=code[0])
        if mots:
            yield from _read_words(table, mots)
        return
    entre_parentheses = _DEPARTEMENT_ENTRE_PARENTHESES.search(q)
    if entre_parentheses:
        mots = compute_cle(q[: entre_parentheses.start()])
        yield _Demande(mots, departement=table.par_code_departement.get(entre_parentheses[1].upper(), -1))
    yield from _read_words(table, _BRUIT.sub("", cle))


def _read_words(table: Table, cle: str) -> Iterator[_Demande]:
    numero = table.par_code_departement.get(cle.upper(), table.par_nom_departement.get(cle))
    if numero is not None and not table.named(cle):
        yield _Demande("", departement=numero)
    yield _Demande(cle)
    mots = cle.split()
    for i in range(1, len(mots)):
        fin = " ".join(mots[i:])
        numero = table.par_code_departement.get(fin.upper(), table.par_nom_departement.get(fin))
        if numero is not None:
            yield _Demande(" ".join(mots[:i]), departement=numero)


def _match(table: Table, demande: _Demande, limite: int) -> tuple[list[int], bool]:
    if demande.code_postal is not None:
        return _match_code_postal(table, demande.cle, demande.code_postal, limite), False
    if demande.cle == "":
        return table.par_departement.get(-1 if demande.departement is None else demande.departement, [])[:limite], False
    if demande.cle.isdigit():
        return _match_debut_code_postal(table, demande.cle, limite), False

    def keep(rangs: Iterable[int]) -> Iterable[int]:
        if demande.departement is None:
            return rangs
        return (r for r in rangs if table.num_departements[r] == demande.departement)

    trouves: dict[int, None] = {}

    def take(rangs: Iterable[int]) -> None:
        if len(trouves) < limite:
            trouves.update(dict.fromkeys(nsmallest(limite + len(trouves), set(keep(rangs)))))

    trouves.update(dict.fromkeys(_by_weight(table, demande.cle, keep, limite)))
    take(table.starting(demande.cle))
    take(table.containing(demande.cle))
    corrige = not trouves
    if len(trouves) < limite:
        for niveau in _corrections(table, demande.cle):
            take(niveau)
    return list(trouves)[:limite], corrige and bool(trouves)


def _by_weight(table: Table, cle: str, keep: Callable[[Iterable[int]], Iterable[int]], limite: int) -> list[int]:
    """Same name, or a longer one beginning with these words: "evry" means Évry-Courcouronnes before Évry in Yonne."""
    populations = table.populations
    poids = {r: -populations[r] for r in keep(table.starting(f"{cle} "))}
    poids.update((r, -_PREFERENCE_MEME_NOM * populations[r] - 1) for r in keep(table.named(cle)))
    return nsmallest(limite, poids, key=lambda r: (poids[r], r))


def _match_code_postal(table: Table, cle: str, code: str, limite: int) -> list[int]:
    rangs = table.par_code_postal.get(code, [])
    if cle:
        # Either text may be the longer one: "Lyon 69003" means "Lyon 3e".
        rangs = [r for r in rangs if _same_start(compute_cle(table.noms[r]), cle)]
    elif not rangs:
        # A business or CEDEX code: the nearest ordinary one by its first digits.
        for longueur in (4, 3):
            if rangs := _match_debut_code_postal(table, code[:longueur], limite):
                break
    # An arrondissement answers for its own code better than the whole city.
    return sorted(rangs, key=lambda r: (table.types[r] != "1", r))[:limite]


def _same_start(a: str, b: str) -> bool:
    return a.startswith(b) or b.startswith(a)


def _match_debut_code_postal(table: Table, debut: str, limite: int) -> list[int]:
    codes = table.liste_codes_postaux
    tranche = codes[slice(bisect_left(codes, debut), bisect_left(codes, debut + "\uffff"))]
    return nsmallest(limite, {r for code in tranche for r in table.par_code_postal[code]})


def _corrections(table: Table, cle: str) -> Iterator[Iterable[int]]:
    """Yield the places reached by one insertion, deletion, replacement or swap: same name first, then its beginning."""
    if len(cle) < _LONGUEUR_MIN_ERREUR:
        return
    exactes: set[int] = set()
    debuts: set[int] = set()
    for variante in _variants(cle, _known_prefix(table.cles, cle)):
        i = bisect_left(table.cles, variante)
        if i < len(table.cles) and table.cles[i].startswith(variante):
            if table.cles[i] == variante:
                exactes.update(table.named(variante))
            debuts.update(table.starting(variante))
    yield exactes
    yield debuts
    if not exactes and not debuts:
        for variante in _variants(cle, _known_prefix(table.suites, cle)):
            debuts.update(table.containing(variante))
        yield debuts


def _known_prefix(cles: list[str], cle: str) -> int:
    """Length of the longest beginning of the text that begins some name: the error is not further on."""
    i = bisect_left(cles, cle)
    return max((_common(cles[j], cle) for j in (i - 1, i) if 0 <= j < len(cles)), default=0)


def _common(a: str, b: str) -> int:
    n = 0
    for x, y in zip(a, b, strict=False):
        if x != y:
            break
        n += 1
    return n


def _variants(cle: str, limite: int) -> Iterator[str]:
    for i in range(min(limite + 1, len(cle)) + 1):
        debut, fin = cle[:i], cle[i:]
        for lettre in _ALPHABET:
            yield debut + lettre + fin
            if fin:
                yield debut + lettre + fin[1:]
        if fin:
            yield debut + fin[1:]
        if len(fin) > 1:
            yield debut + fin[1] + fin[0] + fin[2:]
