"""Numbers against implementations that we did not write."""
