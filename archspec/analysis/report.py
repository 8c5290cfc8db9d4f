"""Shaped graph → table or JSON: what each node gives and costs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from archspec.graph.block import Block
from archspec.graph.node import Graph, Node
from archspec.graph.repeat import Repeat
from archspec.graph.shape import Cost, Shape

FORMATS = ("text", "md", "csv")
HEADINGS = ("node", "block", "output", "params", "MACs")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; `times` nodes that differ in nothing that it shows are one row."""

    depth: int
    name: str
    block: str
    shape: str
    params: int | None
    macs: int | None
    times: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """A graph's numbers; `str()` is its table."""

    graph: Graph

    @property
    def params(self) -> int:
        """All parameters, frozen ones included, shared ones once."""
        return self.graph.cost.params

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one sample."""
        return self.graph.cost.macs

    def json(self) -> dict[str, Any]:
        """Everything, nodes at every depth unfolded."""
        graph, origin = self.graph, self.graph.origin
        outputs = {title: list(graph.shape(ref).sizes) for title, ref in graph.outputs.items()}
        return {
            "spec": origin and origin.file,
            "name": origin and origin.name,
            "variant": origin and origin.variant,
            "params": self.params,
            "trainable": self.params - graph.cost.frozen,
            "macs": self.macs,
            "inputs": {name: list(shape.sizes) for name, shape in graph.inputs.items()},
            "outputs": outputs,
            "nodes": [
                {
                    "path": path,
                    "block": node.block.word,
                    "shape": list(node.shape.sizes)
                    if len(node.outputs) == 1
                    else [list(s.sizes) for s in node.outputs],
                    "params": node.cost.params,
                    "macs": node.cost.macs,
                    "line": node.mark.line if node.mark else None,
                }
                for path, node in graph.walk()
            ],
        }

    def rows(self, depth: int | None = None) -> Iterator[Row]:
        """The table's rows, `depth` levels of nesting opened (None: all)."""
        for name, shape in self.graph.inputs.items():
            yield Row(0, name, "input", text(shape), None, None)
        yield from _rows(self.graph, 0, depth)

    def table(self, depth: int | None = 2, format: str = "text") -> str:
        """The table as text, Markdown or CSV, totals at the end."""
        rows = list(self.rows(depth))
        if format == "csv":
            return _csv(rows)
        cells = [_cells(row) for row in rows]
        total = f"{self.params:,} params" + (
            f" ({self.graph.cost.frozen:,} of them frozen)" if self.graph.cost.frozen else ""
        )
        totals = f"{total}, {giga(self.macs)} (1 MAC = 2 FLOPs; matrix products, convolutions, QKᵀ and AV counted)"
        origin = self.graph.origin
        title = " – ".join(filter(None, (origin.label, origin.title))) if origin else ""
        if format == "md":
            lines = [f"**{title}**", "", _md(HEADINGS), "|---|---|---|---:|---:|", *map(_md, cells), "", totals]
        else:
            lines = [title, "", *_aligned([HEADINGS, *cells]), "", totals]
        return "\n".join(lines) + "\n"

    def __str__(self) -> str:
        return self.table()


def report(graph: Graph) -> Report:
    """The numbers of a shaped graph: `print(archspec.report(graph))`."""
    return Report(graph)


def text(*shapes: Shape) -> str:
    """Shapes as a table shows them: `197×384`; several outputs are separated by commas."""
    return ", ".join(shape.text.replace("x", "×") for shape in shapes)


def giga(macs: int) -> str:
    """MACs with three decimals: `4.566 GMACs`."""
    return f"{macs / 1e9:.3f} GMACs" if macs >= 1e8 else f"{macs / 1e6:.3f} MMACs"


def _rows(graph: Graph, level: int, depth: int | None) -> Iterator[Row]:
    for node in graph.nodes.values():
        word = node.block.word if not node.share else f"{node.block.word}, weights of {node.share}"
        word += ", probed" if node.block.probed else ""
        if isinstance(node.block, Repeat) and node.body:
            word = f"{node.block.blocks[0].word} ×{len(node.block.blocks)}"
        yield _row(node, level, word)
        if node.body and not node.share and (depth is None or level < depth):
            if isinstance(node.block, Repeat):
                yield from _folded(node.body, level + 1, depth)
            else:
                yield from _rows(node.body, level + 1, depth)


def _folded(body: Graph, level: int, depth: int | None) -> Iterator[Row]:
    """Neighbours that look the same in the table stand in one row, and are opened once."""
    for _, group in groupby(body.nodes.values(), key=lambda node: _looks(node)):
        alike = list(group)
        first, last = alike[0], alike[-1]
        name = first.name if len(alike) == 1 else f"{first.name}…{last.name}"
        word = first.block.word + (f" ×{len(alike)}, each" if len(alike) > 1 else "")
        yield Row(level, name, word, text(*first.outputs), first.cost.params, first.cost.macs, len(alike))
        if last.body and (depth is None or level < depth):
            yield from _rows(last.body, level + 1, depth)


def _looks(node: Node) -> tuple[type[Block], tuple[Shape, ...], Cost]:
    return type(node.block), node.outputs, node.cost


def _row(node: Node, level: int, word: str) -> Row:
    return Row(level, node.name, word, text(*node.outputs), node.cost.params, node.cost.macs)


def _cells(row: Row) -> tuple[str, ...]:
    def number(value: int | None) -> str:
        return f"{value:,}" if value else ""

    return "  " * row.depth + row.name, row.block, row.shape, number(row.params), number(row.macs)


def _aligned(cells: list[tuple[str, ...]]) -> Iterator[str]:
    """Columns under each other, numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        left = [cell.ljust(width) for cell, width in zip(row[:3], widths[:3], strict=True)]
        right = [cell.rjust(width) for cell, width in zip(row[3:], widths[3:], strict=True)]
        yield "  ".join([*left, *right]).rstrip()


def _md(cells: tuple[str, ...]) -> str:
    first = cells[0].replace("  ", "&nbsp;&nbsp;")
    return f"| {' | '.join((first, *cells[1:]))} |"


def _csv(rows: list[Row]) -> str:
    import csv
    import io

    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["depth", "node", "block", "output", "params", "macs", "times"])
    for row in rows:
        writer.writerow([row.depth, row.name, row.block, row.shape.replace("×", "x"), row.params, row.macs, row.times])
    return out.getvalue()
