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

from archspec.cli.arguments import output_arguments
from archspec.errors import Problem, Source, SpecError, nearest
from archspec.graph.block import Block, ports_of
from archspec.language import document
from archspec.language.spec import docstring_of, show, validate_library, wanted
from archspec.language.words.plugins import blocks_of_file
from archspec.language.words.vocabulary import Vocabulary


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("word", nargs="?", help="a block; without it all are listed")
    parser.add_argument("file", nargs="?", type=Path, help="behind check: a Python file or a YAML file of blocks")
    output_arguments(parser)


def run(args: argparse.Namespace) -> int:
    if args.file and args.word != "check":
        raise SystemExit(
            f"archspec: {args.file} is one word too many: archspec blocks WORD, or archspec blocks check FILE"
        )
    if args.word == "check" and args.file:
        return _check(args.file, as_json=args.json)
    vocabulary = Vocabulary()
    if args.word is None:
        told: Any = {word: gist(vocabulary[word]) for word in vocabulary}
        width = max(map(len, told))
        text = "\n".join(f"{word:{width}}  {line}" for word, line in told.items())
    elif args.word in vocabulary:
        told = description(vocabulary[args.word])
        text = _page(told)
    else:
        near = nearest(args.word, vocabulary) or "`archspec blocks` lists them"
        raise SpecError(Problem("unknown-block", f"no block is called {args.word}", help=near))
    print(json.dumps(told, indent=2) if args.json else text)
    return 0


def _check(file: Path, *, as_json: bool) -> int:
    """Hold a file's blocks to the laws that ours obey; a sentence for each that is broken."""
    if file.suffix != ".py":
        words = validate_library(document.parse(document.read(file))).blocks
        found: dict[str, list[str]] = {word: [] for word in words}
    else:
        from archspec.compiler.laws import broken

        leaf = document.value(Source("archspec blocks check", str(file)))
        assert isinstance(leaf, document.Leaf)
        blocks = blocks_of_file(file, leaf, allow_python=True)
        found = {word: list(broken(block)) for word, block in blocks.items()}
    if as_json:
        print(json.dumps(found, indent=2))
    else:
        print("\n".join(f"{word}: {fault}" for word, faults in found.items() for fault in faults or ["fine"]))
    return 1 if any(found.values()) else 0


def gist(block: type[Block]) -> str:
    """The first sentence of a block's docstring."""
    return (block.__doc__ or "").strip().splitlines()[0]


def description(block: type[Block]) -> dict[str, Any]:
    """What a block is, as data: role, ports, outputs, fields."""
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


def _page(told: dict[str, Any]) -> str:
    lines = [told["block"], "", told["doc"], ""]
    reads = [f"{name} ({kind})" for name, kind in told["ports"].items()]
    lines.append(f"reads    {', '.join(reads) or 'nothing: a source'}")
    if told["outputs"]:
        lines.append(f"gives    {', '.join(told['outputs'])}")
    lines += [f"role     {told['role']}", ""]
    for name, field in told["fields"].items():
        need = "required" if field["required"] else f"default {show(field['default'])}".replace("'", "")
        lines.append(f"  {name}: {field['takes']} ({need})")
        lines += [f"      {line}" for line in (field["doc"] or "").splitlines()]
    return "\n".join(lines)
