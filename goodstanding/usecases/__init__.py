"""One module a feature; each owns its transaction."""
