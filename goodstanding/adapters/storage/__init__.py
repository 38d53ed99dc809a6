"""SQLite and Postgres behind one port."""
