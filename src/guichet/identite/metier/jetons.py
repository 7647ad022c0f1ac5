"""Access tokens: RS256 JWTs of one hour (RFC 7519, RFC 8725), and the keys that sign them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

ALGORITHME = "RS256"
AUDIENCE = "guichet"
VIE_ACCES = timedelta(hours=1)
VIE_REFRESH = timedelta(days=30)
DECALAGE = timedelta(seconds=5)  # clocks of two of our machines may differ by this much
TAILLE_CLE = 2048


@dataclass(frozen=True, kw_only=True)
class Claims:
    """What an access token says of its bearer. `epoque` is the state of the account's rights when it was issued."""

    user_id: UUID
    tenant_id: UUID
    session_id: UUID
    role: str
    epoque: int
    permissions: tuple[str, ...] = ()
    centre_ids: tuple[UUID, ...] = ()
    agence_ids: tuple[UUID, ...] = ()
    nom: str = ""
    email: str = ""
    expire_le: datetime | None = None


@dataclass(frozen=True)
class CleSignature:
    """A private key that signs now."""

    kid: str
    privee: rsa.RSAPrivateKey


def sign(claims: Claims, cle: CleSignature, *, emetteur: str, jti: UUID, now: datetime) -> str:
    """The token, valid for one hour from `now`."""
    payload = {
        "iss": emetteur,
        "aud": AUDIENCE,
        "sub": str(claims.user_id),
        "jti": str(jti),
        "iat": int(now.timestamp()),
        "exp": int((now + VIE_ACCES).timestamp()),
        "tid": str(claims.tenant_id),
        "sid": str(claims.session_id),
        "role": claims.role,
        "epo": claims.epoque,
        "permissions": list(claims.permissions),
        "centres": [str(i) for i in claims.centre_ids],
        "agences": [str(i) for i in claims.agence_ids],
        "name": claims.nom,
        "email": claims.email,
    }
    return jwt.encode(payload, cle.privee, algorithm=ALGORITHME, headers={"kid": cle.kid, "typ": "at+jwt"})


def kid_of(token: str) -> str | None:
    """The key a token says it was signed with; None when it is not a token of ours."""
    try:
        header = jwt.get_unverified_header(token)
    except jwt.PyJWTError:
        return None
    kid = header.get("kid")
    ours = header.get("alg") == ALGORITHME and header.get("typ") == "at+jwt"
    return kid if ours and isinstance(kid, str) else None


def read(token: str, cles: Mapping[str, rsa.RSAPublicKey], *, emetteur: str, now: datetime) -> Claims | None:
    """What a genuine, living token says; None for every other text. The clock is the caller's."""
    cle = cles.get(kid_of(token) or "")
    if cle is None:
        return None
    try:
        payload = jwt.decode(
            token,
            cle,
            algorithms=[ALGORITHME],
            audience=AUDIENCE,
            issuer=emetteur,
            options={"require": ["exp", "iat", "sub"], "verify_exp": False, "verify_iat": False, "verify_nbf": False},
        )
        claims = _claims(payload)
    except (jwt.PyJWTError, KeyError, TypeError, ValueError):
        return None
    issued = datetime.fromtimestamp(int(payload["iat"]), UTC)
    if claims.expire_le is None or now >= claims.expire_le or issued > now + DECALAGE:
        return None
    return claims


def _claims(payload: dict[str, Any]) -> Claims:
    return Claims(
        user_id=UUID(payload["sub"]),
        tenant_id=UUID(payload["tid"]),
        session_id=UUID(payload["sid"]),
        role=str(payload["role"]),
        epoque=int(payload["epo"]),
        permissions=tuple(payload["permissions"]),
        centre_ids=tuple(UUID(i) for i in payload["centres"]),
        agence_ids=tuple(UUID(i) for i in payload["agences"]),
        nom=str(payload["name"]),
        email=str(payload["email"]),
        expire_le=datetime.fromtimestamp(int(payload["exp"]), UTC),
    )


def new_key() -> rsa.RSAPrivateKey:
    """A fresh signing key."""
    return rsa.generate_private_key(public_exponent=65537, key_size=TAILLE_CLE)


def to_pem(privee: rsa.RSAPrivateKey) -> str:
    """The private key as text, to be encrypted before it is kept."""
    return privee.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def from_pem(pem: str) -> rsa.RSAPrivateKey:
    """The key of a PEM text. Raises ValueError for anything but an RSA key."""
    key = serialization.load_pem_private_key(pem.encode(), None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError("an RSA key is needed")  # noqa: TRY004  the text is wrong, not its type
    return key


def to_jwk(kid: str, publique: rsa.RSAPublicKey) -> dict[str, str]:
    """The public key as the JWKS shows it (RFC 7517)."""
    jwk: dict[str, Any] = json.loads(RSAAlgorithm.to_jwk(publique))
    return {"kty": "RSA", "use": "sig", "alg": ALGORITHME, "kid": kid, "n": jwk["n"], "e": jwk["e"]}


def from_jwk(jwk: Mapping[str, str]) -> rsa.RSAPublicKey:
    """The key a JWK describes. Raises ValueError when it is not a public RSA key."""
    key = RSAAlgorithm.from_jwk(json.dumps(dict(jwk)))
    if not isinstance(key, rsa.RSAPublicKey):
        raise ValueError("a public key is needed")  # noqa: TRY004  the text is wrong, not its type
    return key
