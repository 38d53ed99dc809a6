"""Shipped policies, templates and platform rules: versioned data, each number with its source and date."""
