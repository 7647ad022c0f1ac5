"""What the sandbox keeps, in an SQLite file of its own (or in memory): sessions, events, notifications to deliver."""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from guichet.paiements.bac_a_sable.sessions import Session, new_token
from guichet.socle import horloge

SCHEMA = """
create table if not exists session (id text primary key, marchand text not null, etat text not null, doc text not null);
create index if not exists ix_session_marchand on session (marchand);
create table if not exists evenement (
  rang integer primary key autoincrement, id text not null unique, marchand text not null, session_id text not null,
  genre text not null, corps text not null);
create table if not exists envoi (
  rang integer primary key autoincrement, session_id text not null, evenement_id text not null, genre text not null,
  corps text not null, fausse integer not null, du_a real not null, essais integer not null default 0,
  reponse integer, fini integer not null default 0);
create index if not exists ix_envoi_du on envoi (fini, du_a);
create table if not exists cle (marchand text not null, cle text not null, empreinte text not null, reponse text not null,
  primary key (marchand, cle));
"""


@dataclass(frozen=True, kw_only=True)
class Envoi:
    """A notification to deliver, or delivered: `reponse` is the last HTTP status, 0 for no answer, None before any."""

    rang: int
    session_id: str
    evenement_id: str
    genre: str
    corps: str
    fausse: bool
    du_a: datetime
    essais: int
    reponse: int | None
    fini: bool


class Magasin:
    """The sandbox's memory. Every write is committed before it is answered."""

    def __init__(self, fichier: Path | None = None) -> None:
        if fichier is not None:
            fichier.parent.mkdir(parents=True, exist_ok=True)
        self._base = sqlite3.connect(str(fichier) if fichier else ":memory:", check_same_thread=False)
        self._base.row_factory = sqlite3.Row
        self._base.executescript(SCHEMA)
        self._decalage = timedelta(0)

    def close(self) -> None:
        """Close the file."""
        self._base.close()

    def now(self) -> datetime:
        """The house's hour: in test mode, as the last caller said it is."""
        return horloge.now() + self._decalage

    def follow(self, instant: datetime) -> None:
        """The house says what time it is (test mode only)."""
        self._decalage = instant - horloge.now()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One commit."""
        with self._base:
            yield

    # -- sessions

    def find(self, session_id: str) -> Session | None:
        """A session by its identifier."""
        row = self._base.execute("select doc from session where id = ?", (session_id,)).fetchone()
        return Session.model_validate_json(row["doc"]) if row else None

    def open_sessions(self) -> list[Session]:
        """Those time may still change."""
        rows = self._base.execute("select doc from session where etat in ('ouverte', 'payee', 'expiree')")
        found = [Session.model_validate_json(row["doc"]) for row in rows]
        return [
            s
            for s in found
            if s.etat == "ouverte" or s.en_cours or any(r.statut == "en_attente" for r in s.remboursements)
        ]

    def list_sessions(self, limite: int = 100) -> list[Session]:
        """The last ones opened, newest first."""
        rows = self._base.execute("select doc from session order by rowid desc limit ?", (limite,))
        return [Session.model_validate_json(row["doc"]) for row in rows]

    def save(self, session: Session, genres: Iterable[str] = (), *, notify: bool = True) -> list[str]:
        """Keep a session with the events that happened to it, each to be notified. Returns the events' identifiers."""
        with self._base:
            self._base.execute(
                "insert into session (id, marchand, etat, doc) values (?, ?, ?, ?)"
                " on conflict (id) do update set etat = excluded.etat, doc = excluded.doc",
                (session.id, session.marchand.hex, session.etat, session.model_dump_json()),
            )
            return [self._add_event(session, genre, notify=notify) for genre in genres]

    def _add_event(self, session: Session, genre: str, *, notify: bool) -> str:
        identifiant, corps = self.build_event(session, genre)
        self._base.execute(
            "insert into evenement (id, marchand, session_id, genre, corps) values (?, ?, ?, ?, ?)",
            (identifiant, session.marchand.hex, session.id, genre, corps),
        )
        if notify:
            self.add_envoi(session.id, identifiant, genre, corps, du_a=self.now())
        return identifiant

    def build_event(self, session: Session, genre: str) -> tuple[str, str]:
        """The body of an event, with an identifier of its own."""
        identifiant = new_token("evt")
        corps = {
            "id": identifiant,
            "genre": genre,
            "session_id": session.id,
            "creee_a": self.now().isoformat(),
            "donnees": {"etat": session.etat, "encaisse_cents": session.encaisse_cents},
        }
        return identifiant, json.dumps(corps, ensure_ascii=False)

    def list_events(self, marchand: UUID, apres: int, limite: int) -> tuple[list[dict[str, Any]], int, bool]:
        """A merchant's events after a rank, the rank of the last one, and whether there are more."""
        rows = self._base.execute(
            "select rang, corps from evenement where marchand = ? and rang > ? order by rang limit ?",
            (marchand.hex, apres, limite + 1),
        ).fetchall()
        shown = rows[:limite]
        return [json.loads(r["corps"]) for r in shown], (shown[-1]["rang"] if shown else apres), len(rows) > limite

    def events_of(self, session_id: str) -> list[tuple[str, str, str]]:
        """Identifier, kind and body of a session's events, oldest first."""
        rows = self._base.execute(
            "select id, genre, corps from evenement where session_id = ? order by rang", (session_id,)
        )
        return [(r["id"], r["genre"], r["corps"]) for r in rows]

    # -- notifications

    def add_envoi(
        self, session_id: str, evenement_id: str, genre: str, corps: str, *, du_a: datetime, fausse: bool = False
    ) -> None:
        """A notification to deliver at an instant of the house."""
        self._base.execute(
            "insert into envoi (session_id, evenement_id, genre, corps, fausse, du_a) values (?, ?, ?, ?, ?, ?)",
            (session_id, evenement_id, genre, corps, int(fausse), du_a.timestamp()),
        )

    def due_envois(self) -> list[Envoi]:
        """What is due now, in the order it is due."""
        rows = self._base.execute(
            "select * from envoi where fini = 0 and du_a <= ? order by du_a, rang", (self.now().timestamp(),)
        )
        return [_envoi(r) for r in rows]

    def envois_of(self, session_id: str) -> list[Envoi]:
        """The notifications of a session, in the order they were made."""
        rows = self._base.execute("select * from envoi where session_id = ? order by rang", (session_id,))
        return [_envoi(r) for r in rows]

    def settle_envoi(self, envoi: Envoi, *, reponse: int, encore_a: datetime | None) -> None:
        """What became of a delivery: acknowledged, given up, or to try again."""
        with self._base:
            self._base.execute(
                "update envoi set essais = essais + 1, reponse = ?, fini = ?, du_a = coalesce(?, du_a) where rang = ?",
                (reponse, int(encore_a is None), encore_a.timestamp() if encore_a else None, envoi.rang),
            )

    # -- idempotency

    def known_answer(self, marchand: UUID, cle: str) -> tuple[str, dict[str, Any]] | None:
        """The body's digest and the answer already given under a key."""
        row = self._base.execute(
            "select empreinte, reponse from cle where marchand = ? and cle = ?", (marchand.hex, cle)
        ).fetchone()
        return (row["empreinte"], json.loads(row["reponse"])) if row else None

    def keep_answer(self, marchand: UUID, cle: str, empreinte: str, reponse: dict[str, Any]) -> None:
        """Keep it."""
        with self._base:
            self._base.execute(
                "insert or ignore into cle (marchand, cle, empreinte, reponse) values (?, ?, ?, ?)",
                (marchand.hex, cle, empreinte, json.dumps(reponse)),
            )


def _envoi(row: sqlite3.Row) -> Envoi:
    return Envoi(
        rang=row["rang"],
        session_id=row["session_id"],
        evenement_id=row["evenement_id"],
        genre=row["genre"],
        corps=row["corps"],
        fausse=bool(row["fausse"]),
        du_a=datetime.fromtimestamp(row["du_a"], tz=UTC),
        essais=row["essais"],
        reponse=row["reponse"],
        fini=bool(row["fini"]),
    )
