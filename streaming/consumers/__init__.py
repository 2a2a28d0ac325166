"""The edge: sockets to messages and back. No ORM, no signal processing, no decisions."""
