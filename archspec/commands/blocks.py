"""List the blocks, or show one: what it is, its ports, its fields."""

from __future__ import annotations

import argparse
import json
from typing import Any

from archspec.block import Block, ports_of
from archspec.commands import output_arguments
from archspec.complaint import show, wanted
from archspec.errors import Problem, SpecError, nearest
from archspec.fields import described
from archspec.vocabulary import Vocabulary


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("word", nargs="?", help="a block; without it all are listed")
    output_arguments(parser)


def run(args: argparse.Namespace) -> int:
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
            "doc": described(block, name),
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
