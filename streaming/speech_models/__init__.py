"""Where speech models come from: a directory, the cache, a package archive or an address, always verified."""
