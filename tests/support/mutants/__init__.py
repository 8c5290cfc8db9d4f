"""Mutants of the package's source, and the run of the suite against each: `tools/mutants` counts which are killed."""
