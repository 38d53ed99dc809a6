"""Policy documents, gates, rules and the one pure decision."""
