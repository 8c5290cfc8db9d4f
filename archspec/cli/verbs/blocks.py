"""List the blocks, or show one: what it is, its ports, its fields.

archspec blocks
archspec blocks conv_attention
archspec blocks check my_blocks.py      run a file's blocks on their own examples, with torch as the judge
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from archspec.analysis import aligned
from archspec.cli.arguments import output_arguments, refuse
from archspec.errors import Problem, Source, SpecError, nearest
from archspec.graph import Block, ports_of
from archspec.language import document
from archspec.language.spec import docstring_of, show, validate_library, wanted
from archspec.language.words import Vocabulary, blocks_of_file


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("word", nargs="?", help="a block; without it all are listed")
    parser.add_argument("file", nargs="?", type=Path, help="behind check: a Python file or a YAML file of blocks")
    output_arguments(parser)


def run(args: argparse.Namespace) -> int:
    if args.file and args.word != "check":
        refuse(f"{args.file} is one word too many: archspec blocks WORD, or archspec blocks check FILE")
    if args.word == "check" and args.file:
        return _check(args.file, as_json=args.json)
    vocabulary = Vocabulary()
    if args.word is None:
        answer: Any = {word: gist(vocabulary[word]) for word in vocabulary}
        text = "\n".join(aligned(answer.items()))
    elif args.word in vocabulary:
        answer = description(vocabulary[args.word])
        text = _page(answer)
    else:
        near = nearest(args.word, vocabulary) or "`archspec blocks` lists them"
        raise SpecError(Problem("unknown-block", f"no block is called {args.word}", help=near))
    print(json.dumps(answer, indent=2) if args.json else text)
    return 0


def _check(file: Path, *, as_json: bool) -> int:
    """Check a file's blocks against the laws of the package's own blocks; print each law that is broken."""
    if file.suffix != ".py":
        words = validate_library(document.parse(document.read(file))).blocks
        faults: dict[str, list[str]] = {word: [] for word in words}
    else:
        from archspec.compiler.laws import broken

        leaf = document.value(Source("archspec blocks check", str(file)))
        assert isinstance(leaf, document.Leaf)
        blocks = blocks_of_file(file, leaf, allow_python=True)
        faults = {word: list(broken(block)) for word, block in blocks.items()}
    if as_json:
        print(json.dumps(faults, indent=2))
    else:
        print("\n".join(f"{word}: {line}" for word, lines in faults.items() for line in lines or ["fine"]))
    return 1 if any(faults.values()) else 0


def gist(block: type[Block]) -> str:
    """The first sentence of a block's docstring."""
    return (block.__doc__ or "").strip().splitlines()[0]


def description(block: type[Block]) -> dict[str, Any]:
    """A block as data: its role, ports, outputs and fields."""
    fields = {}
    for name, field in block.model_fields.items():
        kind = "a block" if name in block.slots() else wanted(field.annotation, tuple(field.metadata))
        fields[name] = {
            "takes": kind,
            "required": field.is_required(),
            "default": None if field.is_required() else _default(field.default),
            "doc": docstring_of(block, name),
        }
    return {
        "block": block.word,
        "doc": (block.__doc__ or "").strip(),
        "role": block.role,
        "ports": {port.name + ("…" if port.variadic else ""): port.wants for port in ports_of(block)},
        "outputs": list(block.outputs),
        "fields": fields,
    }


def _default(value: Any) -> Any:
    if isinstance(value, Block):
        return value.word
    return list(value) if isinstance(value, tuple) else value


def _page(block: dict[str, Any]) -> str:
    """A description as text."""
    lines = [block["block"], "", block["doc"], ""]
    reads = [f"{name} ({kind})" for name, kind in block["ports"].items()]
    lines.append(f"reads    {', '.join(reads) or 'nothing: a source'}")
    if block["outputs"]:
        lines.append(f"gives    {', '.join(block['outputs'])}")
    lines += [f"role     {block['role']}", ""]
    for name, field in block["fields"].items():
        need = "required" if field["required"] else f"default {show(field['default'])}".replace("'", "")
        lines.append(f"  {name}: {field['takes']} ({need})")
        lines += [f"      {line}" for line in (field["doc"] or "").splitlines()]
    return "\n".join(lines)
