"""What makes one file a whole Python: the standard library, frozen."""
