"""A participant as a program: joins a meeting, sends audio that it keeps until it is settled, receives captions."""
