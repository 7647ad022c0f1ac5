"""The rules of money: what a provider's word changes, how VAT is found, how documents are numbered. Pure."""
