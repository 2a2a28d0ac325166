"""Recorded audio: which samples may be kept, the files that hold them, and what is made of these after the meeting."""
