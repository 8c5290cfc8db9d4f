"""Shaped graph → table or JSON: the output shape, parameters and MACs of each node."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from archspec.analysis.rows import Row, rows_of
from archspec.analysis.table import Column, Table
from archspec.graph import Graph, Node, show_macs

COLUMNS = (Column("node"), Column("block"), Column("output"), Column("params", "right"), Column("MACs", "right"))
CSV_COLUMNS = tuple(map(Column, ("depth", "node", "block", "output", "params", "macs", "times")))


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
        """Totals, inputs, outputs and every node at every depth, as plain data."""
        graph, origin = self.graph, self.graph.origin
        return {
            "spec": origin and origin.file,
            "name": origin and origin.name,
            "variant": origin and origin.variant,
            "params": self.params,
            "trainable": self.params - graph.cost.frozen,
            "macs": self.macs,
            "inputs": {name: list(shape.sizes) for name, shape in graph.inputs.items()},
            "outputs": {name: list(graph.shape(ref).sizes) for name, ref in graph.outputs.items()},
            "nodes": [_node_json(path, node) for path, node in graph.walk()],
        }

    def rows(self, depth: int | None = None) -> Iterator[Row]:
        """The table's rows, `depth` levels of nesting opened (None: all)."""
        return rows_of(self.graph, depth)

    def table(self, depth: int | None = 2, format: str = "text") -> str:
        """The table as text, Markdown or CSV; text and Markdown end with the totals."""
        rows = tuple(self.rows(depth))
        if format == "csv":
            return Table(CSV_COLUMNS, tuple(map(_csv_cells, rows))).csv()
        origin = self.graph.origin
        title = " – ".join(filter(None, (origin.label, origin.title))) if origin else ""
        return Table(COLUMNS, tuple(map(_cells, rows)), title, (self._totals(),)).render(format)

    def _totals(self) -> str:
        frozen = self.graph.cost.frozen
        total = f"{self.params:,} params" + (f" ({frozen:,} of them frozen)" if frozen else "")
        return f"{total}, {show_macs(self.macs)} (1 MAC = 2 FLOPs; matrix products, convolutions, QKᵀ and AV counted)"

    def __str__(self) -> str:
        return self.table()


def report(graph: Graph) -> Report:
    """The numbers of a shaped graph: `print(archspec.report(graph))`.

    Raises nothing.
    """
    return Report(graph)


def _node_json(path: str, node: Node) -> dict[str, Any]:
    """A node as plain data; its shape is a list of sizes, or one such list for each of several outputs."""
    return {
        "path": path,
        "block": node.block.word,
        "shape": list(node.shape.sizes) if len(node.outputs) == 1 else [list(shape.sizes) for shape in node.outputs],
        "params": node.cost.params,
        "macs": node.cost.macs,
        "line": node.mark.line if node.mark else None,
    }


def _cells(row: Row) -> tuple[str, ...]:
    params, macs = (f"{value:,}" if value else "" for value in (row.params, row.macs))
    return "  " * row.depth + row.name, row.block, row.shape, params, macs


def _csv_cells(row: Row) -> tuple[Any, ...]:
    return row.depth, row.name, row.block, row.shape.replace("×", "x"), row.params, row.macs, row.times
