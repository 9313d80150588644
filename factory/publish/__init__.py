"""From artifacts on this disk to downloads that others install."""
