"""What a figure is written as: a file for each format."""
