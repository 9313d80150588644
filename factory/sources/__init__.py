"""Pinned sources: where their bytes come from, and the store that keeps them."""
