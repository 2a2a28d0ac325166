"""What a correction does to a line: which words keep their times, where it is cut, what is found in it."""
