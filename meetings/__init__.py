"""The stored half of Colloquy: meetings, who may reach them, and everything that outlives a connection."""
