"""Master key, wrapped subject keys, vault and signing key."""
