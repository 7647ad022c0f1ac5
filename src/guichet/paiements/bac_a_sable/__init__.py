"""The sandbox provider: a payment provider of its own process, its own storage, its own pages, that behaves like a real one.

It knows nothing of Guichet but its HTTP interface: merchants open sessions, people type a card on its pages, it tells the
merchant by signed notifications, again and again until they are acknowledged. Cards decide what happens (`cartes`); its
administration page and its controls delay, repeat, reorder and forge notifications. It never runs in production.
"""
