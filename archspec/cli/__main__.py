"""`python -m archspec.cli`: the command, where it is not on the path."""

import sys

from archspec.cli import main

sys.exit(main())
