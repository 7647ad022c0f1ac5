"""Pure rules of booking: slots, states, deadlines, prices of re-inspections, capacity, assignment.

No I/O, no clock, no framework: the present instant always comes in as a parameter. What an inspection lasts and costs and
which accreditations it needs are rules of `reseau`.
"""
