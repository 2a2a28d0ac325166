"""Programs that take part in meetings, to begin your own from. See `docs/bots.md`."""
