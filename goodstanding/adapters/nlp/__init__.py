"""The first cut of understanding: rules and word lists, no statistics."""
