"""The benchmark that the performance claims come from: the real server, real sockets, real speech, real time."""
