"""The blocks of a Python file that a spec names under `use`. It runs only where the reader allows it."""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from archspec.errors import Problem, SpecError
from archspec.graph.block import Block
from archspec.language.document import Leaf, note
from archspec.language.words.vocabulary import Vocabulary, blocks_in, completed


def blocks_of_file(file: Path, leaf: Leaf, allow_python: bool) -> dict[str, type[Block]]:
    """The blocks that a file defines, by word. Raises SpecError, also where `allow_python` is false."""
    from hashlib import sha256  # loads OpenSSL, which most specs do not need

    note(file)
    if not allow_python:
        message = f"this spec brings Python code, {file}, which is not run unasked"
        raise SpecError(Problem("python", message, leaf.mark, "use", help="look at it, then say --allow-python"))
    if file.suffix != ".py" or not file.is_file():
        raise SpecError(Problem("file-missing", f"there is no Python file {file}", leaf.mark, "use"))
    # The module is kept under a name of its own, so that pickled models find their classes in this process again.
    name = f"archspec_use_{file.stem}_{sha256(str(file.resolve()).encode() + file.read_bytes()).hexdigest()[:12]}"
    if name not in sys.modules:
        spec = spec_from_file_location(name, file)
        assert spec and spec.loader
        module = sys.modules[name] = module_from_spec(spec)
        try:
            spec.loader.exec_module(module)
        except Exception as error:
            del sys.modules[name]
            message = f"{file} does not run: {type(error).__name__}: {error}"
            raise SpecError(Problem("python", message, leaf.mark, "use")) from error
    blocks = {word: completed(block) for word, block in blocks_in(sys.modules[name]).items()}
    known = Vocabulary()
    for word in blocks:
        if known.taken(word):
            message = f"{file} defines {word}, which is a block of the package already"
            raise SpecError(Problem("name", message, leaf.mark, "use"))
    if not blocks:
        raise SpecError(Problem("python", f"{file} defines no block: no subclass of Op or Composite", leaf.mark, "use"))
    return blocks
