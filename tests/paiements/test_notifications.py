"""What providers tell over the wire: forged, repeated, out of order, late, contradictory. One effect each."""

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from guichet.paiements.fournisseurs.bac_a_sable import SIGNATURE
from guichet.paiements.fournisseurs.cles_bac import notification_secret, sign
from guichet.paiements.routines import sweep
from guichet.socle.horloge import frozen, now
from guichet.socle.ids import new_id
from guichet.socle.settings import Settings
from tests.identite.fabrique import make_tenant
from tests.paiements.conftest import Monde
from tests.paiements.fabrique import MAINTENANT


def essai(monde: Monde, paiement_id: object) -> str:
    return f"{monde.guichet}/api/v1/essai/paiements/{paiement_id}/notifications"


async def order(monde: Monde, paiement_id: object, **demande: Any) -> list[dict[str, Any]]:
    reponse = await monde.client.post(essai(monde, paiement_id), json=demande)
    assert reponse.status_code == 201, reponse.text
    return list(reponse.json())


async def events(monde: Monde) -> list[tuple[str, bool]]:
    async with monde.database.transaction(monde.tenant_id) as session:
        rows = await session.execute(text("select genre, traite_a from paiements.evenement order by recu_a, id"))
        return [(r.genre, r.traite_a is not None) for r in rows]


async def completed(monde: Monde) -> int:
    return sum(nom == "payment.completed" for nom, _ in await monde.told())


async def test_a_notification_repeated_has_one_effect(monde: Monde):
    vue = await monde.open()
    await order(monde, vue.id, statut="succeeded", copies=5)
    assert await monde.deliver() == [204] * 5
    await monde.work()
    assert await events(monde) == [("session.payee", True)]
    assert await completed(monde) == 1


async def test_a_forged_notification_is_refused_and_changes_nothing(monde: Monde):
    vue = await monde.open()
    await order(monde, vue.id, statut="succeeded", signature="fausse", copies=2)
    assert await monde.deliver() == [400, 400]
    await monde.work()
    assert await events(monde) == []
    assert (await monde.read(vue)).statut == "pending"
    liste = (await monde.client.get(essai(monde, vue.id))).json()
    assert [(n["signature"], n["reponse"], n["livree"]) for n in liste] == [("fausse", 400, True)] * 2


async def test_notifications_out_of_order_end_at_the_truth(monde: Monde):
    vue = await monde.open()
    await order(monde, vue.id, statut="succeeded", ordre="inverse")
    await order(monde, vue.id, statut="refunded", ordre="inverse")
    with frozen(MAINTENANT + timedelta(seconds=1)):
        await monde.tell()
    apres = await monde.read(vue)
    assert (apres.statut, apres.encaisse_cents, apres.rembourse_cents) == ("refunded", 7_900, 7_900)
    assert [nom for nom, _ in await monde.told()] == ["payment.completed", "payment.refunded"]


async def test_a_late_notification_waits_for_the_houses_clock(monde: Monde):
    vue = await monde.open()
    await order(monde, vue.id, statut="succeeded", retard_s=960)
    assert await monde.deliver() == []
    with frozen(MAINTENANT + timedelta(seconds=961)):
        assert await monde.deliver() == [204]
        await monde.work()
    assert [c["tardif"] for _, c in await monde.told()] == [True]


async def test_a_notification_that_contradicts_the_provider_is_not_believed(monde: Monde):
    vue = await monde.open()
    await order(monde, vue.id, statut="succeeded")
    await order(monde, vue.id, statut="failed")
    await monde.tell()
    assert (await monde.read(vue)).statut == "succeeded"
    assert [nom for nom, _ in await monde.told()] == ["payment.completed"]


async def test_the_provider_tells_again_after_our_failure(monde: Monde, monkeypatch: pytest.MonkeyPatch):
    vue = await monde.open()
    await order(monde, vue.id, statut="succeeded")

    async def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the disk is full")

    with monkeypatch.context() as panne:
        panne.setattr("guichet.paiements.api.notifications.store_evenement", fail)
        assert await monde.deliver() == [500]
    assert await monde.deliver() == []
    with frozen(MAINTENANT + timedelta(seconds=3)):
        assert await monde.deliver() == [204]
    await monde.work()
    assert await completed(monde) == 1


async def test_an_event_whose_treatment_failed_is_taken_up_by_the_sweep(
    monde: Monde, settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    vue = await monde.open()
    await order(monde, vue.id, statut="succeeded")
    await monde.deliver()
    with monkeypatch.context() as panne:
        panne.setattr(settings, "payment_sandbox_url", "http://127.0.0.1:9")
        await monde.work()
    assert await events(monde) == [("session.payee", False)]
    with frozen(MAINTENANT + timedelta(seconds=30)):
        await sweep(now())
    assert await events(monde) == [("session.payee", True)]
    assert await completed(monde) == 1


async def post(monde: Monde, corps: bytes, *, reseau: object, secret: bytes, age_s: int = 0) -> httpx.Response:
    return await monde.client.post(
        f"{monde.guichet}/api/v1/payment/bac_a_sable/notifications",
        params={"reseau": str(reseau)},
        content=corps,
        headers={SIGNATURE: sign(secret, corps, int(now().timestamp()) - age_s)},
    )


async def test_a_signature_is_that_of_the_tenant_of_this_body_and_of_this_moment(monde: Monde, settings: Settings):
    vue = await monde.open()
    corps = json.dumps({"id": "evt_1", "genre": "session.payee", "session_id": await monde.page_of(vue)}).encode()
    secret = notification_secret(settings, monde.tenant_id)
    autre = await make_tenant(monde.database)
    refused = [
        await post(monde, corps, reseau=monde.tenant_id, secret=notification_secret(settings, autre.id)),
        await post(monde, corps, reseau=autre.id, secret=secret),
        await post(monde, corps, reseau=new_id(), secret=secret),
        await post(monde, corps, reseau=monde.tenant_id, secret=secret, age_s=301),
        await post(monde, corps, reseau=monde.tenant_id, secret=secret, age_s=-301),
        await post(monde, b"[]", reseau=monde.tenant_id, secret=secret),
        await post(monde, b"{", reseau=monde.tenant_id, secret=secret),
        await monde.client.post(f"{monde.guichet}/api/v1/payment/bac_a_sable/notifications", content=corps),
    ]
    assert {(r.status_code, r.json()["code"]) for r in refused} == {(400, "SIGNATURE_INVALIDE")}
    assert await events(monde) == []
    assert (await post(monde, corps, reseau=monde.tenant_id, secret=secret)).status_code == 204
    await monde.work()
    assert (await monde.read(vue)).statut == "pending"  # signed, but the provider says otherwise


@pytest.mark.parametrize(
    "signature", ["", "t=1", "t=x,v1=00", "t=99999999999999999999,v1=00", "v1=é", "t=1,v1=00,v1=11"]
)
async def test_a_signature_that_makes_no_sense_is_refused(monde: Monde, signature: str):
    await monde.open()
    reponse = await monde.client.post(
        f"{monde.guichet}/api/v1/payment/bac_a_sable/notifications?reseau={monde.tenant_id}",
        content=b"{}",
        headers={SIGNATURE: signature.encode()},
    )
    assert reponse.status_code == 400


async def test_an_unknown_provider_has_no_address(monde: Monde):
    reponse = await monde.client.post(f"{monde.guichet}/api/v1/payment/inconnu/notifications", content=b"{}")
    assert (reponse.status_code, reponse.json()["code"]) == (404, "PRESTATAIRE_INCONNU")


async def test_an_event_about_somebody_elses_page_is_kept_and_closed(monde: Monde, settings: Settings):
    await monde.open()
    corps = json.dumps({"id": "evt_9", "genre": "session.payee", "session_id": "ses_ailleurs"}).encode()
    secret = notification_secret(settings, monde.tenant_id)
    assert (await post(monde, corps, reseau=monde.tenant_id, secret=secret)).status_code == 204
    await monde.work()
    assert await events(monde) == [("session.payee", True)]
    assert await monde.told() == []


async def test_the_controls_open_the_page_of_a_payment_nobody_went_to_pay(monde: Monde):
    async with monde.database.transaction(monde.tenant_id) as session:
        from tests.paiements.fabrique import fill_paiement  # noqa: PLC0415

        vue = await fill_paiement(session)
    await order(monde, vue.id, statut="succeeded")
    await monde.tell()
    assert (await monde.read(vue)).statut == "succeeded"


async def test_the_controls_exist_in_test_mode_only(monde: Monde, settings: Settings, monkeypatch: pytest.MonkeyPatch):
    vue = await monde.open()
    monkeypatch.setattr(settings, "mode", "demo")
    reponse = await monde.client.post(essai(monde, vue.id), json={"statut": "succeeded"})
    assert (reponse.status_code, reponse.json()["code"]) == (404, "ADRESSE_INCONNUE")


async def test_the_controls_say_what_they_do_not_know(monde: Monde):
    reponse = await monde.client.post(essai(monde, new_id()), json={"statut": "succeeded"})
    assert (reponse.status_code, reponse.json()["code"]) == (404, "PAIEMENT_NOT_FOUND")
    vue = await monde.open()
    reponse = await monde.client.post(essai(monde, vue.id), json={"statut": "paye"})
    assert (reponse.status_code, reponse.json()["code"]) == (422, "CHAMPS_INVALIDES")
