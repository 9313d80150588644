"""Where commands run: on this machine, or in containers. `base` says what both must do."""
