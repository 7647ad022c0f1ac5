"""Random histories: what many do at once to a house whose processes die, and what must be true when it is over.

`monde` builds a small network; `modele` draws what each client does next, from a seed; `client` is one of several
processes that do it over HTTP and write down what they were told (`journal`); `tourmente` kills the web, the worker, the
relay and the database meanwhile, and moves the clock; `etat` reads what is left; `invariants` says what is wrong with it.
Each invariant has a `mutant` that breaks it, so that its silence means something.

`python -m tests.histoires --graine 7 --duree 60` runs one alone.
"""
