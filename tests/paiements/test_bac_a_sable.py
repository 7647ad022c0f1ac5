"""Paying through the sandbox over the wire: every card, the bank's question, what is told and what is believed."""

from datetime import timedelta

import pytest

from guichet.paiements.facade import close_paiement, refund_paiement
from guichet.paiements.routines import reconcile, sweep
from guichet.socle.horloge import frozen, now
from guichet.socle.settings import Settings
from tests.paiements.conftest import Monde
from tests.paiements.fabrique import MAINTENANT

OUI, DEFI, LENTE, MUETTE = "4242424242424242", "4000002500003155", "4000000000004087", "4000000000005043"
REFUS = {
    "4000000000000002": "refus_banque",
    "4000000000009995": "provision_insuffisante",
    "4000000000000069": "carte_perimee",
    "4000000000000127": "cryptogramme_faux",
    "5555555555554444": "carte_inconnue",
}
MINUTE = timedelta(minutes=1)


async def test_a_card_that_is_accepted_completes_the_payment_once(monde: Monde):
    vue = await monde.open(reference="rdv:1")
    reponse = await monde.type_card(vue)
    assert reponse.status_code == 303
    assert reponse.headers["location"].startswith(f"{monde.guichet}/paiement/success?paiement={vue.id}")
    assert await monde.deliver() == [204]
    await monde.work()
    await monde.sync(vue)
    await monde.sync(vue)
    apres = await monde.read(vue)
    assert (apres.statut, apres.encaisse_cents, apres.paye_a) == ("succeeded", 7_900, now())
    assert await monde.told() == [
        (
            "payment.completed",
            {"paiement_id": str(vue.id), "reference": "rdv:1", "montant_cents": 7_900, "tardif": False},
        )
    ]
    assert await monde.balances() == {"prestataire:bac_a_sable": 7_900, "client": -7_900}


@pytest.mark.parametrize(("numero", "motif"), REFUS.items())
async def test_a_refused_card_is_not_a_failure_and_another_may_be_tried(monde: Monde, numero: str, motif: str):
    vue = await monde.open()
    reponse = await monde.type_card(vue, numero)
    assert reponse.status_code == 200
    assert 'role="alert"' in reponse.text
    await monde.tell()
    assert (await monde.read(vue)).statut == "pending"
    assert await monde.told() == []
    assert [t.motif for t in monde.magasin.list_sessions()[0].tentatives] == [motif]
    await monde.type_card(vue, OUI)
    await monde.tell()
    assert (await monde.read(vue)).statut == "succeeded"


async def test_the_fifth_refused_card_fails_the_payment(monde: Monde):
    vue = await monde.open()
    for _ in range(5):
        await monde.type_card(vue, "4000000000000002")
    encore = await monde.type_card(vue, OUI)
    assert encore.status_code == 200
    assert "fermé" in encore.text
    await monde.tell()
    apres = await monde.read(vue)
    assert (apres.statut, apres.motif) == ("failed", "tentatives")
    assert [nom for nom, _ in await monde.told()] == ["payment.failed"]


@pytest.mark.parametrize(("reponse", "statut"), [("oui", "succeeded"), ("non", "pending")])
async def test_the_bank_may_ask_who_pays(monde: Monde, reponse: str, statut: str):
    vue = await monde.open()
    question = await monde.type_card(vue, DEFI)
    assert "C’est bien moi" in question.text
    session = monde.magasin.list_sessions()[0]
    action = f"{monde.bac}/payer/{session.id}/defi/{session.tentatives[0].id}"
    await monde.client.post(action, data={"reponse": reponse})
    await monde.client.post(action, data={"reponse": "oui"})
    await monde.tell()
    assert (await monde.read(vue)).statut == statut


@pytest.mark.parametrize(
    ("champs", "phrase"),
    [
        ({"expiration": "10/26"}, "périmée"),
        ({"expiration": "13/28"}, "le mois et l’année"),
        ({"cryptogramme": "12"}, "Les trois chiffres"),
        ({"numero": "4242424242424241"}, "Vérifiez le numéro"),
    ],
)
async def test_a_mistyped_card_is_pointed_at_and_is_no_attempt(monde: Monde, champs: dict[str, str], phrase: str):
    vue = await monde.open()
    reponse = await monde.type_card(vue, **champs)
    assert reponse.status_code == 422
    assert phrase in reponse.text
    assert monde.magasin.list_sessions()[0].tentatives == []


async def test_a_card_is_good_until_the_end_of_its_month_by_the_houses_clock(monde: Monde):
    vue = await monde.open()
    assert (await monde.type_card(vue, expiration="11/26")).status_code == 303


async def test_a_bank_that_answers_after_the_deadline_makes_a_late_payment(monde: Monde):
    vue = await monde.open()
    with frozen(MAINTENANT + 9.9 * MINUTE):
        attente = await monde.type_card(vue, LENTE)
        assert "tarde" in attente.text
        await monde.tell()
        assert (await monde.read(vue)).statut == "pending"
    with frozen(MAINTENANT + 11 * MINUTE):
        await monde.tell()
    apres = await monde.read(vue)
    assert apres.statut == "succeeded"
    assert [(nom, contenu["tardif"]) for nom, contenu in await monde.told()] == [("payment.completed", True)]


async def test_a_bank_that_never_answers_lets_the_payment_expire(monde: Monde):
    vue = await monde.open()
    await monde.type_card(vue, MUETTE)
    with frozen(MAINTENANT + 11 * MINUTE):
        await monde.tell()
        apres = await monde.read(vue)
    assert (apres.statut, apres.motif) == ("failed", "expiration")
    assert [nom for nom, _ in await monde.told()] == ["payment.failed"]


async def test_leaving_the_page_for_good_fails_the_payment(monde: Monde):
    vue = await monde.open()
    reponse = await monde.client.post(f"{monde.bac}/payer/{await monde.page_of(vue)}/abandon")
    assert reponse.headers["location"].startswith(f"{monde.guichet}/paiement/{vue.id}")
    await monde.tell()
    apres = await monde.read(vue)
    assert (apres.statut, apres.motif) == ("failed", "abandon")


async def test_a_payment_closed_here_has_its_page_closed_there(monde: Monde):
    vue = await monde.open(reference="rdv:1")
    async with monde.database.transaction(monde.tenant_id) as session:
        await close_paiement(session, reference="rdv:1", motif="annule")
    await sweep(now())
    assert "Le délai pour payer est passé" in (await monde.type_card(vue)).text
    assert monde.magasin.list_sessions()[0].encaisse_cents == 0


async def test_money_taken_on_a_closed_payment_is_told_as_late_and_can_be_given_back(monde: Monde):
    vue = await monde.open(reference="rdv:1")
    await monde.type_card(vue)
    async with monde.database.transaction(monde.tenant_id) as session:
        await close_paiement(session, reference="rdv:1", motif="expiration")
    await monde.tell()
    assert [(nom, c.get("tardif")) for nom, c in await monde.told()] == [
        ("payment.failed", None),
        ("payment.completed", True),
    ]
    async with monde.database.transaction(monde.tenant_id) as session:
        await refund_paiement(session, reference="rdv:1", montant_cents=7_900, motif="sans place", cle="sans-place")
    await monde.work()
    assert (await monde.read(vue)).statut == "refunded"
    assert await monde.balances() == {"prestataire:bac_a_sable": 0, "client": 0}


@pytest.mark.parametrize(
    ("numero", "d_abord", "enfin"),
    [
        (OUI, "effectue", "refunded"),
        ("4000000000007726", "en_attente", "refunded"),
        ("4000000000005126", "en_attente", "succeeded"),
    ],
)
async def test_a_refund_ends_as_the_card_decides(monde: Monde, numero: str, d_abord: str, enfin: str):
    vue = await monde.open(reference="rdv:1")
    await monde.type_card(vue, numero)
    await monde.tell()
    async with monde.database.transaction(monde.tenant_id) as session:
        await refund_paiement(session, reference="rdv:1", montant_cents=7_900, motif="annulation", cle="cle-0001")
    await monde.work()
    assert await _refund_states(monde) == [d_abord]
    with frozen(MAINTENANT + MINUTE):
        await monde.tell()
    assert (await monde.read(vue)).statut == enfin
    told = [nom for nom, _ in await monde.told()]
    assert told == ["payment.completed"] + ["payment.refunded"] * (enfin == "refunded")


async def test_a_refused_refund_may_be_asked_again_otherwise(monde: Monde):
    vue = await monde.open(reference="rdv:1")
    await monde.type_card(vue, "4000000000005126")
    await monde.tell()
    for cle in ("cle-0001", "cle-0002"):
        async with monde.database.transaction(monde.tenant_id) as session:
            await refund_paiement(session, reference="rdv:1", montant_cents=7_900, motif="m", cle=cle)
        await monde.work()
        with frozen(MAINTENANT + MINUTE):
            await monde.tell()
    assert await _refund_states(monde) == ["refuse", "refuse"]
    assert (await monde.read(vue)).rembourse_cents == 0


async def test_money_given_back_on_the_providers_side_is_written_here(monde: Monde):
    vue = await monde.open(reference="rdv:1")
    await monde.type_card(vue)
    await monde.tell()
    async with monde.database.transaction(monde.tenant_id) as session:
        await refund_paiement(session, reference="rdv:1", montant_cents=5_000, motif="m", cle="cle-0001")
    await monde.client.post(f"{monde.bac}/admin/{await monde.page_of(vue)}", data={"geste": "rembourser"})
    await monde.tell()
    apres = await monde.read(vue)
    assert (apres.statut, apres.rembourse_cents) == ("refunded", 7_900)
    assert await _refund_states(monde) == ["refuse", "effectue"]


async def _refund_states(monde: Monde) -> list[str]:
    from sqlalchemy import text  # noqa: PLC0415

    async with monde.database.transaction(monde.tenant_id) as session:
        return list(await session.scalars(text("select statut from paiements.remboursement order by demande_a, id")))


async def test_a_crash_between_the_providers_yes_and_our_commit_is_found_by_the_sweep(monde: Monde):
    vue = await monde.open()
    await monde.type_card(vue)
    for envoi in monde.magasin.due_envois():  # no notification ever arrives
        monde.magasin.settle_envoi(envoi, reponse=0, encore_a=None)
    with frozen(MAINTENANT + 3 * MINUTE):
        await sweep(now())
        assert (await monde.read(vue)).statut == "succeeded"


async def test_events_never_heard_are_found_by_reading_the_providers_list(monde: Monde):
    vue = await monde.open()
    await monde.type_card(vue)
    for envoi in monde.magasin.due_envois():
        monde.magasin.settle_envoi(envoi, reponse=0, encore_a=None)
    assert (await reconcile(now()))[monde.tenant_id] == 2  # the opening and the payment
    assert (await reconcile(now()))[monde.tenant_id] == 0
    assert (await monde.read(vue)).statut == "succeeded"
    await monde.deliver()
    assert [nom for nom, _ in await monde.told()] == ["payment.completed"]


async def test_a_refund_asked_twice_because_of_a_crash_is_done_once(monde: Monde, monkeypatch: pytest.MonkeyPatch):
    vue = await monde.open(reference="rdv:1")
    await monde.type_card(vue)
    await monde.tell()
    async with monde.database.transaction(monde.tenant_id) as session:
        await refund_paiement(session, reference="rdv:1", montant_cents=1_000, motif="m", cle="cle-0001")

    async def die(*_: object, **__: object) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as mort:
        mort.setattr("guichet.paiements.actions.appliquer.apply_constat", die)
        with pytest.raises(RuntimeError, match="killed"):
            await monde.work()
    assert await _refund_states(monde) == ["en_cours"]
    with frozen(MAINTENANT + 6 * MINUTE):
        await sweep(now())
    assert (await monde.read(vue)).rembourse_cents == 1_000
    assert len(monde.magasin.list_sessions()[0].remboursements) == 1


async def test_a_provider_that_is_away_loses_nothing(monde: Monde, settings: Settings, monkeypatch: pytest.MonkeyPatch):
    vue = await monde.open(reference="rdv:1")
    await monde.type_card(vue)
    await monde.tell()
    async with monde.database.transaction(monde.tenant_id) as session:
        await refund_paiement(session, reference="rdv:1", montant_cents=1_000, motif="m", cle="cle-0001")
    with monkeypatch.context() as panne:
        panne.setattr(settings, "payment_sandbox_url", "http://127.0.0.1:9")
        await monde.work()
    assert await _refund_states(monde) == ["a_envoyer"]
    with frozen(MAINTENANT + MINUTE):
        await sweep(now())
    assert await _refund_states(monde) == ["effectue"]


async def test_the_merchants_interface_refuses_strangers_and_other_peoples_sessions(monde: Monde):
    vue = await monde.open()
    page = await monde.page_of(vue)
    for cle in ("", "Bearer sk_bac_x_y", f"Bearer sk_bac_{monde.tenant_id.hex}_{'0' * 32}"):
        reponse = await monde.client.get(f"{monde.bac}/v1/sessions/{page}", headers={"Authorization": cle})
        assert reponse.status_code == 401
    for chemin in ("/payer/ses_inconnue", "/champs/ses_inconnue"):
        assert (await monde.client.get(f"{monde.bac}{chemin}")).status_code == 404
    reponse = await monde.client.post(
        f"{monde.bac}/controle/sessions/{page}/notifications", json={"statut": "succeeded"}
    )
    assert reponse.status_code == 401


async def test_the_framed_fields_may_be_framed_by_the_merchant_only(monde: Monde):
    vue = await monde.open()
    page = await monde.page_of(vue)
    cadre = await monde.client.get(f"{monde.bac}/champs/{page}?theme=sombre&h=150&c=0.1&x=1")
    entiere = await monde.client.get(f"{monde.bac}/payer/{page}?theme=<script>&h=x&c=9")
    assert f"frame-ancestors {monde.guichet}" in cadre.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in entiere.headers["content-security-policy"]
    assert 'data-theme="sombre"' in cadre.text
    assert "<script>&" not in entiere.text
    assert 'data-testid="card-number"' in cadre.text
