"""Write a first spec to edit, with the schema for editors beside it.

archspec init my_vit.yaml                       a small ViT of its own
archspec init my_cvt.yaml --from cvt.yaml#cvt_13     one that extends a spec near it
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from archspec.errors import Problem, SpecError
from archspec.files import write
from archspec.language import load
from archspec.language.schema import schema

MODELINE = "# yaml-language-server: $schema=archspec.schema.json\n"
FIRST = """archspec: 1
name: {name}

params: {{image: 224, patch: 16, dim: 384, depth: 12, heads: 6, classes: 1000}}

inputs:
  image: {{channels: 3, size: $image}}

graph:
  patch_embed: {{block: patch_embed, patch: $patch, dim: $dim}}
  cls:         {{block: class_token}}
  pos_embed:   {{block: position_embedding}}
  blocks:
    block: encoder_layer
    repeat: $depth
    attention: {{block: self_attention, heads: $heads}}
  norm: {{block: layer_norm}}
  pool: {{block: select_token, token: cls}}
  head: {{block: linear, features: $classes}}

outputs: {{logits: head}}

variants:
  {name}_deep: {{params: {{depth: 24}}}}
"""
CHILD = """archspec: 1
name: {name}
extends: {base}

# what it changes: params, nodes by name (null removes one), new nodes with after: or before:
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, help="the spec to write, such as my_vit.yaml")
    parser.add_argument("--from", metavar="SPEC", dest="base", help="the spec to extend, as seen from the new file")


def run(args: argparse.Namespace) -> int:
    file: Path = args.file
    if file.suffix not in (".yaml", ".yml"):
        raise SpecError(Problem("usage", f"{file} is no name of a spec", help=f"call it {file}.yaml"))
    if file.exists():
        raise SpecError(Problem("usage", f"{file} is there already", help="choose another name, or remove it first"))
    name = "".join(char if char.isascii() and (char.isalnum() or char in "_-") else "_" for char in file.stem)
    text = CHILD.format(name=name, base=args.base) if args.base else FIRST.format(name=name)
    write(file, MODELINE + text)
    schema_file = file.parent / "archspec.schema.json"
    if not schema_file.exists():
        write(schema_file, json.dumps(schema(), indent=1, ensure_ascii=False) + "\n")
    graph = load(file)
    print(f"{file}: {graph.cost.params:,} params; next: archspec summary {file}, archspec build {file}")
    return 0
