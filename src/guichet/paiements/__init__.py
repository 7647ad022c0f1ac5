"""Money: payments through a provider, payments at the counter, refunds, and the documents that prove them.

Words: a *paiement* is what is owed for one opaque `reference`; a *tentative* is one card tried; an *evenement* is what
the provider told, never believed by itself; a *remboursement* is money to give back, the intent written before the
provider is asked; an *operation* is a line of the ledger, made of *ecritures* that cancel out; a *piece* is an accounting
document (recu, facture, avoir), numbered without gaps and sealed; an *encaissement* is money taken at the counter; a
*fournisseur* is a payment provider behind the port; the *bac a sable* is the built-in one, a server of its own.

Nothing here calls a provider inside a transaction: `open_paiement` and `refund_paiement` write what is wanted, a job or
the payment page does it, and what the provider says afterwards is applied under the lock of the payment's row.

Messages out: payment.completed, payment.failed, payment.refunded.
"""
