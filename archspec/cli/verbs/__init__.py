"""The verbs of the command line: a file each, with `arguments(parser)` and `run(args) -> exit code`."""
