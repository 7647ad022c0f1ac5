"""What flows: outbox and deliveries, jobs, routines, audit journal and seals, answers kept for repeated requests."""

from pathlib import Path

from alembic import op

revision = "0002_flux"
down_revision = "0001_socle"

SQL = Path(__file__).parents[1] / "sql"

JOBS = """
alter table procrastinate_jobs disable trigger procrastinate_jobs_notify_queue_job_inserted_v1;
alter table procrastinate_jobs set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500);
do $$
declare
  each regprocedure;
begin
  for each in select p.oid::regprocedure from pg_proc p where p.pronamespace = 'travaux'::regnamespace loop
    execute format('alter function %s set search_path = travaux, pg_temp', each);
  end loop;
end $$;
grant usage on schema travaux to guichet_app, guichet_relais;
grant insert, select (id) on procrastinate_jobs to guichet_app;
grant insert on procrastinate_events to guichet_app;
grant usage on all sequences in schema travaux to guichet_app, guichet_relais;
grant select, insert, update, delete on all tables in schema travaux to guichet_relais;
"""


def upgrade() -> None:
    """The library's own SQL goes into its own schema; no insertion of a job notifies, the relay does it in batches."""
    cursor = op.get_bind().connection.cursor()  # no parameters: several statements, and % as it is written
    cursor.execute("create schema travaux; set local search_path = travaux")
    cursor.execute((SQL / "procrastinate_3_10_0.sql").read_text())
    cursor.execute(JOBS)
    cursor.execute("set local search_path to default")
    cursor.execute((SQL / "flux.sql").read_text())
