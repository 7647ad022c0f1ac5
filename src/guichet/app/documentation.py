"""The API reference as one page: made here from the OpenAPI document, readable without a script."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from guichet.app.exemples import PROFONDEUR, Schema, build_sample, resolve


@dataclass(frozen=True, kw_only=True)
class Champ:
    """A field of a body or a parameter: where it is, its type as a person says it, what it means."""

    nom: str
    lieu: str
    type: str
    requis: bool
    sens: str


@dataclass(frozen=True, kw_only=True)
class Reponse:
    """An answer: its status, what it means, the codes it may carry, its fields."""

    statut: str
    sens: str
    codes: tuple[str, ...]
    champs: tuple[Champ, ...]


@dataclass(frozen=True, kw_only=True)
class Operation:
    """An operation of the API, ready to be shown. `exemple` is a command to copy."""

    id: str
    methode: str
    chemin: str
    resume: str
    texte: str
    permission: str
    parametres: tuple[Champ, ...]
    corps: tuple[Champ, ...]
    reponses: tuple[Reponse, ...]
    exemple: str


@dataclass(frozen=True, kw_only=True)
class Chapitre:
    """The operations of a tag."""

    nom: str
    operations: tuple[Operation, ...]


@dataclass(frozen=True, kw_only=True)
class Code:
    """A code of error, with its status and the operations that may answer it."""

    code: str
    statut: str
    operations: int


def build_chapitres(document: Schema, adresse: str) -> list[Chapitre]:
    """The operations by tag, in alphabetical order. `adresse` is that of this instance, for the examples."""
    chapters: dict[str, list[Operation]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            built = _build_operation(document, path, method.upper(), operation, adresse)
            chapters.setdefault(operation["tags"][0], []).append(built)
    return [Chapitre(nom=name, operations=tuple(found)) for name, found in sorted(chapters.items())]


def build_codes(chapitres: list[Chapitre]) -> list[Code]:
    """Every code of error of the API."""
    seen: dict[tuple[str, str], int] = {}
    for chapter in chapitres:
        for operation in chapter.operations:
            for answer in operation.reponses:
                for code in answer.codes:
                    seen[code, answer.statut] = seen.get((code, answer.statut), 0) + 1
    return [Code(code=code, statut=status, operations=n) for (code, status), n in sorted(seen.items())]


def _build_operation(document: Schema, path: str, method: str, operation: Schema, adresse: str) -> Operation:
    return Operation(
        id=operation["operationId"],
        methode=method,
        chemin=path,
        resume=operation.get("summary", ""),
        texte=operation.get("description", ""),
        permission=operation["x-permission"],
        parametres=tuple(_build_parameter(document, p) for p in operation.get("parameters", [])),
        corps=tuple(_fields(document, _json_schema(operation.get("requestBody", {})))),
        reponses=tuple(_build_answers(document, operation)),
        exemple=_example(document, path, method, operation, adresse),
    )


def _build_parameter(document: Schema, parameter: Schema) -> Champ:
    schema = parameter.get("schema", {})
    return Champ(
        nom=parameter["name"],
        lieu=parameter["in"],
        type=_type(document, schema),
        requis=bool(parameter.get("required")),
        sens=parameter.get("description") or schema.get("description") or "",
    )


def _build_answers(document: Schema, operation: Schema) -> Iterator[Reponse]:
    for status, answer in sorted(operation["responses"].items()):
        is_error = "x-codes" in answer
        yield Reponse(
            statut=status,
            sens=answer.get("description", ""),
            codes=tuple(answer.get("x-codes", ())),
            champs=() if is_error else tuple(_fields(document, _json_schema(answer))),
        )


def _json_schema(holder: Schema) -> Schema:
    content = holder.get("content", {})
    kind = next((k for k in content if "json" in k or "form" in k), None)
    found: Schema = content[kind].get("schema", {}) if kind else {}
    return found


def _fields(document: Schema, schema: Schema, prefix: str = "", depth: int = 0) -> Iterator[Champ]:
    schema = resolve(document, schema)
    if schema.get("type") == "array":
        yield from _fields(document, schema.get("items", {}), f"{prefix}[].", depth + 1)
        return
    required = set(schema.get("required", ()))
    for name, own in schema.get("properties", {}).items():
        inner = resolve(document, own)
        yield Champ(
            nom=f"{prefix}{name}",
            lieu="body",
            type=_type(document, own),
            requis=name in required,
            sens=own.get("description") or inner.get("description") or "",
        )
        if depth < PROFONDEUR:
            many = inner.get("type") == "array"
            yield from _fields(
                document, inner.get("items", {}) if many else inner, f"{prefix}{name}{'[]' * many}.", depth + 1
            )


def _type(document: Schema, schema: Schema) -> str:
    resolved = resolve(document, schema)
    if "enum" in resolved:
        return " | ".join(str(value) for value in resolved["enum"])
    if "const" in resolved:
        return str(resolved["const"])
    if resolved.get("type") == "array":
        return f"[{_type(document, resolved.get('items', {}))}]"
    options = [_type(document, s) for s in resolved.get("anyOf", ()) if s.get("type") != "null"]
    if options:
        return " | ".join(dict.fromkeys(options))
    return str(resolved.get("format") or resolved.get("type") or "json")


def _example(document: Schema, path: str, method: str, operation: Schema, adresse: str) -> str:
    body = _json_schema(operation.get("requestBody", {}))
    lines = [f"curl{'' if method == 'GET' else f' -X {method}'} '{adresse}{path}'"]
    if operation["x-permission"] != "public":
        lines.append("-H 'Authorization: Bearer JETON'")
    sample = build_sample(document, body)
    if sample is not None:
        lines.append("-H 'Content-Type: application/json'")
        lines.append(f"-d '{json.dumps(sample, ensure_ascii=False, indent=2)}'")
    return " \\\n  ".join(lines)
