"""What graphs tell: tables, differences, sweeps, plots."""
