"""The calendar event of an appointment (RFC 5545, RFC 5546): one UID for life, a SEQUENCE that rises, a cancellation."""

from datetime import datetime, timedelta
from email.utils import parseaddr

from icalendar import Alarm, Calendar, Event, vCalAddress, vText

from guichet.notifications.facade import Marque
from guichet.rdv import mots
from guichet.rdv.documents.billet import Billet
from guichet.socle.i18n import _, use_locale

RAPPEL = timedelta(hours=-2)


def uid(rdv_id: str) -> str:
    """The identifier calendars keep for this appointment, whatever happens to it."""
    return f"{rdv_id}@rdv.guichet"


def make_ics(billet: Billet, marque: Marque, locale: str, *, date: datetime, invitation: bool = False) -> bytes:
    """The event as a calendar file in the reader's language; `date` is the instant of this version (DTSTAMP).

    An `invitation` travels by mail and names who invites whom, so that a later one moves or removes the event by itself;
    without it the file is one to open. A cancelled appointment gives a cancellation.
    """
    with use_locale(locale):
        evenement = _event(billet, marque, date)
    methode = "CANCEL" if billet.is_annule else "REQUEST" if invitation else "PUBLISH"
    if invitation:
        _invite(evenement, billet, marque)
    calendrier = Calendar()
    calendrier.add("prodid", "-//Guichet//Rendez-vous//FR")
    calendrier.add("version", "2.0")
    calendrier.add("calscale", "GREGORIAN")
    calendrier.add("method", methode)
    calendrier.add_component(evenement)
    return bytes(calendrier.to_ical())


def _event(billet: Billet, marque: Marque, date: datetime) -> Event:
    evenement = Event()
    evenement.add("uid", uid(billet.rdv_id))
    evenement.add("sequence", billet.sequence)
    evenement.add("dtstamp", date)
    # In UTC: right in every calendar, on both clock-change days, without a description of the zone.
    evenement.add("dtstart", billet.debut)
    evenement.add("dtend", billet.fin)
    evenement.add(
        "summary", _("{controle} à {centre}", controle=mots.CONTROLES[billet.type_controle], centre=billet.centre_nom)
    )
    evenement.add("location", f"{billet.centre_nom}, {billet.centre_adresse}")
    if billet.lat is not None and billet.lon is not None:
        evenement.add("geo", (billet.lat, billet.lon))
    evenement.add("url", billet.lien)
    evenement.add("description", "\n".join(_description(billet)))
    evenement.add("status", "CANCELLED" if billet.is_annule else "CONFIRMED")
    evenement.add("transp", "TRANSPARENT" if billet.is_annule else "OPAQUE")
    if not billet.is_annule:
        alarme = Alarm()
        alarme.add("action", "DISPLAY")
        alarme.add("description", _("Rendez-vous {nom}", nom=marque.nom))
        alarme.add("trigger", RAPPEL)
        evenement.add_component(alarme)
    return evenement


def _description(billet: Billet) -> list[str]:
    lignes = [_("Rendez-vous {numero}", numero=billet.numero), billet.vehicule_entier]
    if not billet.is_annule:
        lignes += [_("À apporter : la carte grise originale et ce billet."), billet.empechement]
    return [*lignes, billet.lien]


def _invite(evenement: Event, billet: Billet, marque: Marque) -> None:
    organisateur = vCalAddress(f"mailto:{marque.reponse_a or parseaddr(marque.expediteur)[1]}")
    organisateur.params["cn"] = vText(marque.nom)
    evenement["organizer"] = organisateur
    invite = vCalAddress(f"mailto:{billet.client_email}")
    invite.params["cn"] = vText(billet.client_nom or billet.client_email)
    invite.params["role"] = vText("REQ-PARTICIPANT")
    invite.params["partstat"] = vText("ACCEPTED")
    invite.params["rsvp"] = vText("FALSE")
    evenement.add("attendee", invite, encode=False)
