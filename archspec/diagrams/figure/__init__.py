"""A figure: all that is drawn, measured and in its place."""
