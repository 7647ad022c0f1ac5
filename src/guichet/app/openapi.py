"""The description of the API: complete by construction. What the code says (permission, idempotency, errors) the document says."""

import copy
import re
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from guichet.app.exemples import Schema, build_sample
from guichet.socle.acces import Exigence
from guichet.socle.web.aiguillage import marks, requirement
from guichet.socle.web.transaction import EN_TETE, SURES

PROBLEME: dict[str, Any] = {
    "title": "Probleme",
    "type": "object",
    "description": "Une erreur (RFC 9457), avec un code stable, une phrase en français et les champs concernés.",
    "required": ["type", "title", "status", "code", "message", "champs"],
    "properties": {
        "type": {"type": "string", "description": "Adresse de la documentation de ce code."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "Stable : c'est sur lui qu'un programme décide."},
        "message": {"type": "string", "description": "À montrer tel quel."},
        "champs": {
            "type": "object",
            "additionalProperties": {"type": "string"},
            "description": "Par champ, que corriger.",
        },
        "correlation_id": {"type": ["string", "null"], "description": "À donner à l'assistance."},
    },
    "example": {
        "type": "/docs#CHAMPS_INVALIDES",
        "title": "À corriger",
        "status": 422,
        "code": "CHAMPS_INVALIDES",
        "message": "Certains champs sont à corriger.",
        "champs": {"client.email": "À renseigner."},
        "correlation_id": "0193a1f2-5b7c-7e1a-9d51-0c6f2f1f5e10",
    },
}
# A summary is a title: longer, it keeps its first clause only.
TITRE = 60
_CORPS = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Probleme"}}}
# What the edge itself may answer, by status: what it means and its codes.
GENERALES: dict[int, tuple[str, tuple[str, ...]]] = {
    400: ("La demande n'a pas pu être lue", ("REQUETE_ILLISIBLE", "JSON_ILLISIBLE")),
    401: ("Il faut se connecter", ("NON_CONNECTE",)),
    403: ("L'appelant est connu et n'a pas le droit", ("PERMISSION_REFUSEE", "ORIGINE_REFUSEE")),
    404: ("Inconnu, ou d'un autre réseau", ("ADRESSE_INCONNUE",)),
    409: ("L'état des choses l'interdit", ("IDEMPOTENCE_EN_COURS",)),
    413: ("Corps trop grand", ("CORPS_TROP_GRAND",)),
    422: ("Une règle n'est pas respectée", ("CHAMPS_INVALIDES", "IDEMPOTENCE_CONFLIT", "IDEMPOTENCE_CLE_INVALIDE")),
    429: ("Trop de demandes : voir Retry-After", ("TROP_DE_REQUETES",)),
    503: ("Occupé ou indisponible un instant : voir Retry-After", ("OCCUPE", "SERVICE_INDISPONIBLE")),
}
_CLE = {
    "name": EN_TETE,
    "in": "header",
    "required": False,
    "description": "Choisie par l'appelant, une par intention : la même demande envoyée deux fois n'a qu'un effet et reçoit la même réponse pendant 24 heures.",
    "schema": {"type": "string", "minLength": 8, "maxLength": 128},
}


def permission_word(asked: Exigence | None) -> str:
    """`public`, `connecte`, or the permissions, any of which is enough."""
    if asked is None or asked.public:
        return "public"
    return " | ".join(asked.permissions) or "connecte"


def summary_of(description: str) -> str:
    """The first sentence of a description, or its first clause when the sentence is long; empty for none."""
    sentence = re.split(r"(?<=[.!?])\s", description.strip(), maxsplit=1)[0].rstrip(".")
    return re.split(r"\s?[:;]\s", sentence, maxsplit=1)[0] if len(sentence) > TITRE else sentence


def build_openapi(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document of an assembled application."""
    document = get_openapi(
        title=app.title, version=app.version, summary=app.summary, description=app.description, routes=app.routes
    )
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas["Probleme"] = PROBLEME
    for leftover in ("HTTPValidationError", "ValidationError"):
        schemas.pop(leftover, None)
    components["securitySchemes"] = {
        "jeton": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "POST /api/v1/auth/login"},
        "cle_api": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    }
    for route in app.routes:
        if isinstance(route, APIRoute) and route.include_in_schema:
            for method in route.methods or ():
                operation = document["paths"][route.path_format].get(method.lower())
                if operation is not None:
                    _complete(operation, route, method)
                    _exemplify(document, operation)
    document["tags"] = [{"name": tag} for tag in sorted({t for o in _operations(document) for t in o.get("tags", [])})]
    return document


def _operations(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [o for path in document["paths"].values() for o in path.values() if isinstance(o, dict)]


def _complete(operation: dict[str, Any], route: APIRoute, method: str) -> None:
    asked = requirement(route.dependant)
    writes = method not in SURES
    operation["x-permission"] = permission_word(asked)
    if not route.summary:
        operation["summary"] = summary_of(route.description)
    is_open = asked is None or asked.public
    operation["security"] = [{}, {"jeton": []}] if is_open else [{"jeton": []}, {"cle_api": []}]
    if writes and not any(p["name"] == EN_TETE for p in operation.get("parameters", [])):
        operation.setdefault("parameters", []).append(_CLE)
    if _is_default_422(operation):
        del operation["responses"]["422"]
    statuses = {429, 503} | ({400, 403, 409, 413, 422} if writes else set())
    statuses |= set() if is_open else {401, 403}
    if route.dependant.path_params:
        statuses.add(404)
    if route.dependant.query_params or route.dependant.header_params:
        statuses.add(422)
    if "sans_limite" in marks(route.dependant):
        statuses.discard(429)
    for status in sorted(statuses):
        _document(operation["responses"], status)


def _exemplify(document: Schema, operation: dict[str, Any]) -> None:
    """Give the body an example where neither it nor its schema has one."""
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        if "json" in kind and not {"example", "examples"} & set(content):
            content["example"] = build_sample(document, content.get("schema", {}))


def _is_default_422(operation: dict[str, Any]) -> bool:
    found = operation["responses"].get("422", {}).get("content", {}).get("application/json", {}).get("schema", {})
    return str(found.get("$ref", "")).endswith("/HTTPValidationError")


def _document(responses: dict[str, Any], status: int) -> None:
    meaning, codes = GENERALES[status]
    known = responses.setdefault(str(status), {"description": meaning})
    known.setdefault("content", copy.deepcopy(_CORPS))
    known["x-codes"] = sorted({*known.get("x-codes", ()), *codes})
