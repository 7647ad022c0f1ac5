"""Plumbing every context stands on: database, tenancy, messages, jobs, clock, errors, languages, telemetry."""
