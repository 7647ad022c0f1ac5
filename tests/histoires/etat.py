"""What a history left: the rows, the mail that went out, the journal of the clients; read once, as maintenance."""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

from tests.histoires.journal import Fait
from tests.histoires.modele import Monde

Ligne = dict[str, Any]

RDVS = """
select id::text, numero, centre_id::text, controleur_id::text, immatriculation, vehicule_type, carburant, debut, fin, jour,
       statut, surnombre, expire_a, annule_motif, annule_le, sequence, montant_cents, paiement_mode, paiement_statut
  from rdv.rdv where offre_id is null order by id
"""
OUVERTURES = """
select o.centre_id::text, o.controleur_id::text, o.jour, o.capacites,
       array(select array[lower(p), upper(p)] from unnest(o.plages) p) as plages
  from rdv.ouverture o
"""
MESSAGES = "select id, type, payload, publie_le from socle.messages order by id"
LIVRAISONS = "select message_id, reaction, etat, essais, erreur from socle.livraisons"
TRAVAUX = "select id, task_name, status::text from travaux.procrastinate_jobs where status::text in ('todo', 'doing', 'failed')"
PAIEMENTS = """
select id::text, reference, statut, session_id, montant_cents, encaisse_cents, rembourse_cents from paiements.paiement
"""
REMBOURSEMENTS = "select id::text, paiement_id::text, montant_cents, statut from paiements.remboursement"
OPERATIONS = "select paiement_id::text, genre, montant_cents from paiements.operation"
PLANNINGS = (
    "select id::text, type, statut, centre_id::text, controleur_id::text, debut, fin from rdv.evenement_planning"
)
INSCRIPTIONS = "select id::text, immatriculation, statut, servie_par::text from rdv.inscription"
OFFRES = """
select o.id::text, o.inscription_id::text, o.debut, o.faite_a, o.expire_a, o.issue, o.finie_a,
       r.offre_id = o.id and r.statut = 'en_attente_paiement' as tient
  from rdv.offre o left join rdv.rdv r on r.id = o.rdv_id
"""
NOTIFICATIONS = "select id::text, cle, modele, statut, tentatives, message_id from notifications.notification"


def is_alive(rdv: Ligne, maintenant: datetime) -> bool:
    """It takes a place: not cancelled, not absent, not a hold that has died."""
    if rdv["statut"] == "en_attente_paiement":
        return bool(rdv["expire_a"] > maintenant)
    return rdv["statut"] in {"confirme", "en_cours", "termine"}


@dataclass(frozen=True)
class Mail:
    """A message as the mail server received it."""

    message_id: str
    destinataire: str
    sujet: str


@dataclass
class Etat:
    """Everything an invariant may look at. `audit` holds what the verification of the journal complained about."""

    maintenant: datetime
    monde: Monde
    faits: Sequence[Fait]
    rdvs: list[Ligne]
    ouvertures: list[Ligne]
    messages: list[Ligne]
    livraisons: list[Ligne]
    travaux: list[Ligne]
    notifications: list[Ligne]
    paiements: list[Ligne]
    remboursements: list[Ligne]
    operations: list[Ligne]
    plannings: list[Ligne] = field(default_factory=list)
    inscriptions: list[Ligne] = field(default_factory=list)
    offres: list[Ligne] = field(default_factory=list)
    prestataire: dict[str, tuple[int, int]] = field(default_factory=dict)
    """What the provider's own books say of each of its sessions: cents taken, cents given back."""
    mails: list[Mail] = field(default_factory=list)
    audit: list[str] = field(default_factory=list)

    @property
    def vivants(self) -> list[Ligne]:
        """The appointments that take a place."""
        return [r for r in self.rdvs if is_alive(r, self.maintenant)]

    def of(self, *operations: str) -> list[Fait]:
        """The requests of these operations."""
        return [f for f in self.faits if f.operation in operations]


def read_state(
    connection: psycopg.Connection[Any],
    *,
    maintenant: datetime,
    monde: Monde,
    faits: Sequence[Fait],
    mails: Iterable[Mail] = (),
    audit: Iterable[str] = (),
) -> Etat:
    """Read it on a connection that sees every tenant, in its own transaction when it has one open."""

    def rows(query: str) -> list[Ligne]:
        with connection.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(query.encode()).fetchall()

    return Etat(
        maintenant=maintenant,
        monde=monde,
        faits=faits,
        rdvs=rows(RDVS),
        ouvertures=rows(OUVERTURES),
        messages=rows(MESSAGES),
        livraisons=rows(LIVRAISONS),
        travaux=rows(TRAVAUX),
        notifications=rows(NOTIFICATIONS),
        paiements=rows(PAIEMENTS),
        remboursements=rows(REMBOURSEMENTS),
        operations=rows(OPERATIONS),
        plannings=rows(PLANNINGS),
        inscriptions=rows(INSCRIPTIONS),
        offres=rows(OFFRES),
        mails=list(mails),
        audit=list(audit),
    )


def read_provider(fichier: Path) -> dict[str, tuple[int, int]]:
    """The sandbox provider's own books, read behind its back."""
    with closing(sqlite3.connect(fichier)) as base:
        docs = [json.loads(doc) for (doc,) in base.execute("select doc from session")]
    return {d["id"]: (d["encaisse_cents"], sum(map(_given_back, d["remboursements"]))) for d in docs}


def pending_notifications(fichier: Path, maintenant: datetime) -> int:
    """How many notifications the provider has to deliver by now; those it tries again later are not waited for."""
    due = "select count(*) from envoi where not fini and du_a <= ?"
    with closing(sqlite3.connect(fichier)) as base:
        return int(base.execute(due, (maintenant.timestamp(),)).fetchone()[0])


def _given_back(remboursement: Ligne) -> int:
    return int(remboursement["montant_cents"]) if remboursement["statut"] == "effectue" else 0


def read_mails(boite: Path) -> list[Mail]:
    """What the demonstration's mail server kept."""
    found = []
    for chemin in sorted(boite.glob("*.eml")):
        lu = message_from_bytes(chemin.read_bytes())
        found.append(Mail(str(lu["Message-ID"]), str(lu["Delivered-To"]), str(lu["Subject"])))
    return found
