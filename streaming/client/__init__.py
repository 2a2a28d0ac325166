"""A participant as a program: `meeting.Meeting` is what bots are made of (docs/bots.md)."""
