"""Samples in, samples out: numpy and the standard library only."""
