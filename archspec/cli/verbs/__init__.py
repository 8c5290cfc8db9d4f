"""The verbs of the command line: a file each, with `arguments(parser)` and `run(args) -> exit code`.

The first line of a verb's docstring stands in `archspec --help`, the whole of it in `archspec VERB --help`.
"""
