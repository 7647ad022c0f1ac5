"""What other contexts ask of payments, in their own transaction."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.facade import TenantVue, set_reglages
from guichet.paiements.facade import (
    LignePaiement,
    ReglagesPaiement,
    close_paiement,
    find_paiements,
    get_paiement,
    list_caisse,
    list_pieces,
    record_encaissement,
    refund_paiement,
    sells_online,
)
from guichet.socle.errors import Conflict, Invalid, NotFound
from guichet.socle.horloge import now, today
from guichet.socle.ids import new_id
from guichet.socle.settings import Settings
from tests.paiements.fabrique import ACHETEUR, ENTREPRISE, LIGNES, fill_encaissement, fill_paiement


async def events(session: AsyncSession) -> list[tuple[str, dict[str, object]]]:
    rows = await session.execute(
        text("select type, payload from socle.messages where type like 'payment.%' order by id")
    )
    return [(r.type, r.payload) for r in rows]


async def check_now(session: AsyncSession) -> None:
    """What the database checks at a commit, now."""
    await session.execute(text("set constraints all immediate"))


async def test_a_payment_asked_twice_for_a_reference_is_one(session: AsyncSession, tenant: TenantVue):
    premier = await fill_paiement(session, reference="rdv:1")
    encore = await fill_paiement(session, reference="rdv:1", expire_a=now() + timedelta(minutes=15))
    assert encore.id == premier.id
    assert encore.statut == "pending"
    assert encore.expire_a == now() + timedelta(minutes=15)
    assert f"/paiement/{premier.id}?lien=gl_" in premier.url_paiement


async def test_a_price_that_changed_is_another_payment(session: AsyncSession, tenant: TenantVue):
    premier = await fill_paiement(session, reference="rdv:1")
    cher = (LignePaiement(libelle="Contrôle", montant_cents=9_000),)
    encore = await fill_paiement(session, reference="rdv:1", lignes=cher)
    assert encore.id != premier.id
    assert [p.statut for p in await find_paiements(session, reference="rdv:1")] == ["failed", "pending"]
    assert await events(session) == []


async def test_nothing_to_pay_and_no_provider_are_refused(session: AsyncSession, tenant: TenantVue):
    with pytest.raises(Invalid) as nul:
        await fill_paiement(session, lignes=())
    assert nul.value.code == "MONTANT_NUL"
    await set_reglages(session, ReglagesPaiement())
    assert not await sells_online(session)
    with pytest.raises(Invalid) as sans:
        await fill_paiement(session)
    assert sans.value.code == "PAIEMENT_EN_LIGNE_INDISPONIBLE"


async def test_the_sandbox_sells_nothing_in_production(
    session: AsyncSession, tenant: TenantVue, settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    assert await sells_online(session)
    monkeypatch.setattr(settings, "mode", "production")
    monkeypatch.setattr(type(settings), "is_production", True)
    assert not await sells_online(session)


async def test_closing_fails_what_waits_and_says_so_once(session: AsyncSession, tenant: TenantVue):
    paiement = await fill_paiement(session, reference="rdv:1")
    await close_paiement(session, reference="rdv:1", motif="annule")
    await close_paiement(session, reference="rdv:1", motif="annule")
    vue = await get_paiement(session, paiement_id=paiement.id)
    assert (vue.statut, vue.motif) == ("failed", "annule")
    assert await events(session) == [
        ("payment.failed", {"paiement_id": str(paiement.id), "reference": "rdv:1", "motif": "annule"})
    ]
    autre = await fill_paiement(session, reference="rdv:1")
    assert autre.id != paiement.id


async def test_an_unknown_payment_is_not_found(session: AsyncSession, tenant: TenantVue):
    with pytest.raises(NotFound) as error:
        await get_paiement(session, paiement_id=new_id())
    assert error.value.code == "PAIEMENT_NOT_FOUND"


async def test_a_payment_at_the_counter_gives_one_receipt_whatever_is_clicked(session: AsyncSession, tenant: TenantVue):
    recu = await fill_encaissement(session, lieu="centre", cle="clic-0001", reference="rdv:1")
    encore = await fill_encaissement(session, lieu="centre", cle="clic-0001", reference="rdv:1")
    assert encore == recu
    assert recu.code == "R-2026-000001"
    assert recu.montant_cents == 7_900
    with pytest.raises(Conflict) as error:
        await fill_encaissement(session, lieu="centre", cle="clic-0001", reference="rdv:2")
    assert error.value.code == "ENCAISSEMENT_DIFFERENT"
    with pytest.raises(Invalid):
        await fill_encaissement(session, lieu="centre", lignes=())
    await check_now(session)


async def test_a_company_gets_an_invoice_from_its_own_series(session: AsyncSession, tenant: TenantVue):
    await fill_encaissement(session, lieu="centre")
    facture = await fill_encaissement(session, lieu="centre", acheteur=ENTREPRISE)
    assert facture.code == "F-2026-000001"


async def test_cash_given_back_leaves_the_till_with_a_credit_note(session: AsyncSession, tenant: TenantVue):
    recu = await fill_encaissement(session, lieu="centre", reference="rdv:1")
    rendu = await refund_paiement(session, reference="rdv:1", montant_cents=2_900, motif="geste", cle="geste-01")
    encore = await refund_paiement(session, reference="rdv:1", montant_cents=2_900, motif="geste", cle="geste-01")
    assert (rendu.statut, encore.id) == ("effectue", rendu.id)
    vue = (await find_paiements(session, reference="rdv:1"))[0]
    assert (vue.statut, vue.rembourse_cents, vue.remboursable_cents) == ("succeeded", 2_900, 5_000)
    assert [p.code for p in await list_pieces(session, paiement_id=recu.paiement_id)] == [recu.code, "A-2026-000001"]
    caisse = await list_caisse(session, lieu="centre", jour=today(ZoneInfo("Europe/Paris")))
    assert [(ligne.montant_cents, ligne.piece) for ligne in caisse.lignes] == [
        (7_900, recu.code),
        (-2_900, "A-2026-000001"),
    ]
    assert caisse.total_cents == 5_000
    assert [nom for nom, _ in await events(session)] == ["payment.refunded"]
    await check_now(session)


async def test_no_more_is_given_back_than_was_taken(session: AsyncSession, tenant: TenantVue):
    await fill_encaissement(session, lieu="centre", reference="rdv:1")
    await refund_paiement(session, reference="rdv:1", montant_cents=7_000, motif="m", cle="cle-0001")
    with pytest.raises(Invalid) as trop:
        await refund_paiement(session, reference="rdv:1", montant_cents=901, motif="m", cle="cle-0002")
    assert trop.value.code == "REMBOURSEMENT_EXCESSIF"
    assert trop.value.extra == {"disponible_cents": 900}
    with pytest.raises(Conflict) as autre:
        await refund_paiement(session, reference="rdv:1", montant_cents=10, motif="m", cle="cle-0001")
    assert autre.value.code == "REMBOURSEMENT_DIFFERENT"
    await refund_paiement(session, reference="rdv:1", montant_cents=900, motif="m", cle="cle-0003")
    assert (await find_paiements(session, reference="rdv:1"))[0].statut == "refunded"


async def test_what_was_never_taken_is_not_given_back(session: AsyncSession, tenant: TenantVue):
    await fill_paiement(session, reference="rdv:1")
    with pytest.raises(Conflict) as error:
        await refund_paiement(session, reference="rdv:1", montant_cents=10, motif="m", cle="cle-0001")
    assert error.value.code == "PAIEMENT_NON_ENCAISSE"


async def test_the_till_of_a_place_holds_its_own_day_only(session: AsyncSession, tenant: TenantVue):
    await fill_encaissement(session, lieu="ailleurs")
    await record_encaissement(
        session,
        reference="rdv:2",
        lignes=LIGNES,
        acheteur=ACHETEUR,
        moyen="cheque",
        lieu="reunion",
        encaisse_par=new_id(),
        cle="cle-0001",
        fuseau="Indian/Reunion",
    )
    jour = today(ZoneInfo("Indian/Reunion"))
    caisse = await list_caisse(session, lieu="reunion", jour=jour)
    assert {m.value: v for m, v in caisse.totaux.items()} == {"cheque": 7_900}
    assert (await list_caisse(session, lieu="reunion", jour=jour - timedelta(days=1))).lignes == ()
