"""One voice heard by two microphones yields one line: whose voice a microphone hears. Pure: numpy, no clock, no I/O."""
