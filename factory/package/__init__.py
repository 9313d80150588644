"""From the outputs of a plan to what users download."""
