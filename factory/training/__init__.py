"""What the interpreter runs while its branches are counted; recipes/training.py starts it."""
