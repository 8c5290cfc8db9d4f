"""Where it stands."""
