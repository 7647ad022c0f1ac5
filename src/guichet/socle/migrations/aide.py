"""What revisions repeat: schemas, row-level security, grants."""

from alembic import op

TENANT = "nullif((select current_setting('app.tenant_id', true)), '')::uuid"


def create_schema(name: str) -> None:
    """A context's schema, usable by the application and the relay."""
    op.execute(f"create schema {name}")
    op.execute(f"grant usage on schema {name} to guichet_app, guichet_relais, guichet_recherche")


def tenant_table(name: str, *, grants: str = "select, insert, update, delete") -> None:
    """Force row-level security on a table with a `tenant_id` and let the application use it.

    `name` is qualified (`reseau.centre`); `grants` are the application's.
    """
    op.execute(f"alter table {name} enable row level security")
    op.execute(f"alter table {name} force row level security")
    op.execute(f"create policy tenant on {name} using (tenant_id = {TENANT}) with check (tenant_id = {TENANT})")
    op.execute(f"grant {grants} on {name} to guichet_app")


def public_read_table(name: str) -> None:
    """A public read model: everyone reads every row, only the row's tenant writes it; security still forced."""
    op.execute(f"alter table {name} enable row level security")
    op.execute(f"alter table {name} force row level security")
    op.execute(f"create policy lecture on {name} for select using (true)")
    for action, clause in (("insert", "with check"), ("update", "using"), ("delete", "using")):
        op.execute(f"create policy {action} on {name} for {action} {clause} (tenant_id = {TENANT})")
    op.execute(f"grant select, insert, update, delete on {name} to guichet_app")
