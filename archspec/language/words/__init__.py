"""The words after `block:`, and where they come from."""
