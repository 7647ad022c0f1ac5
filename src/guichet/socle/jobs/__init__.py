"""Jobs: what must be done later, deferred in the transaction that needs it, run by a worker on the same PostgreSQL.

Procrastinate keeps the queue, in the schema `travaux`. Rolled back, a transaction leaves no job; killed, a worker leaves
its jobs to the others. Nothing due at a time is a job in the future: that is a due column swept by a routine.
"""

from guichet.socle.jobs.declaration import Job, Travail, defer, defer_many, job
from guichet.socle.jobs.entretien import JobEnEchec, forget, list_failed, purge_done, replay, rescue_stalled
from guichet.socle.jobs.worker import run_jobs, run_waiting_jobs, wake_workers

__all__ = [
    "Job",
    "JobEnEchec",
    "Travail",
    "defer",
    "defer_many",
    "forget",
    "job",
    "list_failed",
    "purge_done",
    "replay",
    "rescue_stalled",
    "run_jobs",
    "run_waiting_jobs",
    "wake_workers",
]
