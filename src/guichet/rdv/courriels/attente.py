"""The messages of the waiting list: on it, a place is held for you, the time to answer has passed."""

from datetime import UTC, date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from guichet.notifications.facade import Canal, Donnees, Modele, queue_notification
from guichet.rdv import mots
from guichet.rdv.actions.attente.inscrire import list_address, write_list_link
from guichet.rdv.courriels.modeles import DOSSIER
from guichet.rdv.courriels.voies import Voie, ways
from guichet.rdv.messages import InscriptionRegistered, OffreEnded, OffreMade
from guichet.rdv.metier.attente import IssueOffre, StatutInscription
from guichet.rdv.questions.attente import InscriptionVue, list_inscriptions
from guichet.socle.i18n import _, format_date, format_heure, format_montant, lazy


class Attente(Donnees):
    """An entry of the waiting list as its person knows it; `debut` to `expire_a` are those of an offer."""

    statut: str
    position: int | None = None
    centres: list[str]
    du: date
    au: date
    immatriculation: str
    vehicule_type: str
    type_controle: str
    fuseau: str
    avance: bool = False
    debut: datetime | None = None
    expire_a: datetime | None = None
    centre_nom: str = ""
    centre_adresse: str = ""
    montant_cents: int | None = None
    lien: str

    @property
    def periode(self) -> str:
        """`lundi 23 novembre`, or `du lundi 23 novembre au vendredi 27 novembre`."""
        du, au = format_date(self.du, "jour"), format_date(self.au, "jour")
        return du if self.du == self.au else _("du {du} au {au}", du=du, au=au)

    @property
    def ou(self) -> str:
        """The centres that are waited for."""
        return ", ".join(self.centres)

    @property
    def place(self) -> str:
        """The rank on the list, in words."""
        return mots.rang_liste(self.position or 1)

    @property
    def jour_court(self) -> str:
        """The day of the offered place."""
        return format_date(self._local(self.debut), "jour")

    @property
    def jour_titre(self) -> str:
        """The same, to begin a line."""
        return self.jour_court[:1].upper() + self.jour_court[1:]

    @property
    def heure(self) -> str:
        """The hour of the offered place."""
        return format_heure(self._local(self.debut))

    @property
    def limite(self) -> str:
        """Until what hour it is held."""
        return format_heure(self._local(self.expire_a))

    @property
    def lien_refus(self) -> str:
        """Where one says no."""
        return f"{self.lien}&reponse=non"

    @property
    def faits(self) -> list[tuple[str, str]]:
        """The facts of the offered place as (name, value)."""
        lignes = [
            (_("Centre"), self.centre_nom),
            (_("Adresse"), self.centre_adresse),
            (_("Véhicule"), self.immatriculation),
            (_("Contrôle"), mots.controle_et_vehicule(self.type_controle, self.vehicule_type)),
        ]
        if self.montant_cents is not None:
            lignes.append((_("Prix"), format_montant(self.montant_cents) if self.montant_cents else _("Gratuit")))
        return lignes

    def _local(self, instant: datetime | None) -> datetime:
        assert instant is not None
        return instant.astimezone(ZoneInfo(self.fuseau))


EXEMPLE_ATTENTE: Final = Attente(
    statut=StatutInscription.OFFRE.value,
    position=1,
    centres=["Lyon Monplaisir"],
    du=date(2026, 11, 23),
    au=date(2026, 11, 27),
    immatriculation="FV-482-KQ",
    vehicule_type="VP",
    type_controle="CTP",
    fuseau="Europe/Paris",
    debut=datetime(2026, 11, 24, 13, 30, tzinfo=UTC),
    expire_a=datetime(2026, 11, 20, 9, 15, tzinfo=UTC),
    centre_nom="Lyon Monplaisir",
    centre_adresse="114 avenue des Frères-Lumière, 69008 Lyon",
    montant_cents=7900,
    lien="https://guichet.example/liste-attente/exemple?lien=exemple",
)


def _modele(nom: str, libelle: Any) -> Modele:
    return Modele(
        nom=f"rdv.{nom}",
        libelle=libelle,
        donnees=Attente,
        dossier=DOSSIER,
        canaux=frozenset({Canal.EMAIL, Canal.SMS}),
        exemple=EXEMPLE_ATTENTE,
    )


INSCRIT: Final = _modele("attente_inscrit", lazy("Liste d'attente : inscription"))
OFFRE: Final = _modele("attente_offre", lazy("Liste d'attente : place proposée"))
EXPIREE: Final = _modele("attente_expiree", lazy("Liste d'attente : délai passé"))
MODELES_ATTENTE: Final = (INSCRIT, OFFRE, EXPIREE)


async def tell_registered(session: AsyncSession, event: InscriptionRegistered) -> None:
    """Confirm that somebody is on the list; nothing once they have left it, or to whoever came back by the page."""
    vue = await _find(session, event)
    if vue is not None and vue.is_alive and event.rang == 1:
        await _queue(session, INSCRIT, vue, cle=str(event.rang), voies=ways(vue.client_email, vue.client_telephone)[:1])


async def tell_offer(session: AsyncSession, event: OffreMade) -> None:
    """Say that a place is held, by every way there is: the time to answer is short."""
    vue = await _find(session, event)
    if vue is not None and vue.statut is StatutInscription.OFFRE and vue.offre and vue.offre.id == event.offre_id:
        await _queue(session, OFFRE, vue, cle=str(event.offre_id), voies=ways(vue.client_email, vue.client_telephone))


async def tell_lapse(session: AsyncSession, event: OffreEnded) -> None:
    """Say that the time to answer has passed, with the way back. This can wait for the end of the quiet hours."""
    vue = await _find(session, event)
    if event.issue == IssueOffre.EXPIREE and vue is not None and vue.statut is StatutInscription.EXPIREE:
        await _queue(
            session,
            EXPIREE,
            vue,
            cle=str(event.offre_id),
            voies=ways(vue.client_email, vue.client_telephone)[:1],
            transactionnel=False,
        )


async def _find(session: AsyncSession, event: InscriptionRegistered | OffreMade | OffreEnded) -> InscriptionVue | None:
    return next(iter(await list_inscriptions(session, ids=[event.inscription_id])), None)


async def _queue(
    session: AsyncSession,
    modele: Modele,
    vue: InscriptionVue,
    *,
    cle: str,
    voies: list[Voie],
    transactionnel: bool = True,
) -> None:
    for canal, adresse in voies:
        await queue_notification(
            session,
            modele=modele.nom,
            canal=canal,
            destinataire=adresse,
            locale=vue.langue,
            donnees=build_attente(session, vue).model_dump(mode="json"),
            cle=f"{modele.nom}:{vue.id}:{cle}:{canal}",
            transactionnel=transactionnel,
            fuseau=vue.centres[0].fuseau,
        )


def build_attente(session: AsyncSession, vue: InscriptionVue) -> Attente:
    """Everything a message says of an entry."""
    offre = vue.offre
    centre = offre.centre if offre else vue.centres[0]
    return Attente(
        statut=vue.statut.value,
        position=vue.position,
        centres=[c.nom for c in vue.centres],
        du=vue.du,
        au=vue.au,
        immatriculation=vue.immatriculation,
        vehicule_type=vue.controle.vehicule_type.value,
        type_controle=vue.controle.type_controle.value,
        fuseau=centre.fuseau,
        avance=vue.rdv_id is not None,
        debut=offre and offre.debut,
        expire_a=offre and offre.expire_a,
        centre_nom=centre.nom,
        centre_adresse=", ".join(p for p in (centre.adresse, f"{centre.code_postal} {centre.ville}".strip()) if p),
        montant_cents=offre.montant_cents if offre else None,
        lien=list_address(vue.id, write_list_link(session, vue.id, vue.au)),
    )
