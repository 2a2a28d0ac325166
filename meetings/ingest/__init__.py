"""What telephone services ask over HTTP when a call comes in."""
