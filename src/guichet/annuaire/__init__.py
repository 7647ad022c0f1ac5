"""The persons, companies and vehicles a tenant knows.

Words: `Client` (particulier or professionnel), `Vehicule` (one per plate and tenant), the link between the two over time
(`Detention`), `Consentement`. A passer-by's booking never changes or reveals what is stored here: it may only add.
Messages: none in this version.
"""
