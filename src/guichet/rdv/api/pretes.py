"""Free starts at the peak: the answer in bytes, kept in process until a booking, a change or the clock makes it stale.

One computation however many ask together. `Cache-Control: no-cache` asks for the database's own word.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Final
from urllib.parse import parse_qsl
from uuid import UUID

import psycopg
from fastapi import Request
from starlette.responses import Response

from guichet.rdv.metier.creneaux import Libre, RaisonSuggestion, choose_suggestions, niveau
from guichet.rdv.metier.montants import montant_ttc
from guichet.rdv.metier.vues import Controle
from guichet.rdv.questions.directes import DUREE_MAX, Cadre, Lecture, load_cadre, read_creneaux
from guichet.rdv.questions.disponibilites import check_periode
from guichet.rdv.questions.jetons import disponibilite_writer
from guichet.reseau.facade import Carburant, TypeControle, VehiculeType
from guichet.socle.acces import Passant, current_appelant
from guichet.socle.cache import MemoryCache, get_cache
from guichet.socle.horloge import now

CHAMPS: Final = frozenset({"centre_id", "date", "fin", "type_controle", "vehicule_type", "carburant"})
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, read from the address."""

    centre_id: UUID
    du: date
    au: date
    controle: Controle


@dataclass(frozen=True, slots=True)
class Prete:
    """An answer, and between which instants it is true if nobody writes."""

    corps: bytes
    depuis: datetime
    jusqua: datetime

    @property
    def poids(self) -> int:
        """What the cache counts it for."""
        return len(self.corps)

    def holds(self, instant: datetime) -> bool:
        """True while the clock alone has not changed it; the clock of a test also goes back."""
        return self.depuis <= instant < self.jusqua


@lru_cache(maxsize=20_000)
def read_question(adresse: bytes) -> Question | None:
    """The question of a query string; None when it is not written in the one plain way: the ordinary handler reads it."""
    pairs = parse_qsl(adresse.decode("latin-1"), keep_blank_values=True)
    found = dict(pairs)
    if len(found) != len(pairs) or not CHAMPS.issuperset(found):
        return None
    try:
        du, au = found["date"], found.get("fin", found["date"])
        if not (_DATE.fullmatch(du) and _DATE.fullmatch(au)):
            return None
        return Question(
            centre_id=UUID(found["centre_id"]),
            du=date.fromisoformat(du),
            au=date.fromisoformat(au),
            controle=Controle(
                vehicule_type=VehiculeType(found.get("vehicule_type", VehiculeType.VP)),
                carburant=Carburant(found.get("carburant", Carburant.ESSENCE)),
                type_controle=TypeControle(found.get("type_controle", TypeControle.CTP)),
            ),
        )
    except (KeyError, ValueError):
        return None


@lru_cache(maxsize=20_000)
def key_of(tenant_id: UUID | None, question: Question) -> str:
    """Under what an answer is kept; `tenant_id` is that of the address asked at."""
    quoi = question.controle
    return (
        f"rdv.pretes:{tenant_id}:{question.centre_id}:{question.du}:{question.au}"
        f":{quoi.vehicule_type}:{quoi.carburant}:{quoi.type_controle}"
    )


def find_disponibilites(adresse: bytes, passant: Passant, headers: Mapping[bytes, bytes]) -> bytes | None:
    """What a passer-by is answered at once: an answer that is kept and still holds. None: ask `answer_disponibilites`."""
    question = read_question(adresse)
    if question is None or b"cache-control" in headers:
        return None
    known: Prete | None = get_cache().peek(key_of(passant.tenant_id, question))
    return known.corps if known is not None and known.holds(now()) else None


async def answer_disponibilites(request: Request) -> Response | None:
    """The short way of `GET /disponibilites`."""
    question = read_question(request.scope["query_string"])
    if question is None:
        return None
    tenant_id = (await current_appelant(request)).tenant_id
    cache = get_cache()
    live = cache.suspended or "no-cache" in request.headers.get("cache-control", "")
    try:
        prete = await (_compute(tenant_id, question) if live else _ready(cache, tenant_id, question))
    except psycopg.OperationalError:
        return None  # a connection died in the pool: the ordinary handler asks for a living one
    return Response(prete.corps, media_type="application/json")


async def _ready(cache: MemoryCache, tenant_id: UUID | None, question: Question) -> Prete:
    cle = key_of(tenant_id, question)
    known: Prete | None = cache.peek(cle)
    if known is not None:
        if known.holds(now()):
            return known
        cache.forget(cle)
    cadre = await load_cadre(tenant_id, question.centre_id)
    jours = check_periode(question.du, question.au)
    return await cache.get_or_compute(
        cle, lambda: _write(tenant_id, question, cadre), ttl=DUREE_MAX, etiquettes=cadre.etiquettes(jours)
    )


async def _compute(tenant_id: UUID | None, question: Question) -> Prete:
    return render(await _read(await load_cadre(tenant_id, question.centre_id), question, a_garder=False))


async def _write(tenant_id: UUID | None, question: Question, cadre: Cadre) -> Prete:
    prete = render(await _read(cadre, question))
    if await load_cadre(tenant_id, question.centre_id) is cadre:
        return prete
    # The centre or its team changed while it was read: the tags it would be kept under are those of before.
    return Prete(prete.corps, prete.depuis, prete.depuis)


async def _read(cadre: Cadre, question: Question, *, a_garder: bool = True) -> Lecture:
    return await read_creneaux(cadre, du=question.du, au=question.au, controle=question.controle, a_garder=a_garder)


def render(lecture: Lecture) -> Prete:
    """The answer as it is sent: the text `DisponibilitesReponse` would be, written at once."""
    centre = lecture.contexte.centre
    write_creneau = _creneau_writer(lecture)
    du_jour = {jour: list(groupe) for jour, groupe in groupby(lecture.libres, key=itemgetter(0))}
    jours = []
    for jour in lecture.jours:
        creneaux = ",".join([write_creneau(libre) for _jour, libre in du_jour.get(jour, ())])
        raison = "null" if creneaux else f'"{lecture.raisons[jour]}"'
        jours.append(f'{{"date":"{jour}","raison_vide":{raison},"creneaux":[{creneaux}]}}')
    corps = f'{{"centre_id":"{centre.id}","fuseau":"{centre.fuseau}","jours":[{",".join(jours)}]}}'
    return Prete(corps.encode(), lecture.depuis, lecture.jusqua)


def _creneau_writer(lecture: Lecture) -> Callable[[Libre], str]:
    contexte, controle = lecture.contexte, lecture.controle
    zone, duree, montant = contexte.zone, contexte.duree(controle), montant_ttc(contexte.prix(controle))
    suggeres: dict[datetime, RaisonSuggestion] = {}
    for _jour, groupe in groupby(lecture.libres, key=itemgetter(0)):
        suggeres |= choose_suggestions([libre for _, libre in groupe], zone)
    write_id = disponibilite_writer(contexte.centre.id, controle)
    fixe = f'"duree_minutes":{int(duree.total_seconds()) // 60},"disponible":true,"niveau":"'
    prix = "null" if montant is None else f'"{montant}"'

    def write(libre: Libre) -> str:
        debut, fin = libre.debut.astimezone(zone), (libre.debut + duree).astimezone(zone)
        raison = suggeres.get(libre.debut)
        pourquoi = "null" if raison is None else f'"{raison}"'
        return (
            f'{{"id":"{write_id(libre.debut)}","heure_debut":"{debut.hour:02}:{debut.minute:02}",'
            f'"heure_fin":"{fin.hour:02}:{fin.minute:02}","debut":"{_iso(debut)}","fin":"{_iso(fin)}",{fixe}'
            f'{niveau(libre.places, libre.au_travail)}","suggere":{"false" if raison is None else "true"},'
            f'"raison_suggestion":{pourquoi},'
            f'"montant_ttc":{prix}}}'
        )

    return write


def _iso(local: datetime) -> str:
    texte = local.isoformat()
    return texte[:-6] + "Z" if texte.endswith("+00:00") else texte
