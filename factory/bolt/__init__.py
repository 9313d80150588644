"""A program for what BOLT leaves to be done; it runs while an interpreter is made."""
