"""What an edit did: two shaped graphs compared – nodes, shapes, costs, and how many of A's weights fit B."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any

from archspec.analysis.report import giga, text
from archspec.graph.block import Block, Ref
from archspec.graph.node import Graph, Node
from archspec.graph.repeat import Repeat
from archspec.graph.shape import Shape
from archspec.language.spec import show_value
from archspec.language.wiring import Definition

FORMATS = ("text", "md")
Entry = dict[str, Any]  # a node as plain data: its block, its fields, and what it reads
Flat = dict[str, Entry]  # an author's nodes by path, those of blocks written in YAML included


@dataclass(frozen=True, eq=False)
class Diff:
    """The difference from graph A to graph B; false where there is none. `str()` is a text of it."""

    a: Graph
    b: Graph

    @cached_property
    def _before(self) -> dict[str, Any]:
        return described(self.a)

    @cached_property
    def _after(self) -> dict[str, Any]:
        return described(self.b)

    def __bool__(self) -> bool:
        return self._before != self._after or self.a.cost != self.b.cost

    @cached_property
    def removed(self) -> Flat:
        """Nodes of A alone."""
        return {path: entry for path, entry in self._before["nodes"].items() if path not in self._after["nodes"]}

    @cached_property
    def added(self) -> Flat:
        """Nodes of B alone."""
        return {path: entry for path, entry in self._after["nodes"].items() if path not in self._before["nodes"]}

    @cached_property
    def changed(self) -> dict[str, dict[str, tuple[Any, Any]]]:
        """By path and field: what it was and what it is; None where a side has no such field."""
        before, after = self._before["nodes"], self._after["nodes"]
        return {
            path: _fields(before[path], after[path]) for path in before if path in after and before[path] != after[path]
        }

    @cached_property
    def moved(self) -> dict[str, str]:
        """From a path of A to one of B: the same node elsewhere or under another name; to itself: in another order."""
        found: dict[str, str] = {}
        free: dict[str, list[str]] = {}
        for path, entry in self.added.items():
            free.setdefault(_itself(entry), []).append(path)
        for path, entry in self.removed.items():
            if same := free.get(_itself(entry)):
                name = path.rpartition(".")[2]
                found[path] = next((there for there in same if there.rpartition(".")[2] == name), same[0])
                same.remove(found[path])
        common = [path for path in self._before["nodes"] if path in self._after["nodes"]]
        places = {path: place for place, path in enumerate(self._after["nodes"])}
        for _, level in groupby(sorted(common, key=_level), key=_level):
            siblings = sorted(level, key=common.index)
            found |= {path: path for path in _out_of_order(siblings, [places[path] for path in siblings])}
        return found

    @cached_property
    def shapes(self) -> dict[str, tuple[str, str]]:
        """Nodes and inputs of both sides that give another shape."""
        before, after = _shapes(self.a), _shapes(self.b)
        return {path: (before[path], after[path]) for path in before if path in after and before[path] != after[path]}

    @cached_property
    def fitting(self) -> tuple[int, int]:
        """How many of A's parameters load into B by path and shape – a leaf's all or none –, and how many A has."""
        there = {path: _weights(graph, node) for path, graph, node in _leaves(self.b)}
        mine = [(path, node.cost.params, _weights(graph, node)) for path, graph, node in _leaves(self.a)]
        return sum(params for path, params, weights in mine if there.get(path) == weights), sum(p for _, p, _ in mine)

    def json(self) -> dict[str, Any]:
        """Everything as plain data; B's description is A's with this applied."""
        before, after = self._before, self._after
        fit, total = self.fitting
        return {
            "equal": not self,
            "a": _head(self.a),
            "b": _head(self.b),
            "inputs": _fields(before["inputs"], after["inputs"]),
            "outputs": _fields(before["outputs"], after["outputs"]),
            "added": self.added,
            "removed": self.removed,
            "changed": self.changed,
            "moved": self.moved,
            "order": list(after["nodes"]),
            "shapes": self.shapes,
            "params": [self.a.cost.params, self.b.cost.params],
            "macs": [self.a.cost.macs, self.b.cost.macs],
            "weights": {"fit": fit, "of": total, "share": fit / total if total else 1.0},
        }

    def text(self, format: str = "text") -> str:
        """The difference for a reader, as text or Markdown."""
        sections = [(title, list(lines)) for title, lines in self._sections()]
        title = f"{_name(self.a)} → {_name(self.b)}"
        if format == "md":
            parts = [f"## {title}", *(f"### {head}\n\n" + "\n".join(f"- {_md(line)}" for line in lines)
                                      for head, lines in sections if lines)]  # fmt: skip
            return "\n\n".join(parts) + "\n"
        parts = [title, *(f"{head}\n" + "\n".join(_columns(lines)) for head, lines in sections if lines)]
        return "\n\n".join(parts) + "\n"

    def __str__(self) -> str:
        return self.text()

    def _sections(self) -> Iterator[tuple[str, Iterable[tuple[str, ...]]]]:
        if not self:
            yield "no difference", [("the two graphs are the same, node by node",)]
            return
        gone = {path for path, there in self.moved.items() if path != there}
        come = {there for path, there in self.moved.items() if path != there}
        fit, total = self.fitting
        share = f"{fit / total:.1%}" if total else "all"
        yield (
            "totals",
            [
                ("params", _delta(self.a.cost.params, self.b.cost.params, "{:,}".format)),
                ("MACs", _delta(self.a.cost.macs, self.b.cost.macs, giga)),
                ("weights", f"{share} of A's parameters load into B by name and shape ({fit:,} of {total:,})"),
            ],
        )
        before, after = self._before, self._after
        both = [("input", before["inputs"], after["inputs"]), ("output", before["outputs"], after["outputs"])]
        yield (
            "inputs and outputs",
            [
                (f"{kind} {name}", f"{_said(old)} → {_said(new)}")
                for kind, old_, new_ in both
                for name, (old, new) in _fields(old_, new_).items()
            ],
        )
        yield "added", _folded((f"+ {path}", *_told(entry)) for path, entry in _tops(self.added, come))
        yield "removed", _folded((f"- {path}", *_told(entry)) for path, entry in _tops(self.removed, gone))
        yield (
            "moved",
            [(path, f"now {there}" if path != there else self._place(path)) for path, there in self.moved.items()],
        )
        yield "changed", _folded(self.changes())
        yield "shapes", _folded((path, f"{old} → {new}") for path, (old, new) in self.shapes.items())

    def changes(self) -> Iterator[tuple[str, str]]:
        """By path, a line for each field that changed; not what only follows from a neighbour that came or went."""
        for path, fields in self.changed.items():
            for field, (old, new) in fields.items():
                if (field == "block" or "block" not in fields) and not self._follows(path, field, old, new):
                    yield path, f"{field}: {_said(old)} → {_said(new)}"

    def _place(self, path: str) -> str:
        read = self._after["nodes"][path]["reads"]
        return f"now behind {', '.join(read)}" if read else "in another order"

    def _follows(self, path: str, field: str, old: Any, new: Any) -> bool:
        """Whether a node reads elsewhere only because a neighbour came, went or moved."""
        if field != "reads":
            return False
        level = _level(path)
        news = {*self.added, *self.removed, *self.moved, *self.moved.values()}
        return path in news or any(
            f"{level}.{source.partition('.')[0]}".lstrip(".") in news for source in {*old} ^ {*new}
        )


def diff(a: Graph, b: Graph) -> Diff:
    """The difference between two shaped graphs: `print(archspec.diff(load("cvt_13"), load("cvt_21")))`."""
    return Diff(a, b)


def described(graph: Graph) -> dict[str, Any]:
    """A graph as plain data: inputs, outputs, and every node that its author wrote."""
    inputs = {name: str(shape) for name, shape in graph.inputs.items()}
    outputs = {title: _source(graph, ref) for title, ref in graph.outputs.items()}
    train = {f"train.{title}": _source(graph, ref) for title, ref in (graph.train_outputs or {}).items()}
    return {"inputs": inputs, "nodes": dict(_nodes(graph, "")), "outputs": {**outputs, **train}}


def _nodes(graph: Graph, path: str) -> Iterator[tuple[str, Entry]]:
    for name, node in graph.nodes.items():
        here = f"{path}{name}"
        entry: Entry = {**_block(node.block), "reads": [_source(graph, ref) for ref in node.inputs]}
        if node.share:
            entry["share"] = node.share
        yield here, entry
        yield from _inside(node, here)


def _inside(node: Node, path: str) -> Iterator[tuple[str, Entry]]:
    """The graph of a block written in YAML; what a Python block consists of is said by its fields."""
    if node.body and isinstance(node.block, Definition):
        yield from _nodes(node.body, f"{path}.")
    elif node.body and isinstance(node.block, Repeat):
        for name, inner in node.body.nodes.items():
            yield from _inside(inner, f"{path}.{name}")


def _block(block: Block) -> Entry:
    """A block as its author writes it; of a repeat, a list of the values where they differ."""
    if not isinstance(block, Repeat):
        return {"block": block.word, **{name: _plain(value) for name, value in block}}
    each = [_block(part) for part in block.blocks]
    fields = dict.fromkeys(name for part in each for name in part)
    values = {name: [part.get(name) for part in each] for name in fields}
    alike = {name: found[0] if all(value == found[0] for value in found) else found for name, found in values.items()}
    return {**alike, "repeat": len(each)}


def _plain(value: Any) -> Any:
    if isinstance(value, Block):
        return _block(value)
    return [_plain(item) for item in value] if isinstance(value, tuple | list) else value


def _source(graph: Graph, ref: Ref) -> str:
    titles = graph.nodes[ref.node].block.output_names() if ref.node in graph.nodes else ()
    return f"{ref.node}.{titles[ref.port]}" if titles else ref.node


def _fields(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Keys whose values differ, those inside slots by dotted path where the block stays the same."""
    found: dict[str, tuple[Any, Any]] = {}
    for name in dict.fromkeys((*before, *after)):
        old, new = before.get(name), after.get(name)
        if isinstance(old, dict) and isinstance(new, dict) and old.get("block") == new.get("block"):
            found |= {f"{name}.{field}": pair for field, pair in _fields(old, new).items()}
        elif old != new:
            found[name] = (old, new)
    return found


def _itself(entry: Entry) -> str:
    """What makes a node the same one elsewhere: all but what it reads."""
    return json.dumps({name: value for name, value in entry.items() if name != "reads"}, sort_keys=True)


def _level(path: str) -> str:
    return path.rpartition(".")[0]


def _out_of_order(names: Sequence[str], places: Sequence[int]) -> list[str]:
    """The fewest names whose going leaves the others in rising order: all but a longest rising run."""
    ends: list[int] = []  # by length of a run: where the one that ends lowest ends
    before: list[int | None] = []
    for at, place in enumerate(places):
        length = bisect_left(ends, place, key=places.__getitem__)
        before.append(ends[length - 1] if length else None)
        ends[length : length + 1] = [at]
    kept: set[int] = set()
    at_end = ends[-1] if ends else None
    while at_end is not None:
        kept.add(at_end)
        at_end = before[at_end]
    return [name for at, name in enumerate(names) if at not in kept]


def _shapes(graph: Graph) -> dict[str, str]:
    """What the inputs and the author's nodes give."""
    return {**{name: text(shape) for name, shape in graph.inputs.items()}, **dict(_gives(graph, ""))}


def _gives(graph: Graph, path: str) -> Iterator[tuple[str, str]]:
    for name, node in graph.nodes.items():
        yield f"{path}{name}", text(*node.outputs)
        if node.body and isinstance(node.block, Definition):
            yield from _gives(node.body, f"{path}{name}.")


def _leaves(graph: Graph, path: str = "") -> Iterator[tuple[str, Graph, Node]]:
    """The nodes that hold parameters themselves, with the graph around each."""
    for name, node in graph.nodes.items():
        if node.body and not node.share:
            yield from _leaves(node.body, f"{path}{name}.")
        elif node.cost.params:
            yield f"{path}{name}", graph, node


def _weights(graph: Graph, node: Node) -> tuple[Any, ...]:
    """What decides the shapes of a leaf's weights: the op, how many, its widths, kernel and groups."""
    widths = [_width(graph.shape(ref)) for ref in node.inputs]
    form = [getattr(node.block, name, None) for name in ("kernel", "groups", "bias")]
    return (node.block.word, node.cost.params, widths, [_width(shape) for shape in node.outputs], form)


def _width(shape: Shape) -> int:
    """Channels."""
    return int(getattr(shape, "c", 0))


def _tops(entries: Flat, but: set[str]) -> Iterator[tuple[str, Entry]]:
    """Nodes without those inside another of them, and without the ones told elsewhere."""
    for path, entry in entries.items():
        above = path
        while above := _level(above):
            if above in entries:
                break
        if not above and path not in but:
            yield path, entry


def _told(entry: Entry) -> tuple[str, str]:
    """A node in short: its block, and what it reads."""
    times = f" ×{entry['repeat']}" if "repeat" in entry else ""
    return f"{_said(entry['block'])}{times}", f"reads {', '.join(entry['reads'])}" if entry["reads"] else "a source"


def _said(value: Any) -> str:
    if isinstance(value, dict) and "block" in value:
        return str(value["block"])
    if isinstance(value, list) and len(value) > 4:
        return f"[{_said(value[0])}, {_said(value[1])}, … {_said(value[-1])}]"
    if isinstance(value, list):
        return f"[{', '.join(map(_said, value))}]"
    if isinstance(value, float):
        return f"{value:.6g}"
    return value if isinstance(value, str) else "nothing" if value is None else show_value(value)


def _folded(rows: Iterable[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    """Rows that differ in one number of their path, and in nothing else, as one: `stage.0…11.norm`."""
    groups: dict[tuple[Any, ...], list[str]] = {}
    for path, *rest in rows:
        shape = tuple("#" if word.isdecimal() else word for word in path.split("."))
        groups.setdefault((shape, *rest), []).append(path)
    for (_, *rest), paths in groups.items():
        first, last = paths[0].split("."), paths[-1].split(".")
        name = ".".join(a if a == b else f"{a}…{b}" for a, b in zip(first, last, strict=True))
        yield name, *rest


def _columns(rows: list[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(len(row[column]) for row in rows if len(row) > column) for column in range(max(map(len, rows)))]
    for row in rows:
        yield "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)).rstrip()


def _md(row: tuple[str, ...]) -> str:
    return f"`{row[0]}`" + (f": {', '.join(row[1:])}" if row[1:] else "")


def _delta(old: int, new: int, show: Any) -> str:
    if old == new:
        return f"{show(old)}, unchanged"
    sign = "+" if new > old else "−"
    ratio = f" ({sign}{abs(new - old) / old:.1%})" if old else ""
    return f"{show(old)} → {show(new)}, {sign}{show(abs(new - old))}{ratio}"


def _name(graph: Graph) -> str:
    return graph.origin.label if graph.origin else "graph"


def _head(graph: Graph) -> dict[str, Any]:
    origin = graph.origin
    return {key: getattr(origin, key, None) for key in ("file", "name", "variant", "hash")}
