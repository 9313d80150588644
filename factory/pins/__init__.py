"""Newer upstream versions: found, checked, and written into the facts."""
