"""Clients, vehicles, links and consents against the real database."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.annuaire import facade as annuaire
from guichet.annuaire.facade import ClientSaisi, ClientType, Finalite, Origine, VehiculeSaisi
from guichet.reseau.facade import Carburant, VehiculeType
from guichet.socle.database import Database, Role, raw
from guichet.socle.errors import Invalid, NotFound
from guichet.socle.horloge import frozen
from guichet.socle.ids import new_id

LE = datetime(2026, 11, 20, 9, tzinfo=UTC)


async def create_tenant(database: Database) -> UUID:
    tenant_id = new_id()
    async with database.transaction(tenant_id, role=Role.MAINTENANCE) as session:
        await session.execute(
            text(
                "insert into identite.tenant (id, slug, nom, type, plan) values (:id, :slug, 'T', 'reseau', 'starter')"
            ),
            {"id": tenant_id, "slug": f"t{tenant_id.hex[-20:]}"},
        )
    return tenant_id


@pytest.fixture
async def tenant_id(database: Database) -> UUID:
    return await create_tenant(database)


@pytest.fixture
async def session(database: Database, tenant_id: UUID) -> AsyncIterator[AsyncSession]:
    async with database.transaction(tenant_id) as opened:
        yield opened
        await opened.rollback()


def client(**autres) -> ClientSaisi:
    donnees = {"nom": "Péan", "prenom": "Ève", "email": "eve@courriel.example", "telephone": "0639981234"} | autres
    return annuaire.check_client(type=donnees.pop("type", ClientType.PARTICULIER), **donnees)


def vehicule(plaque: str = "AB-123-CD", **autres) -> VehiculeSaisi:
    donnees = {"type": VehiculeType.VP, "carburant": Carburant.DIESEL, "aujourdhui": LE.date()} | autres
    return annuaire.check_vehicule(immatriculation=plaque, **donnees)


async def note(session: AsyncSession, c: ClientSaisi, v: VehiculeSaisi) -> tuple[UUID, UUID]:
    fiche, voiture = annuaire.prepare_passage(session, client=c, vehicule=v, le=LE)
    cursor = await (await raw(session)).execute(
        "select client_id, vehicule_id from annuaire.noter_passage(jsonb_populate_record(null::annuaire.client, %s),"
        " jsonb_populate_record(null::annuaire.vehicule, %s), %s)",
        (json.dumps(fiche), json.dumps(voiture), LE),
    )
    ligne = await cursor.fetchone()
    assert ligne is not None
    return ligne


async def test_what_is_sensitive_is_encrypted_and_found_by_its_exact_value(session: AsyncSession):
    ecrit = await annuaire.upsert_client(session, client=client())
    brut = (
        await session.execute(
            text("select email, telephone, nom from annuaire.client where id = :id"), {"id": ecrit.id}
        )
    ).one()
    assert b"courriel" not in bytes(brut.email)
    assert b"3363998" not in bytes(brut.telephone)
    assert brut.nom == "Péan"
    assert await annuaire.find_clients(session, email="EVE@courriel.example") == [ecrit]
    assert await annuaire.find_clients(session, telephone="+33639981234") == [ecrit]
    assert await annuaire.find_clients(session, telephone="+33639981235") == []
    assert await annuaire.find_clients(session) == []
    assert await annuaire.get_client(session, ecrit.id) == ecrit


async def test_staff_writing_the_same_person_again_changes_the_one_record(session: AsyncSession):
    premier = await annuaire.upsert_client(session, client=client())
    second = await annuaire.upsert_client(session, client=client(telephone="0639985678"))
    assert (second.id, second.telephone, second.version) == (premier.id, "+33639985678", 2)
    par_telephone = await annuaire.upsert_client(
        session,
        client=annuaire.check_client(
            type=ClientType.PARTICULIER, nom="PEAN", prenom="eve", telephone="0639985678", email_requis=False
        ),
    )
    assert par_telephone.id == premier.id
    nomme = await annuaire.upsert_client(
        session, client=client(nom="Martin", email="m@courriel.example"), client_id=premier.id
    )
    assert (nomme.id, nomme.nom) == (premier.id, "Martin")
    with pytest.raises(NotFound, match="introuvable"):
        await annuaire.upsert_client(session, client=client(), client_id=new_id())


async def test_a_passage_adds_what_is_unknown(session: AsyncSession):
    client_id, vehicule_id = await note(session, client(), vehicule(marque="Renault", date_mise_circulation="2019"))
    fiche = await annuaire.get_client(session, client_id)
    assert (fiche.nom, fiche.email, fiche.telephone, fiche.origine) == (
        "Péan",
        "eve@courriel.example",
        "+33639981234",
        Origine.RESERVATION,
    )
    voiture = await annuaire.get_vehicule(session, vehicule_id)
    assert (voiture.immatriculation, voiture.marque, str(voiture.mise_circulation)) == ("AB-123-CD", "Renault", "2019")
    (lien,) = await annuaire.list_detentions(session, client_id=client_id, vehicule_id=vehicule_id)
    assert (lien.depuis, lien.jusqua) == (LE, None)


async def test_a_passage_of_somebody_without_an_address_keeps_the_number_alone(session: AsyncSession):
    sans_adresse = annuaire.check_client(
        type=ClientType.PARTICULIER, nom="Péan", prenom="Ève", telephone="0639981234", email_requis=False
    )
    client_id, _ = await note(session, sans_adresse, vehicule())
    fiche = await annuaire.get_client(session, client_id)
    assert (fiche.email, fiche.telephone) == (None, "+33639981234")


async def test_a_passage_never_changes_a_stored_record(session: AsyncSession):
    connu = await annuaire.upsert_client(session, client=client())
    voiture = await annuaire.upsert_vehicule(session, vehicule=vehicule(marque="Renault"), client_id=connu.id)
    autre_saisie = client(email="EVE@courriel.example", telephone="0639990000", prenom="EVE")
    client_id, vehicule_id = await note(session, autre_saisie, vehicule(marque="Peugeot", type=VehiculeType.VU))
    assert (client_id, vehicule_id) == (connu.id, voiture.id)
    assert await annuaire.get_client(session, connu.id) == connu
    assert await annuaire.get_vehicule(session, voiture.id) == voiture


async def test_another_name_at_the_same_address_is_another_client(session: AsyncSession):
    premier, _ = await note(session, client(), vehicule())
    second, _ = await note(session, client(prenom="Adam"), vehicule())
    meme_telephone, _ = await note(session, client(email="autre@courriel.example"), vehicule())
    assert second != premier
    assert meme_telephone == premier


async def test_a_plate_is_linked_to_several_clients_over_time(session: AsyncSession):
    vendeur, vehicule_id = await note(session, client(), vehicule())
    acheteur, meme = await note(session, client(prenom="Adam", email="adam@courriel.example"), vehicule())
    assert meme == vehicule_id
    with frozen(LE):
        await annuaire.end_detention(session, client_id=vendeur, vehicule_id=vehicule_id)
    liens = {d.client_id: d.jusqua for d in await annuaire.list_detentions(session, vehicule_id=vehicule_id)}
    assert liens == {vendeur: LE, acheteur: None}
    await annuaire.link_vehicule(session, client_id=vendeur, vehicule_id=vehicule_id)
    assert all(d.jusqua is None for d in await annuaire.list_detentions(session))
    with pytest.raises(NotFound):
        await annuaire.end_detention(session, client_id=vendeur, vehicule_id=new_id())


async def test_writing_a_vehicle_again_keeps_what_was_not_given(session: AsyncSession):
    premier = await annuaire.upsert_vehicule(
        session, vehicule=vehicule(marque="Renault", date_mise_circulation="2019-05-04")
    )
    second = await annuaire.upsert_vehicule(session, vehicule=vehicule(carburant=Carburant.ESSENCE, modele="Clio"))
    assert (second.id, second.marque, second.modele, second.carburant, second.version) == (
        premier.id,
        "Renault",
        "Clio",
        Carburant.ESSENCE,
        2,
    )
    assert second.mise_circulation is not None
    assert second.mise_circulation.jour == date(2019, 5, 4)
    assert await annuaire.find_vehicule(session, "AB-123-CD") == second
    assert await annuaire.find_vehicule(session, "ZZ-123-ZZ") is None
    assert await annuaire.list_vehicules(session, [second.id]) == await annuaire.list_vehicules(session) == [second]
    with pytest.raises(NotFound):
        await annuaire.get_vehicule(session, new_id())


async def test_clients_are_listed_in_french_order(session: AsyncSession):
    for nom in ("Zola", "Éluard", "Eco", "d'Ormesson"):
        await annuaire.upsert_client(
            session, client=client(nom=nom, email=f"{nom[0].lower()}@courriel.example".replace("é", "e"))
        )
    tous = await annuaire.list_clients(session)
    assert [c.nom for c in tous] == ["d'Ormesson", "Eco", "Éluard", "Zola"]
    assert await annuaire.list_clients(session, [tous[0].id]) == [tous[0]]


async def test_the_latest_decision_of_a_client_counts(session: AsyncSession):
    fiche = await annuaire.upsert_client(session, client=client())
    for jour, accorde in ((1, True), (2, False), (3, True)):
        with frozen(LE.replace(day=jour)):
            await annuaire.record_consentement(
                session,
                client_id=fiche.id,
                finalite=Finalite.RAPPEL_SMS,
                accorde=accorde,
                version_texte="1",
                source="web",
            )
    (decision,) = (await annuaire.get_consentements(session, fiche.id)).values()
    assert (decision.finalite, decision.accorde, decision.le) == (Finalite.RAPPEL_SMS, True, LE.replace(day=3))
    with pytest.raises(NotFound):
        await annuaire.record_consentement(
            session, client_id=new_id(), finalite=Finalite.ECHEANCE, accorde=True, version_texte="1", source="web"
        )


async def test_another_tenant_sees_nothing(database: Database, tenant_id: UUID):
    async with database.transaction(tenant_id) as session:
        fiche = await annuaire.upsert_client(session, client=client())
        voiture = await annuaire.upsert_vehicule(session, vehicule=vehicule(), client_id=fiche.id)
    async with database.transaction(await create_tenant(database)) as session:
        for perdu in (annuaire.get_client(session, fiche.id), annuaire.get_vehicule(session, voiture.id)):
            with pytest.raises(NotFound):
                await perdu
        assert await annuaire.find_clients(session, email="eve@courriel.example") == []
        assert await annuaire.find_vehicule(session, "AB-123-CD") is None
        nouveau, autre_voiture = await note(session, client(), vehicule())
        assert nouveau != fiche.id
        assert autre_voiture != voiture.id
        await session.rollback()


@pytest.mark.parametrize(
    ("champ", "valeur", "code"),
    [
        ("nom", "  ", "NOM_INVALIDE"),
        ("prenom", "x" * 101, "PRENOM_INVALIDE"),
        ("email", "", "EMAIL_INVALIDE"),
        ("email", "eve", "EMAIL_INVALIDE"),
        ("telephone", None, "TELEPHONE_INVALIDE"),
        ("telephone", "12", "TELEPHONE_INVALIDE"),
        ("siret", "123", "SIRET_INVALIDE"),
    ],
)
def test_one_wrong_field_of_a_client_has_its_own_code(champ: str, valeur: str | None, code: str):
    with pytest.raises(Invalid) as refus:
        client(**{champ: valeur})
    assert (refus.value.code, list(refus.value.champs)) == (code, [f"client.{champ}"])
    assert refus.value.message == refus.value.champs[f"client.{champ}"]


def test_all_wrong_fields_are_said_at_once():
    with pytest.raises(Invalid) as refus:
        client(type=ClientType.PROFESSIONNEL, nom="", email="x", telephone="y", siret="1")
    assert refus.value.code == "CHAMPS_INVALIDES"
    assert set(refus.value.champs) == {f"client.{c}" for c in ("nom", "email", "telephone", "raison_sociale", "siret")}


def test_a_company_needs_its_name_and_its_siret_is_kept():
    pro = client(type=ClientType.PROFESSIONNEL, raison_sociale="Garage Péan", siret="732 829 320 00074")
    assert (pro.raison_sociale, pro.siret) == ("Garage Péan", "73282932000074")


def test_staff_may_do_without_an_address_when_there_is_a_mobile():
    assert client(email="", email_requis=False).email is None
    with pytest.raises(Invalid) as refus:
        client(email="", telephone="01 23 45 67 89", email_requis=False)
    assert list(refus.value.champs) == ["client.email"]


def test_a_wrong_vehicle_says_which_field():
    with pytest.raises(Invalid) as refus:
        vehicule("AB-12", marque="x" * 61, modele="a\x00", date_mise_circulation="2030")
    assert set(refus.value.champs) == {
        f"vehicule.{c}" for c in ("immatriculation", "marque", "modele", "date_mise_circulation")
    }
    with pytest.raises(Invalid) as refus:
        annuaire.normalise_immatriculation("IO-123-AA", champ="plaque")
    assert (refus.value.code, list(refus.value.champs)) == ("IMMATRICULATION_INVALIDE", ["plaque"])


def test_single_values_are_normalised_or_refused_on_their_field():
    assert str(annuaire.normalise_immatriculation("ab123cd")) == "AB-123-CD"
    assert annuaire.normalise_telephone("0639981234") == "+33639981234"
    assert annuaire.normalise_email("A@B.FR") == "A@b.fr"
    assert annuaire.check_siret("73282932000074") == "73282932000074"
    for normalise, code in [
        (annuaire.normalise_telephone, "TELEPHONE_INVALIDE"),
        (annuaire.normalise_email, "EMAIL_INVALIDE"),
        (annuaire.check_siret, "SIRET_INVALIDE"),
    ]:
        with pytest.raises(Invalid) as refus:
            normalise("?", champ="ici")
        assert (refus.value.code, list(refus.value.champs)) == (code, ["ici"])


def test_errors_of_several_parts_are_told_together():
    ensemble = annuaire.Erreurs()
    for check in (lambda: client(nom=""), lambda: vehicule("?")):
        try:
            check()
        except Invalid as refus:
            ensemble.absorb(refus)
    with pytest.raises(Invalid) as refus:
        ensemble.raise_any()
    assert (refus.value.code, set(refus.value.champs)) == (
        "CHAMPS_INVALIDES",
        {"client.nom", "vehicule.immatriculation"},
    )
