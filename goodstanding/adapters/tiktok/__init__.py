"""TikTok's wire format, signature and calls."""
