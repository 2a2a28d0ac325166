"""Speech-to-text engines behind one interface, and the processes that keep them away from the event loop."""
