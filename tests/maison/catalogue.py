"""What the database's catalogue says of tenancy, as sentences a developer can act on."""

from typing import Any

import psycopg

# Tables without a tenant, each with the reason it has none.
WITHOUT_TENANT = {
    "socle.alembic_version": "the revision of the schema",
    "identite.tenant": "is the tenant: its policies stand on its own id",
    "identite.cle_signature": "the keys that sign tokens belong to the whole house",
    "identite.frein": "failed sign-ins are counted by keyed hash before anyone is known",
    "socle.travaux_faits": "numbers of jobs whose transaction has committed, nothing else",
    "socle.travaux_erreurs": "why a job failed, without the values",
    "socle.horloge": "the clock of the test mode, one for the whole house",
    "socle.routines": "when each routine of the house ran last",
    "socle.audit_a_sceller": "numbers of audit rows no seal covers yet, nothing else",
    "socle.audit_sceaux": "digests of audit rows, chained over all tenants",
}
SCHEMAS_WITHOUT_TENANT = {"travaux": "jobs carry their tenant in their arguments; the library owns the tables"}
SYSTEM = ("pg_catalog", "information_schema", "pg_toast", "public")

TABLES = """
select n.nspname || '.' || c.relname as name, n.nspname as schema, c.relrowsecurity as enabled, c.relforcerowsecurity as forced,
       exists (select 1 from pg_policy p where p.polrelid = c.oid) as has_policy,
       exists (select 1 from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped) as has_tenant
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
 where c.relkind in ('r', 'p') and n.nspname <> all(%s) order by 1
"""
SIMPLE_KEYS = """
select c.conrelid::regclass || ' (' || c.conname || ')' from pg_constraint c
  join pg_attribute child on child.attrelid = c.conrelid and child.attname = 'tenant_id'
  join pg_attribute parent on parent.attrelid = c.confrelid and parent.attname = 'tenant_id'
 where c.contype = 'f' and not child.attnum = any(c.conkey)
"""
DEFINERS = """
select p.oid::regprocedure::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace
 where p.prosecdef and n.nspname <> all(%s)
   and not exists (select 1 from unnest(coalesce(p.proconfig, '{}')) s where s like 'search_path=%%')
   and not exists (select 1 from pg_depend d where d.objid = p.oid and d.deptype = 'e')
"""


def complaints(connection: psycopg.Connection[Any]) -> list[str]:
    """One sentence per table, key or function that lets tenants meet."""
    said = []
    for name, schema, enabled, forced, has_policy, has_tenant in connection.execute(TABLES, (list(SYSTEM),)):
        if name in WITHOUT_TENANT or schema in SCHEMAS_WITHOUT_TENANT:
            continue
        if not (enabled and forced and has_policy):
            said.append(
                f"{name} has no forced row-level security: call tenant_table({name!r}) in its revision, or name it in "
                "tests/maison/catalogue.py with the reason it has no tenant"
            )
        elif not has_tenant:
            said.append(f"{name} has a policy but no tenant_id: whose rows are they?")
    said += [
        f"{key} points to a parent without the tenant: use the composite key (tenant_id, id)"
        for (key,) in connection.execute(SIMPLE_KEYS)
    ]
    said += [
        f"{function} is SECURITY DEFINER without a fixed search_path"
        for (function,) in connection.execute(DEFINERS, (list(SYSTEM),))
    ]
    return said
