"""Show the picture of a spec in the browser, and redraw it whenever the spec, or a file it builds on, is saved.

While a file is broken the last good picture stays, with the faulty nodes marked and the diagnostics beside it. The page
is for this machine alone (127.0.0.1); Ctrl-C ends it.
"""

from __future__ import annotations

import argparse
import signal
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager

from archspec.cli.arguments import spec_arguments
from archspec.errors import Problem, SpecError
from archspec.language import open_spec
from archspec.serve import Preview, Server

PORT = 8477


def arguments(parser: argparse.ArgumentParser) -> None:
    spec_arguments(parser)
    parser.add_argument(
        "--port", type=int, help=f"by default {PORT}, or a free one where that is taken; 0 is a free one"
    )
    parser.add_argument("--no-open", action="store_true", help="do not open the browser")


def run(args: argparse.Namespace) -> int:
    preview = Preview(args.spec if not args.variant else f"{args.spec.partition('#')[0]}#{args.variant}", args.settings,
                      args.allow_python)  # fmt: skip
    check_there(preview.spec)
    with _server(preview, args.port) as server, _until_stopped():
        print(f"{args.spec} is shown on {server.url} – Ctrl-C ends it", flush=True)
        if not args.no_open:
            webbrowser.open(server.url)
        server.serve_forever()
    return 0


def check_there(spec: str) -> None:
    """Raise SpecError where there is no such file; one with problems is shown with them."""
    try:
        open_spec(spec)
    except SpecError as error:
        if error.problems[0].code == "file-missing" and not error.problems[0].mark:
            raise


@contextmanager
def _until_stopped() -> Iterator[None]:
    """Ctrl-C and SIGTERM leave the block and end the run well.

    Where a shell starts a program in the background, SIGINT is ignored, and SIGTERM is the one way to stop it.
    """
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        print()
    finally:
        signal.signal(signal.SIGTERM, before)


def _server(preview: Preview, port: int | None) -> Server:
    """The server on a port; without one, on the usual port or, where that is taken, on a free one."""
    try:
        return Server(preview, PORT if port is None else port)
    except (OSError, OverflowError) as error:
        if port is None:
            return Server(preview)
        message = f"port {port} cannot be had: {getattr(error, 'strerror', None) or error}".lower()
        raise SpecError(Problem("usage", message, help="--port 0 takes a free one")) from None
