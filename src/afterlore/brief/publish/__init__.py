"""Publish: the ledger, the page made from it, the folder they lie in, and the check that they still hold."""
