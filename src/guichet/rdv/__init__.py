"""Availability and appointments.

Words: `Rdv` (an appointment, with what was typed on it), `Creneau` (a start and its duration), `Disponibilite` (a free
start), `Ouverture` (an inspector's working ranges of one day, projected from `reseau`), `Journee` (a centre's day),
`Inscription` (an entry of the waiting list), `Offre` (a freed start held for one).
Messages out: `RdvCreated`, `RdvUpdated`, `RdvCancelled`, `OffreMade`, `OffreEnded`, `DisponibiliteChanged`. Messages in: those of `reseau` that move opening hours.
"""
