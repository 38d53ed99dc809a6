"""Pages, forms and the webhook door."""
