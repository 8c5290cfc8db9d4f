"""How it looks: colours, sizes, fonts."""
