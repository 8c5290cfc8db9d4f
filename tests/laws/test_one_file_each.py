"""A new block, op, verb, format or rewrite is one file (an op with a module of its own: two, of the same name).

Each is written into a copy of the tree, and is there, and obeys the laws: nothing else is edited. That a source of
weights is one file is shown by `test_weights_source.py`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package, the specs and the laws, with one new file of each kind."""
    folder = tmp_path_factory.mktemp("tree")
    for name in (
        "archspec",
        "specs",
        "tests/graph",
        "tests/laws",
        "tests/support",
        "tests/conftest.py",
        "pyproject.toml",
    ):
        source, target = ROOT / name, folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    for name, text in NEW.items():
        file = folder / "archspec" / name
        assert not file.exists()
        file.write_text(dedent(text).lstrip(), encoding="utf-8")
    return folder


NEW = {
    "blocks/bottleneck.py": '''
        from typing import ClassVar

        from archspec.graph import Composite, Scope, Size, Tokens, Value
        from archspec.ops.linear import Linear


        class Bottleneck(Composite):
            """Down to a narrow width, and up again."""

            role: ClassVar[str] = "mlp"
            examples: ClassVar = [({"narrow": 2}, Tokens(5, 8))]

            narrow: Size
            """The width between."""

            def expand(self, scope: Scope, x: Value[Tokens]) -> Value[Tokens]:
                y = scope("down", Linear(features=self.narrow), x)
                return scope("up", Linear(features=x.shape.c), y)
        ''',
    "ops/gain.py": '''
        """One learned factor for the whole input."""

        from typing import TYPE_CHECKING, ClassVar

        from archspec.graph import Cost, Op, Tokens

        if TYPE_CHECKING:
            from torch import nn


        class Gain(Op):
            """Multiplies by one learned number."""

            role: ClassVar[str] = "scale"
            examples: ClassVar = [({}, Tokens(5, 4))]

            def infer(self, x: Tokens) -> Tokens:
                return x

            def cost(self, x: Tokens) -> Cost:
                return Cost(params=1)

            def build(self, x: Tokens) -> "nn.Module":
                from archspec.ops.layers.gain import Gain

                return Gain()
        ''',
    "ops/layers/gain.py": '''
        """One learned factor for the whole input."""

        import torch
        from torch import Tensor, nn


        class Gain(nn.Module):
            """x · g, with one learned g that begins at 1."""

            def __init__(self) -> None:
                super().__init__()
                self.gain = nn.Parameter(torch.empty(()))

            def reset_parameters(self) -> None:
                nn.init.ones_(self.gain)

            def forward(self, x: Tensor) -> Tensor:
                return x * self.gain
        ''',
    "cli/verbs/count.py": '''
        """Print how many nodes a spec has at its top level."""

        import argparse

        from archspec.language import load


        def arguments(parser: argparse.ArgumentParser) -> None:
            parser.add_argument("spec")


        def run(args: argparse.Namespace) -> int:
            print(len(load(args.spec).nodes))
            return 0
        ''',
    "diagrams/formats/outline.py": '''
        """View → an indented list of names."""

        from __future__ import annotations

        from typing import TYPE_CHECKING

        from archspec.diagrams.format import Format

        if TYPE_CHECKING:
            from archspec.diagrams.picture import Picture


        def write(picture: Picture) -> str:
            return "".join(f"{name}\\n" for name in picture.level.boxes)


        FORMAT = Format(write, frozenset({"boxes"}), ("out",))
        ''',
    "compiler/rewrites/zz_single_add.py": '''
        """The mean of one value is that value."""

        from archspec.compiler.rewrites import Level, Rewrite, at_each_level
        from archspec.graph import Ref, Tokens
        from archspec.ops.merge import Mean


        def drop(level: Level) -> None:
            for node in list(level.nodes.values()):
                if isinstance(node.block, Mean) and len(node.inputs) == 1:
                    level.redirect(Ref(node.name), node.inputs[0])
                    level.remove(node)
                    level.record(node, "the mean of one value")


        REWRITE = Rewrite("exact", "drop", at_each_level(drop), (Mean(), (Tokens(3, 4),)))
        ''',
}


def run(tree: Path, *words: str) -> str:
    """What a Python process in the copy prints; it must end well."""
    environment = {**os.environ, "PYTHONPATH": str(tree)}
    done = subprocess.run(
        [sys.executable, *words], cwd=tree, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("word", ["bottleneck", "gain"])
def test_a_block_and_an_op_are_words_that_obey_the_laws(tree: Path, word: str) -> None:
    code = f"""
from archspec.compiler.laws import broken
from archspec.language.words import Vocabulary
block = Vocabulary()[{word!r}]
assert block.examples and not list(broken(block)), list(broken(block))
print(block.word, *Vocabulary())
"""
    assert run(tree, "-c", code).split().count(word) == 2
    assert word in run(tree, "-m", "archspec.cli", "blocks")


def test_a_verb_is_found_and_helps(tree: Path) -> None:
    assert "Print how many nodes" in run(tree, "-m", "archspec.cli", "--help")
    assert int(run(tree, "-m", "archspec.cli", "count", "specs/vit.yaml")) > 3


def test_a_format_is_found_by_its_name_and_its_suffix(tree: Path) -> None:
    by_name = run(tree, "-m", "archspec.cli", "render", "specs/vit.yaml", "--format", "outline")
    run(tree, "-m", "archspec.cli", "render", "specs/vit.yaml", "-o", "vit.out")
    assert "patch_embed\n" in by_name and (tree / "vit.out").read_text() == by_name


def test_a_rewrite_is_found_and_held_to_its_law(tree: Path) -> None:
    chosen = "own_example and zz_single_add"
    report = run(tree, "-m", "pytest", "-p", "no:cacheprovider", "-n0", "tests/laws/test_rewrites.py", "-k", chosen)
    assert "1 passed" in report
