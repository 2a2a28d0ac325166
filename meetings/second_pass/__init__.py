"""After the meeting: what was recorded is heard again, with more time and more of what stands around it."""
