"""A document's structure, validated."""
