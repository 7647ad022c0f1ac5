"""Pure rules of the directory: plates, contact details, legal due dates. No I/O, no clock, no framework."""
