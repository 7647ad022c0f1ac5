"""Access tokens."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from guichet.identite.metier import jetons
from guichet.identite.metier.jetons import Claims, CleSignature

NOW = datetime(2026, 11, 20, 13, tzinfo=UTC)
ISSUER = "https://guichet.example"
KEY = CleSignature("k1", jetons.new_key())
OTHER = jetons.new_key()
KEYS = {"k1": KEY.privee.public_key()}
CLAIMS = Claims(
    user_id=uuid4(),
    tenant_id=uuid4(),
    session_id=uuid4(),
    role="ADMIN_CT",
    epoque=3,
    permissions=("courrier:*",),
    centre_ids=(uuid4(),),
    agence_ids=(uuid4(), uuid4()),
    nom="Ada",
    email="ada@example.org",
)


def token(claims: Claims = CLAIMS, key: CleSignature = KEY, now: datetime = NOW) -> str:
    return jetons.sign(claims, key, emetteur=ISSUER, jti=uuid4(), now=now)


def read(text: str, now: datetime = NOW) -> Claims | None:
    return jetons.read(text, KEYS, emetteur=ISSUER, now=now)


def test_a_token_says_again_what_was_signed_and_lives_one_hour():
    assert read(token()) == replace(CLAIMS, expire_le=NOW + timedelta(hours=1))
    assert read(token(), NOW + timedelta(minutes=59, seconds=59)) is not None
    assert read(token(), NOW + timedelta(hours=1)) is None


def test_a_token_from_the_future_is_refused_beyond_the_drift_of_clocks():
    assert read(token(now=NOW + timedelta(seconds=5))) is not None
    assert read(token(now=NOW + timedelta(seconds=7))) is None


def forged(**header: str) -> str:
    payload = jwt.decode(token(), options={"verify_signature": False})
    return jwt.encode(payload, OTHER, algorithm="RS256", headers={"kid": "k1", "typ": "at+jwt", **header})


def test_forged_tokens_are_refused():
    payload = jwt.decode(token(), options={"verify_signature": False})
    head, body, signature = token().split(".")
    bad = [
        forged(),
        forged(kid="inconnue"),
        jwt.encode(payload, "", algorithm="none", headers={"kid": "k1", "typ": "at+jwt"}),
        jwt.encode(payload, "secret partagé assez long pour trente-deux octets", algorithm="HS256", headers={"kid": "k1", "typ": "at+jwt"}),
        jwt.encode(payload, KEY.privee, algorithm="RS256", headers={"kid": "k1"}),
        jwt.encode({**payload, "aud": "autre"}, KEY.privee, algorithm="RS256", headers={"kid": "k1", "typ": "at+jwt"}),
        jwt.encode({**payload, "iss": "autre"}, KEY.privee, algorithm="RS256", headers={"kid": "k1", "typ": "at+jwt"}),
        jwt.encode({**payload, "tid": "x"}, KEY.privee, algorithm="RS256", headers={"kid": "k1", "typ": "at+jwt"}),
        jwt.encode({k: v for k, v in payload.items() if k != "exp"}, KEY.privee, algorithm="RS256", headers={"kid": "k1", "typ": "at+jwt"}),
        jwt.encode({k: v for k, v in payload.items() if k != "sid"}, KEY.privee, algorithm="RS256", headers={"kid": "k1", "typ": "at+jwt"}),
        f"{head}.{body}x.{signature}",
        f"{head}.{body}.",
        "",
        "a.b.c",
        "éàü",
    ]  # fmt: skip
    assert [read(text) for text in bad] == [None] * len(bad)


def test_a_key_survives_being_kept_and_shown():
    again = jetons.from_pem(jetons.to_pem(KEY.privee))
    jwk = jetons.to_jwk("k1", again.public_key())
    assert set(jwk) == {"kty", "use", "alg", "kid", "n", "e"}
    assert jetons.read(token(), {"k1": jetons.from_jwk(jwk)}, emetteur=ISSUER, now=NOW) is not None


def test_only_rsa_keys_are_taken():
    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with pytest.raises(ValueError, match="RSA"):
        jetons.from_pem(pem.decode())
    private = jwt.algorithms.RSAAlgorithm.to_jwk(KEY.privee, as_dict=True)
    with pytest.raises(ValueError, match="public"):
        jetons.from_jwk({k: v for k, v in private.items() if isinstance(v, str)})
    assert isinstance(KEY.privee, rsa.RSAPrivateKey)
