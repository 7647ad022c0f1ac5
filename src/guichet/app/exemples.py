"""Examples of what the API takes, made from its own description where nobody wrote one."""

from typing import Any

Schema = dict[str, Any]
PROFONDEUR = 4
_STRINGS = {
    "uuid": "0193a1f2-5b7c-7e1a-9d51-0c6f2f1f5e10",
    "date": "2026-03-14",
    "time": "14:30",
    "date-time": "2026-03-14T09:00:00+01:00",
    "email": "camille.durand@courriel.example",
    "uri": "https://exemple.example",
}


def resolve(document: Schema, schema: Schema) -> Schema:
    """The schema behind a reference, or the only one that is not null among several."""
    reference = schema.get("$ref")
    if reference:
        found: Schema = document["components"]["schemas"][reference.rsplit("/", 1)[1]]
        return found
    given: list[Schema] = schema.get("anyOf") or schema.get("oneOf") or []
    options = [s for s in given if s.get("type") != "null"]
    return resolve(document, options[0]) if len(options) == 1 else schema


def build_sample(document: Schema, schema: Schema, depth: int = 0) -> Any:
    """A value of this schema: its own example when it has one, else a plausible one; required fields only."""
    resolved = resolve(document, schema)
    for holder in (schema, resolved):
        if "example" in holder:
            return holder["example"]
        if holder.get("examples"):
            return holder["examples"][0]
        if "const" in holder or "enum" in holder or holder.get("default") is not None:
            return holder.get("const", holder.get("default", holder.get("enum", [None])[0]))
    if resolved.get("type") == "array":
        return [build_sample(document, resolved.get("items", {}), depth + 1)]
    if "properties" in resolved and depth <= PROFONDEUR:
        required = resolved.get("required", list(resolved["properties"]))
        return {n: build_sample(document, s, depth + 1) for n, s in resolved["properties"].items() if n in required}
    samples = {
        "integer": 1,
        "number": 1.5,
        "boolean": True,
        "string": _STRINGS.get(resolved.get("format", ""), "texte"),
    }
    return samples.get(resolved.get("type", ""))
