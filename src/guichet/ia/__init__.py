"""What is computed by heavy libraries: here, assignments by a constraint solver.

Words: an *affectation* gives each task an inspector; a *solution* is one the solver found. Data comes in the call, nothing
is read or kept. The library runs in a process of its own, warmed at start-up: whoever asks never imports it, and an
answer that does not come in time is None.

Messages: none.
"""
