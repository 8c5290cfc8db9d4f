"""A mutant: one small fault in one function, and how to put it into the running process."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FunctionType

ROOT = Path(__file__).parents[3]


@dataclass(frozen=True)
class Mutant:
    """A fault in the function whose first line is `first` of a file (by its path below the root)."""

    file: str
    function: str
    """The qualified name."""
    first: int
    line: int
    what: str
    source: str
    """The whole file with the fault in it."""

    @property
    def name(self) -> str:
        return f"{self.file}:{self.line} {self.function}: {self.what}"

    def apply(self) -> None:
        """Give every function object of the process that has this code the faulty code."""
        faulty = {code.co_qualname: code for code in _codes(compile(self.source, str(ROOT / self.file), "exec"))
                  if code.co_firstlineno == self.first}[self.function]  # fmt: skip
        targets = [
            item for item in gc.get_objects()
            if isinstance(item, FunctionType) and item.__code__.co_filename == faulty.co_filename
            and (item.__code__.co_qualname, item.__code__.co_firstlineno) == (self.function, self.first)
        ]  # fmt: skip
        if not targets:
            raise LookupError(f"no function of the process is {self.name}")
        for target in targets:
            target.__code__ = faulty

    def write(self, root: Path) -> None:
        """Put the faulty file into a copy of the tree."""
        (root / self.file).write_text(self.source, encoding="utf-8")


@dataclass(frozen=True)
class Kill:
    """A fault in an op or a layer as a whole, put in after the code of its module by a text of Python.

    `file` and `function` are those of the code that tests call.
    """

    module: str
    file: str
    function: str
    what: str
    patch: str

    @property
    def name(self) -> str:
        return f"{self.file} {self.function}: {self.what}"

    def apply(self) -> None:
        """Run the patch in the module's namespace."""
        exec(compile(self.patch, f"<{self.name}>", "exec"), vars(sys.modules[self.module]))

    def write(self, root: Path) -> None:
        """Append the patch to the file of a copy of the tree."""
        path = root.joinpath(*self.module.split(".")).with_suffix(".py")
        path.write_text(path.read_text(encoding="utf-8") + "\n\n" + self.patch, encoding="utf-8")


def _codes(code: CodeType) -> Iterator[CodeType]:
    """A code object and those of all functions in it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)
