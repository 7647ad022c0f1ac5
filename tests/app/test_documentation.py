"""The readable reference and the examples, from a description with every shape a schema may take."""

from typing import Any

from guichet.app.documentation import build_chapitres, build_codes
from guichet.app.exemples import build_sample, resolve

DOCUMENT: dict[str, Any] = {
    "components": {
        "schemas": {
            "Client": {
                "type": "object",
                "required": ["nom"],
                "properties": {
                    "nom": {"type": "string", "description": "Tel qu'on le dit.", "examples": ["Durand"]},
                    "age": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
                },
            },
            "Noeud": {
                "type": "object",
                "required": ["suite"],
                "properties": {"suite": {"$ref": "#/components/schemas/Noeud"}},
            },
            "Demande": {
                "type": "object",
                "required": ["client", "types", "quand", "genre", "mot", "objets", "n", "libre", "ok"],
                "properties": {
                    "client": {"$ref": "#/components/schemas/Client"},
                    "types": {"type": "array", "items": {"type": "string", "enum": ["VP", "VU"]}},
                    "objets": {"type": "array", "items": {"$ref": "#/components/schemas/Client"}},
                    "quand": {"type": "string", "format": "date"},
                    "genre": {"const": "essai"},
                    "mot": {"anyOf": [{"type": "string"}, {"type": "integer"}], "default": "a"},
                    "n": {"type": "number"},
                    "ok": {"type": "boolean"},
                    "libre": {},
                    "notes": {"type": "string"},
                },
            },
        }
    },
    "paths": {
        "/api/v1/demandes": {
            "post": {
                "operationId": "demander",
                "summary": "Demander",
                "tags": ["rdv"],
                "x-permission": "rdv:create",
                "parameters": [{"name": "limite", "in": "query", "schema": {"type": "integer", "description": "Au plus."}}],
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Demande"}}}},
                "responses": {
                    "201": {"content": {"application/json": {"schema": {"type": "array", "items": {"$ref": "#/components/schemas/Client"}}}}},
                    "409": {"description": "Pris", "x-codes": ["CRENEAU_INDISPONIBLE"]},
                },
            },
            "get": {"operationId": "lire", "tags": ["annuaire"], "x-permission": "public", "responses": {"200": {}}},
        }
    },
}  # fmt: skip


def test_an_operation_is_told_with_its_fields_its_answers_and_a_command_to_copy():
    annuaire, rdv = build_chapitres(DOCUMENT, "https://guichet.example")
    (lire,), (demander,) = annuaire.operations, rdv.operations
    assert lire.exemple == "curl 'https://guichet.example/api/v1/demandes'"
    assert [(p.nom, p.lieu, p.type, p.sens) for p in demander.parametres] == [
        ("limite", "query", "integer", "Au plus.")
    ]
    fields = {c.nom: c for c in demander.corps}
    assert fields["client.nom"].requis
    assert fields["client.nom"].sens == "Tel qu'on le dit."
    assert fields["objets[].nom"].type == "string"
    assert (fields["types"].type, fields["client.age"].type, fields["mot"].type) == (
        "[VP | VU]",
        "integer",
        "string | integer",
    )
    assert (fields["genre"].type, fields["libre"].type, fields["quand"].type) == ("essai", "json", "date")
    assert not fields["notes"].requis
    created, taken = demander.reponses
    assert [c.nom for c in created.champs] == ["[].nom", "[].age"]
    assert (taken.statut, taken.codes, taken.champs) == ("409", ("CRENEAU_INDISPONIBLE",), ())
    assert "-X POST" in demander.exemple
    assert "Authorization: Bearer" in demander.exemple
    assert '"nom": "Durand"' in demander.exemple


def test_codes_are_gathered_over_the_operations():
    (code,) = build_codes(build_chapitres(DOCUMENT, ""))
    assert (code.code, code.statut, code.operations) == ("CRENEAU_INDISPONIBLE", "409", 1)


def test_an_example_has_what_is_required_and_nothing_else():
    sample = build_sample(DOCUMENT, {"$ref": "#/components/schemas/Demande"})
    assert sample == {
        "client": {"nom": "Durand"},
        "types": ["VP"],
        "objets": [{"nom": "Durand"}],
        "quand": "2026-03-14",
        "genre": "essai",
        "mot": "a",
        "n": 1.5,
        "ok": True,
        "libre": None,
    }
    assert build_sample(DOCUMENT, {"type": "object", "example": {"a": 1}}) == {"a": 1}


def test_a_schema_that_contains_itself_ends():
    assert build_sample(DOCUMENT, {"$ref": "#/components/schemas/Noeud"}) is not None
    assert resolve(DOCUMENT, {"type": "string"}) == {"type": "string"}
