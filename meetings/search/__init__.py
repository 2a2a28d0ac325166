"""Search across transcripts: one interface, over FTS5 on SQLite and full text search on PostgreSQL."""
