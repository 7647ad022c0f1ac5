"""What must be true when it is over. Each is a function of the state that returns what is wrong, in sentences."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from itertools import pairwise
from typing import Final

from tests.histoires.attente import an_entry_is_served_once, every_offer_is_over, nobody_holds_two_offers
from tests.histoires.etat import Etat, Ligne
from tests.histoires.journal import Fait, gestes_of
from tests.histoires.modele import AGREMENTS, CAPACITES, instant_of, is_within, needs
from tests.histoires.plannings import nobody_works_on_blocked_hours, what_was_blocked_is_blocked

Invariant = Callable[[Etat], Iterator[str]]
TOLERANCE: Final = 10
PLACEMENTS: Final = ("reserver", "deplacer")


def _name(rdv: Ligne) -> str:
    return f"{rdv['immatriculation']} ({rdv['statut']}, {rdv['debut']:%d/%m %H:%M})"


# -- who is where


def one_inspector_one_place(etat: Etat) -> Iterator[str]:
    """No inspector is in two places."""
    par_controleur: dict[str, list[Ligne]] = defaultdict(list)
    for rdv in etat.vivants:
        if rdv["controleur_id"] is not None:
            par_controleur[rdv["controleur_id"]].append(rdv)
    for siens in par_controleur.values():
        for avant, apres in pairwise(sorted(siens, key=lambda r: r["debut"])):
            if apres["debut"] < avant["fin"]:
                yield f"{_name(avant)} et {_name(apres)} ont le même contrôleur"


def nominal_has_an_inspector(etat: Etat) -> Iterator[str]:
    """Only an appointment beyond capacity goes without an inspector."""
    for rdv in etat.vivants:
        if (rdv["controleur_id"] is None) is not rdv["surnombre"]:
            yield f"{_name(rdv)} : surnombre={rdv['surnombre']}, contrôleur={rdv['controleur_id']}"


def placement_of(etat: Etat, rdv: Ligne) -> tuple[float, float]:
    """Between which monotonic seconds an appointment took the place it has: the requests that asked for it."""
    siens = (f for f in etat.of(*PLACEMENTS) if f.sujet == rdv["immatriculation"] and _asks_for(f, rdv))
    gestes = gestes_of(siens)
    if not gestes:
        return 0.0, float("inf")
    return min(g.envoye for g in gestes), max(g.fini for g in gestes)


def _asks_for(fait: Fait, rdv: Ligne) -> bool:
    d = fait.demande
    return bool(d["centre_id"] == rdv["centre_id"] and instant_of(d["date"], d["heure_debut"]) == rdv["debut"])


def in_force(reglages: Iterable[Fait], *, depuis: float, jusque: float, initiale: str) -> set[str]:
    """The variants of a setting that may have been in force at some instant of `[depuis, jusque]`.

    Settings come from one client, one after the other: the last one certainly over before `depuis`, those that were not,
    up to `jusque`.
    """
    possibles = {initiale}
    for fait in sorted((f for f in reglages if not f.refuse), key=lambda f: f.envoye):
        if fait.accepte and fait.fini < depuis:
            possibles = {fait.demande["variante"]}
        elif fait.envoye <= jusque:
            possibles.add(fait.demande["variante"])
    return possibles


def inside_the_opening(etat: Etat) -> Iterator[str]:
    """An appointment lies in hours that were its centre's when it was placed (hours changed since cancel nothing)."""
    for rdv in etat.vivants:
        depuis, jusque = placement_of(etat, rdv)
        reglages = [f for f in etat.of("regler_horaires") if f.sujet == rdv["centre_id"]]
        variantes = in_force(reglages, depuis=depuis, jusque=jusque, initiale="plein")
        if not any(is_within(v, rdv["debut"], rdv["fin"]) for v in variantes):
            yield f"{_name(rdv)} est hors des horaires ({', '.join(sorted(variantes))})"


def accredited_on_the_day(etat: Etat) -> Iterator[str]:
    """The inspector was accredited for the vehicle when it was given to them."""
    for rdv in etat.vivants:
        if rdv["controleur_id"] is None:
            continue
        depuis, _jusque = placement_of(etat, rdv)
        reglages = [f for f in etat.of("regler_agrements") if f.sujet == rdv["controleur_id"]]
        # Another booking may have needed the inspector it had: this one may come from any moment since.
        au_debut = etat.monde.controleurs[rdv["controleur_id"]]
        variantes = in_force(reglages, depuis=depuis, jusque=float("inf"), initiale=au_debut)
        voulus = needs(rdv["vehicule_type"], rdv["carburant"])
        if not any(voulus <= AGREMENTS[v] for v in variantes):
            yield f"{_name(rdv)} demande {', '.join(sorted(voulus))}"


def within_the_capacity(etat: Etat) -> Iterator[str]:
    """No more nominal appointments on a day than its capacity ever was, and beyond it no more than the tolerance."""
    par_jour: dict[tuple[str, object], list[Ligne]] = defaultdict(list)
    for rdv in etat.vivants:
        par_jour[rdv["centre_id"], rdv["jour"]].append(rdv)
    for (centre_id, jour), rdvs in par_jour.items():
        surnombres = [r for r in rdvs if r["surnombre"]]
        nominaux = [r for r in rdvs if not r["surnombre"]]
        if nominaux and len(nominaux) > (capacite := _capacity(etat, centre_id, nominaux)):
            yield f"{centre_id} le {jour} : {len(nominaux)} rendez-vous pour {capacite} places"
        if surnombres and len(surnombres) > (places := _capacity(etat, centre_id, surnombres) * TOLERANCE // 100):
            yield f"{centre_id} le {jour} : {len(surnombres)} surnombres pour {places} places"


def _capacity(etat: Etat, centre_id: str, rdvs: list[Ligne]) -> int:
    """The largest capacity the day may have had when the last of these was placed: it found room, and all were there."""
    depuis, jusque = map(max, zip(*(placement_of(etat, r) for r in rdvs), strict=True))
    reglages = [f for f in etat.of("regler_capacite") if f.sujet == centre_id]
    return max(CAPACITES[v] for v in in_force(reglages, depuis=depuis, jusque=jusque, initiale="large"))


# -- what was said


def what_was_acknowledged_is_stored(etat: Etat) -> Iterator[str]:
    """Every booking, move and cancellation that was acknowledged is in the database."""
    par_id = {r["id"]: r for r in etat.rdvs}
    gestes: dict[str, list[Fait]] = defaultdict(list)
    for fait in etat.of("reserver", "deplacer", "annuler", "payer"):
        gestes[fait.sujet].append(fait)
    for sujet, faits in gestes.items():
        acquis = [f for f in faits if f.accepte]
        for fait in acquis:
            if fait.operation == "reserver" and fait.corps is not None and fait.corps["id"] not in par_id:
                yield f"{sujet} : réservation accordée, absente de la base"
        rdv = next((r for r in etat.rdvs if r["immatriculation"] == sujet), None)
        if rdv is None:
            continue
        if any(f.operation == "annuler" for f in acquis) and rdv["statut"] != "annule":
            yield f"{_name(rdv)} : annulation accordée, sans effet"
        ended = rdv["statut"] == "annule" and rdv["annule_motif"] != "expiration"
        if ended and any(f.operation == "reserver" for f in acquis) and not any(map(_gives_up, faits)):
            yield f"{_name(rdv)} : annulé ({rdv['annule_motif']}) sans que personne l'ait demandé"
        yield from _wrong_place(rdv, faits)


def _gives_up(fait: Fait) -> bool:
    """A cancellation, or a payment abandoned, that may have been heard."""
    abandon = fait.operation == "payer" and fait.demande["statut"] == "failed"
    return (fait.operation == "annuler" or abandon) and not fait.refuse


def _wrong_place(rdv: Ligne, faits: list[Fait]) -> Iterator[str]:
    """It stands where the last acknowledged placement put it, unless one that was not answered came after."""
    gestes = gestes_of(f for f in faits if f.operation in PLACEMENTS)
    acquis = [g for g in gestes if g.accepte]
    if not acquis:
        return
    dernier = max(acquis, key=lambda g: g.fini)
    if not any(_asks_for(g.fait, rdv) for g in gestes if g is dernier or g.fini >= dernier.envoye):
        yield f"{_name(rdv)} n'est pas à l'heure accordée"


def what_was_refused_left_nothing(etat: Etat) -> Iterator[str]:
    """A booking that was refused, and never accepted under another attempt, is not in the database."""
    presents = {r["immatriculation"] for r in etat.rdvs}
    par_cle: dict[str, list[Fait]] = defaultdict(list)
    for fait in etat.of("reserver"):
        par_cle[fait.cle].append(fait)
    for faits in par_cle.values():
        if faits[0].sujet in presents and all(f.refuse for f in faits):
            codes = ", ".join(str((f.corps or {}).get("code")) for f in faits)
            yield f"{faits[0].sujet} : refusé ({codes}), présent dans la base"


def one_intention_one_effect(etat: Etat) -> Iterator[str]:
    """However often a request was sent, there is one appointment, one answer, one event of each kind."""
    for plaque, combien in Counter(r["immatriculation"] for r in etat.rdvs).items():
        if combien > 1:
            yield f"{plaque} : {combien} rendez-vous pour une demande"
    reponses: dict[str, set[str]] = defaultdict(set)
    for fait in etat.of("reserver"):
        if fait.accepte and fait.corps is not None:
            reponses[fait.cle].add(str(fait.corps["id"]))
    for cle, ids in reponses.items():
        if len(ids) > 1:
            yield f"la clé {cle} a reçu {len(ids)} réponses différentes"
    suites: dict[str, list[Ligne]] = defaultdict(list)
    for message in etat.messages:
        if message["type"].startswith("rdv."):
            suites[message["payload"]["rdv_id"]].append(message)
    for rdv in etat.rdvs:
        yield from _wrong_events(rdv, suites[rdv["id"]])


def _wrong_events(rdv: Ligne, suite: list[Ligne]) -> Iterator[str]:
    """Created once; told dead once, unless a payment that came too late says it again or brings it back to life."""
    crees = sum(m["type"] == "rdv.created" for m in suite)
    if crees != 1:
        yield f"{_name(rdv)} : {crees} évènements rdv.created"
    mort = False
    for message in suite:
        tardif = message["payload"].get("raison") == "paiement_tardif"
        if message["type"] == "rdv.cancelled":
            if mort and not tardif:
                yield f"{_name(rdv)} : deux évènements rdv.cancelled"
            mort = True
        elif message["type"] == "rdv.updated" and tardif:
            mort = False
    if mort is not (rdv["statut"] == "annule"):
        yield f"{_name(rdv)} : ses évènements le disent {'annulé' if mort else 'vivant'}"


def every_hold_is_over(etat: Etat) -> Iterator[str]:
    """A hold past its deadline has been confirmed or cancelled."""
    for rdv in etat.rdvs:
        if rdv["statut"] == "en_attente_paiement" and rdv["expire_a"] <= etat.maintenant:
            yield f"{_name(rdv)} : tenue échue et jamais dénouée"


def nobody_answered_with_a_failure(etat: Etat) -> Iterator[str]:
    """Whatever dies, a request is answered, refused or told to come back (503); an internal error is a bug."""
    for fait in etat.faits:
        if fait.statut is not None and fait.statut >= 500 and fait.statut != 503:
            yield f"{fait.operation} {fait.sujet} : {fait.statut} {(fait.corps or {}).get('code')}"


# -- what followed


def everything_was_delivered(etat: Etat) -> Iterator[str]:
    """The outbox is empty, every reaction has run, no job is left or given up."""
    for message in etat.messages:
        if message["publie_le"] is None:
            yield f"message {message['id']} ({message['type']}) jamais relayé"
    for livraison in etat.livraisons:
        yield f"{livraison['reaction']} du message {livraison['message_id']} : {livraison['etat']} {livraison['erreur']}"
    for travail in etat.travaux:
        if travail["status"] == "failed" and travail["task_name"] == "notifications.send":
            continue  # one try; what does not leave then is swept up the ladder, and judged as a notification
        yield f"travail {travail['id']} ({travail['task_name']}) : {travail['status']}"


def everybody_was_told_once(etat: Etat) -> Iterator[str]:
    """One confirmation per booking that was confirmed, one cancellation per cancellation, and no mail twice."""
    cles = Counter(":".join(n["cle"].split(":")[:2]) for n in etat.notifications)
    deplaces = moves(etat)
    a_dire = Counter(m["payload"]["rdv_id"] for m in etat.messages if _is_told(m))
    for rdv in etat.rdvs:
        confirme = rdv["paiement_mode"] == "sur_place"
        if confirme and cles[f"rdv.confirmation:{rdv['id']}"] > 1 + deplaces[rdv["immatriculation"]]:
            yield f"{_name(rdv)} : confirmé plusieurs fois"
        if confirme and rdv["statut"] == "confirme" and not cles[f"rdv.confirmation:{rdv['id']}"]:
            yield f"{_name(rdv)} : jamais confirmé à la personne"
        attendues = a_dire[rdv["id"]]
        annonces = cles[f"rdv.annulation:{rdv['id']}"]
        if annonces != attendues:
            yield f"{_name(rdv)} : {annonces} annonces d'annulation pour {attendues}"


TUES: Final = frozenset({"remplace", "paiement_abandonne", "paiement_tardif"})


def _is_told(message: Ligne) -> bool:
    """A cancellation the person is written to about; a hold given up was never confirmed to them."""
    payload = message["payload"]
    ended_alone = payload.get("motif") == "expiration" or payload.get("raison") in TUES
    return message["type"] == "rdv.cancelled" and not ended_alone


def moves(etat: Etat) -> Counter[str]:
    """How many moves each plate may have had: each is told too."""
    dits = {(f.sujet, f.cle) for f in etat.of("deplacer", "reaffecter") if not f.refuse}
    return Counter(sujet for sujet, _ in dits)


def again(etat: Etat) -> Counter[str]:
    """How many offers each plate had after its first: who comes back to the list may be offered the same hour once more."""
    plaques = {i["id"]: i["immatriculation"] for i in etat.inscriptions}
    return Counter(plaques[o["inscription_id"]] for o in etat.offres) - Counter(plaques.values())


def no_mail_went_out_twice(etat: Etat) -> Iterator[str]:
    """What the mail server received: each message once; sent or set aside as uncertain, never both unknown and repeated."""
    for message_id, combien in Counter(m.message_id for m in etat.mails).items():
        if combien > 1:
            yield f"{message_id} envoyé {combien} fois"
    encore = moves(etat) + again(etat)
    for (qui, sujet), combien in Counter((m.destinataire, m.sujet) for m in etat.mails).items():
        if combien > 1 + encore[qui.partition("@")[0].upper()]:
            yield f"{qui} a reçu {combien} fois « {sujet} »"
    recus = {m.message_id for m in etat.mails}
    for notification in etat.notifications:
        if notification["statut"] == "envoye" and notification["message_id"] not in recus:
            yield f"{notification['cle']} : dit envoyé, jamais reçu"
        if notification["statut"] not in {"envoye", "incertain"}:
            yield f"{notification['cle']} : {notification['statut']}"


def the_audit_journal_is_intact(etat: Etat) -> Iterator[str]:
    """Nothing was changed, added or removed in the audit journal."""
    yield from etat.audit


# -- money


def every_euro_is_accounted_for(etat: Etat) -> Iterator[str]:
    """What is kept is what the appointment is worth; without a place nothing is kept but what the policy says."""
    gardes: Counter[str] = Counter()
    encaisses: Counter[str] = Counter()
    for paiement in etat.paiements:
        gardes[paiement["reference"]] += paiement["encaisse_cents"] - paiement["rembourse_cents"]
        encaisses[paiement["reference"]] += paiement["encaisse_cents"]
        if paiement["statut"] == "pending":
            yield f"paiement de {paiement['reference']} : jamais dénoué"
    for rdv in etat.rdvs:
        reference = f"rdv:{rdv['id']}"
        garde, encaisse = gardes.pop(reference, 0), encaisses[reference]
        if garde not in _keepable(rdv, encaisse):
            yield f"{_name(rdv)} : {garde} centimes gardés sur {encaisse}, prix {rdv['montant_cents']}"
    for reference, garde in gardes.items():
        if garde:
            yield f"{reference} : {garde} centimes gardés sans rendez-vous"


def _keepable(rdv: Ligne, encaisse: int) -> set[int]:
    """The cents that may be kept for an appointment (rules 6 and 7, the default policy: all back until 24 hours before)."""
    prix = rdv["montant_cents"] or 0
    if rdv["statut"] == "annule":
        tard = rdv["annule_motif"] == "client" and rdv["debut"] - rdv["annule_le"] < timedelta(hours=24)
        return {encaisse} if tard else {0}
    if rdv["statut"] == "en_attente_paiement":
        return {0}
    return {prix} if rdv["paiement_mode"] == "en_ligne" else {0, prix}


def the_ledger_agrees(etat: Etat) -> Iterator[str]:
    """Payments, refunds and ledger say the same, and no refund is left half done."""
    livre: Counter[tuple[str, str]] = Counter()
    for operation in etat.operations:
        livre[operation["paiement_id"], operation["genre"]] += operation["montant_cents"]
    rendus: Counter[str] = Counter()
    for remboursement in etat.remboursements:
        if remboursement["statut"] != "effectue":
            yield f"remboursement {remboursement['id']} : {remboursement['statut']}"
        rendus[remboursement["paiement_id"]] += remboursement["montant_cents"]
    for paiement in etat.paiements:
        nom, encaisse, rembourse = paiement["id"], paiement["encaisse_cents"], paiement["rembourse_cents"]
        if livre[nom, "encaissement"] != encaisse:
            yield f"paiement {nom} : encaissé {encaisse}, au livre {livre[nom, 'encaissement']}"
        if not livre[nom, "remboursement"] == rembourse == rendus[nom]:
            yield f"paiement {nom} : rendu {rembourse}, au livre {livre[nom, 'remboursement']}, demandé {rendus[nom]}"


def the_provider_agrees(etat: Etat) -> Iterator[str]:
    """What the provider took and gave back is what we wrote, to the cent."""
    notres = {p["session_id"]: (p["encaisse_cents"], p["rembourse_cents"]) for p in etat.paiements if p["session_id"]}
    for session, (pris, rendu) in etat.prestataire.items():
        if notres.get(session, (0, 0)) != (pris, rendu):
            yield f"session {session} : le prestataire dit {pris} pris et {rendu} rendus, nous {notres.get(session)}"
    for session in notres.keys() - etat.prestataire.keys():
        yield f"session {session} : inconnue du prestataire"


INVARIANTS: Final[tuple[Invariant, ...]] = (
    one_inspector_one_place,
    nominal_has_an_inspector,
    inside_the_opening,
    accredited_on_the_day,
    within_the_capacity,
    nobody_works_on_blocked_hours,
    what_was_blocked_is_blocked,
    what_was_acknowledged_is_stored,
    what_was_refused_left_nothing,
    one_intention_one_effect,
    every_hold_is_over,
    every_offer_is_over,
    nobody_holds_two_offers,
    an_entry_is_served_once,
    nobody_answered_with_a_failure,
    everything_was_delivered,
    everybody_was_told_once,
    no_mail_went_out_twice,
    every_euro_is_accounted_for,
    the_ledger_agrees,
    the_provider_agrees,
    the_audit_journal_is_intact,
)


def check(etat: Etat, invariants: Iterable[Invariant] = INVARIANTS) -> dict[str, list[str]]:
    """What is wrong, by the invariant that says so; empty when all is well."""
    found = {invariant.__name__: list(invariant(etat)) for invariant in invariants}
    return {nom: dits for nom, dits in found.items() if dits}
