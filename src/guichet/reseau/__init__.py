"""The network: agences, centres, controleurs, their hours, tariffs, durations and territories.

Words: an *agence* groups *centres*; a *centre* inspects vehicles in its own time zone and territory; a *controleur* is a
person with *agrements* who works in one or several centres; an *equipement* is a lane; the *vitrine* is what anyone may
read of a centre, across tenants, without personal data.

Messages out: `AgenceCreated`, `AgenceChanged`, `CentreCreated`, `CentreChanged`, `HorairesChanged`, `TarifChanged`,
`DureesChanged`, `ControleurCreated`, `ControleurChanged`.
"""
