"""Goodstanding: answers TikTok comments and messages without risking the account, and proves it."""

__version__ = "0.1.0"
