"""Languages: French sentences are the message identifiers."""


def _(msgid: str, **values: object) -> str:
    """The sentence in the language of the request, with `{name}` fields filled in."""
    return msgid.format(**values) if values else msgid
