"""Telephone calls: what the services that bridge them say, and what is said to them."""
