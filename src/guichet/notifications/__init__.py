"""Messages the house sends to people: templates, sending, proof of what was sent.

Words: a *modele* is a template with the data it needs; a *notification* is one message to one person through one
*canal*; a *tentative* is one try to hand it to a provider. In the demo, the *boite* is the mailbox page that shows
what was really sent over SMTP.

A notification is written in the transaction of what caused it, once per `cle`. Sending happens outside any
transaction: the attempt is committed as `en_cours` before it starts. An attempt whose outcome nobody saw becomes
`incertain`, is never repeated by itself, and may be sent again by a person with the same Message-ID.

Messages out: notification.sent, notification.failed.
"""
