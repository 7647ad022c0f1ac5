"""Pure rules of the network: no input or output, no clock, no framework."""
