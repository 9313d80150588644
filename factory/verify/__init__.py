"""Checks of a finished distribution: its bytes, and what its interpreter does when run."""
