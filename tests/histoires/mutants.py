"""One way each invariant can be broken, done on purpose: an invariant that does not notice its mutant protects nothing."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from tests.histoires import attente, invariants, plannings
from tests.histoires.etat import Etat
from tests.histoires.invariants import Invariant

SANS_CONTRAINTE: Final = "alter table rdv.rdv drop constraint ex_rdv_controleur"
VIVANT: Final = """statut = 'confirme' and controleur_id is not null
  and id not in (select servie_par from rdv.inscription where servie_par is not null)"""
"""Booked as most are, by somebody who was told; what the waiting list gave has invariants of its own."""


@dataclass(frozen=True)
class Mutant:
    """What is done to the database (SQL as the superuser, undone afterwards), or to what was recorded of it.

    The last statement changes something: a mutant without effect is a mistake.
    """

    nom: str
    invariant: Invariant
    sql: tuple[str, ...] = ()
    recorded: Callable[[Etat], Etat] | None = None


def _copy(changes: str, condition: str = "offre_id is null") -> str:
    """Insert a second appointment made from one there is, with a number of its own and no place."""
    return f"""
insert into rdv.rdv select (jsonb_populate_record(r, jsonb_build_object(
  'id', gen_random_uuid(), 'numero', 'RDV-MUTANT01', 'statut', 'annule', 'annule_le', now(), 'annule_motif', 'client', {changes}))).*
  from rdv.rdv r where {condition} limit 1
"""


def _forget_an_answer(etat: Etat) -> Etat:
    """A booking that was granted is written down as refused."""
    plaques = {r["immatriculation"] for r in etat.rdvs}
    granted = next(f for f in etat.of("reserver") if f.accepte and f.sujet in plaques)
    faits = [
        replace(f, statut=409, corps={"code": "CRENEAU_INDISPONIBLE"}) if f.cle == granted.cle else f
        for f in etat.faits
    ]
    return replace(etat, faits=faits)


def _fail(etat: Etat) -> Etat:
    return replace(etat, faits=[*etat.faits, replace(etat.faits[0], statut=500, corps={"code": "ERREUR_INTERNE"})])


def _take_money(etat: Etat) -> Etat:
    return replace(etat, prestataire={**etat.prestataire, "ses_mutant": (7900, 0)})


def _lose_a_block(etat: Etat) -> Etat:
    """A block somebody was promised is not there."""
    promis = replace(etat.faits[0], operation="bloquer", statut=201, corps={"id": "bloc-mutant"})
    return replace(etat, faits=[*etat.faits, promis])


def _receive_twice(etat: Etat) -> Etat:
    return replace(etat, mails=[*etat.mails, etat.mails[0]])


def _lose_a_mail(etat: Etat) -> Etat:
    """A mail that is said sent was never received."""
    dits = {n["message_id"] for n in etat.notifications if n["statut"] == "envoye"}
    perdu = next(m for m in etat.mails if m.message_id in dits)
    return replace(etat, mails=[m for m in etat.mails if m.message_id != perdu.message_id])


def _paid(condition: str, statut: str = "succeeded", rembourse: int = 0) -> str:
    """Insert a payment of 79 euros for one appointment."""
    return f"""
insert into paiements.paiement (id, tenant_id, reference, canal, moyen, statut, montant_cents, encaisse_cents,
                                rembourse_cents, lignes, acheteur, langue, expire_a)
select gen_random_uuid(), tenant_id, 'rdv:' || id, 'en_ligne', 'carte_bancaire', '{statut}', 7900, 7900, {rembourse}, '[]', '',
       'fr', now() from rdv.rdv where {condition} limit 1
"""


RENDU: Final = """
insert into paiements.remboursement (id, tenant_id, paiement_id, cle, montant_cents, motif, statut, demande_a, effectue_a)
select gen_random_uuid(), tenant_id, id, 'mutant-' || n || '-' || id, 7900, 'mutant', 'effectue', now(), now()
  from paiements.paiement, generate_series(1, 2) n where rembourse_cents > 0
"""
ANNULE: Final = "statut = 'annule' and offre_id is null"

MUTANTS: Final[tuple[Mutant, ...]] = (
    Mutant(
        "an inspector is given a second vehicle at the same hour",
        invariants.one_inspector_one_place,
        (
            SANS_CONTRAINTE,
            f"""with deux as (select array_agg(id order by id) as ids from (select id from rdv.rdv where {VIVANT} limit 2) v)
            update rdv.rdv a set controleur_id = b.controleur_id, debut = b.debut, fin = b.fin
              from rdv.rdv b, deux where a.id = deux.ids[1] and b.id = deux.ids[2]""",
        ),
    ),
    Mutant(
        "a nominal appointment loses its inspector",
        invariants.nominal_has_an_inspector,
        (f"update rdv.rdv set controleur_id = null where id = (select id from rdv.rdv where {VIVANT} limit 1)",),
    ),
    Mutant(
        "an appointment slips into the lunch break",
        invariants.inside_the_opening,
        (
            SANS_CONTRAINTE,
            f"""update rdv.rdv set debut = jour + time '11:30', fin = jour + time '12:00'
            where id = (select id from rdv.rdv where {VIVANT} limit 1)""",
        ),
    ),
    Mutant(
        "a vehicle running on gas goes to an inspector who may not inspect it",
        invariants.accredited_on_the_day,
        (
            SANS_CONTRAINTE,
            f"""update rdv.rdv set carburant = 'Gaz', controleur_id = (
              select controleur_id from rdv.ouverture where not 'Gaz' = any (capacites) and 'VL' = any (capacites)
                and not 'L' = any (capacites) limit 1)
            where id = (select id from rdv.rdv where {VIVANT} limit 1)""",
        ),
    ),
    Mutant(
        "everybody on a day is beyond the capacity",
        invariants.within_the_capacity,
        (
            """update rdv.rdv r set surnombre = true, controleur_id = null from
            (select centre_id, jour from rdv.rdv where statut = 'confirme' group by 1, 2 order by count(*) desc limit 1) d
            where r.centre_id = d.centre_id and r.jour = d.jour and r.statut = 'confirme'""",
        ),
    ),
    Mutant(
        "a centre is closed over an appointment",
        plannings.nobody_works_on_blocked_hours,
        (
            f"""insert into rdv.evenement_planning (id, tenant_id, type, centre_id, fuseau, debut, fin, jusqu_a, motif, statut)
            select gen_random_uuid(), tenant_id, 'blocage', centre_id, 'Europe/Paris', debut, fin, fin, 'mutant', 'actif'
              from rdv.rdv where {VIVANT} limit 1""",
        ),
    ),
    Mutant("a block that was granted does not act", plannings.what_was_blocked_is_blocked, recorded=_lose_a_block),
    Mutant(
        "an acknowledged booking is lost",
        invariants.what_was_acknowledged_is_stored,
        (f"delete from rdv.rdv where id = (select id from rdv.rdv where {VIVANT} limit 1)",),
    ),
    Mutant(
        "a cancelled appointment comes back to life",
        invariants.what_was_acknowledged_is_stored,
        (
            SANS_CONTRAINTE,
            """update rdv.rdv set statut = 'confirme', annule_le = null, annule_motif = null
            where statut = 'annule' and annule_motif <> 'expiration'""",
        ),
    ),
    Mutant(
        "an appointment is not where it was granted",
        invariants.what_was_acknowledged_is_stored,
        (
            SANS_CONTRAINTE,
            f"""update rdv.rdv set debut = debut + interval '7 days', fin = fin + interval '7 days', jour = jour + 7
            where id = (select id from rdv.rdv where {VIVANT} limit 1)""",
        ),
    ),
    Mutant("a refusal left an appointment", invariants.what_was_refused_left_nothing, recorded=_forget_an_answer),
    Mutant(
        "a booking sent twice was written twice",
        invariants.one_intention_one_effect,
        (_copy("'immatriculation', r.immatriculation"),),
    ),
    Mutant(
        "an event is published a second time",
        invariants.one_intention_one_effect,
        (
            """insert into socle.messages (id, created_at, type, version, payload, publie_le)
            select nextval('socle.messages_id_seq'), created_at, type, version, payload, publie_le from socle.messages
            where type = 'rdv.created' limit 1""",
        ),
    ),
    Mutant(
        "a hold is left behind",
        invariants.every_hold_is_over,
        (
            f"""update rdv.rdv set statut = 'en_attente_paiement', expire_a = debut - interval '30 days'
            where id = (select id from rdv.rdv where {VIVANT} limit 1)""",
        ),
    ),
    Mutant("a request fails", invariants.nobody_answered_with_a_failure, recorded=_fail),
    Mutant(
        "a message is not relayed",
        invariants.everything_was_delivered,
        ("update socle.messages set publie_le = null where id = (select max(id) from socle.messages)",),
    ),
    Mutant(
        "a reaction is given up",
        invariants.everything_was_delivered,
        (
            """insert into socle.livraisons (message_id, reaction, message_le, etat, due_le)
            select id, 'mutant', created_at, 'echec', now() from socle.messages limit 1""",
        ),
    ),
    Mutant(
        "a cancellation is told to nobody",
        invariants.everybody_was_told_once,
        (
            """delete from notifications.notification where id =
            (select id from notifications.notification where modele = 'rdv.annulation' limit 1)""",
        ),
    ),
    Mutant("money is kept without a place", invariants.every_euro_is_accounted_for, (_paid(ANNULE),)),
    Mutant(
        "a payment is left pending",
        invariants.every_euro_is_accounted_for,
        (
            _paid(f"{ANNULE} and not exists (select from paiements.paiement p where p.reference = 'rdv:' || rdv.id)"),
            "update paiements.paiement set statut = 'pending', encaisse_cents = 0 where lignes = '[]'",
        ),
    ),
    Mutant("a refund is made twice", invariants.the_ledger_agrees, (_paid(ANNULE, "refunded", 7900), RENDU)),
    Mutant(
        "a refund stays half done",
        invariants.the_ledger_agrees,
        (
            _paid(ANNULE, "refunded", 7900),
            RENDU,
            """update paiements.remboursement set statut = 'en_cours', effectue_a = null, prochaine_tentative = now()
            where cle like 'mutant-1-%'""",
        ),
    ),
    Mutant(
        "an offer is never answered nor lets go",
        attente.every_offer_is_over,
        (
            """update rdv.offre set issue = null, finie_a = null
            where id = (select id from rdv.offre o where not exists
                        (select from rdv.offre p where p.inscription_id = o.inscription_id and p.issue is null) limit 1)""",
        ),
    ),
    Mutant(
        "an entry has two offers at a time",
        attente.nobody_holds_two_offers,
        (
            """insert into rdv.offre select (jsonb_populate_record(o, jsonb_build_object(
              'id', gen_random_uuid(), 'rdv_id', gen_random_uuid()))).* from rdv.offre o where issue is not null
              and finie_a > faite_a limit 1""",
        ),
    ),
    Mutant(
        "an entry is said served and nobody accepted",
        attente.an_entry_is_served_once,
        (
            """update rdv.inscription set statut = 'servie', servie_par = (select id from rdv.rdv limit 1)
            where id = (select id from rdv.inscription where statut <> 'servie' limit 1)""",
        ),
    ),
    Mutant("the provider took money we know nothing of", invariants.the_provider_agrees, recorded=_take_money),
    Mutant("the same mail leaves twice", invariants.no_mail_went_out_twice, recorded=_receive_twice),
    Mutant(
        "a mail is said sent and never was",
        invariants.no_mail_went_out_twice,
        recorded=_lose_a_mail,
    ),
)

FORGERY: Final = "update socle.audit set action = 'rien' where id = (select min(id) from socle.audit)"
"""The mutant of the audit journal: it is read by the operator's command, so it is committed, and comes last."""
