"""Identifiers: time-ordered (RFC 9562, version 7), made in Python so that every PostgreSQL version will do."""

from uuid import UUID

import uuid_utils


def new_id() -> UUID:
    """A new identifier. Two made in the same process sort in the order they were made."""
    return UUID(int=uuid_utils.uuid7().int)
