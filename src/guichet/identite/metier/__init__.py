"""Pure rules of identity: no database, no clock of their own, no framework."""
