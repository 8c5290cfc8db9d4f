"""A difference for a reader: sections of aligned rows, or the same as Markdown lists."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from archspec.analysis.diff.changes import changed_fields, parent
from archspec.analysis.diff.describe import Entries, Entry
from archspec.analysis.table import aligned
from archspec.graph.node import Graph
from archspec.graph.units import fold_paths, path_pattern, show_macs
from archspec.language.spec import show_value

if TYPE_CHECKING:
    from archspec.analysis.diff.diff import Diff

FORMATS = ("text", "md")
Cells = tuple[str, ...]


def text_of(diff: Diff, format: str = "text") -> str:
    """The difference as `text` or `md`; sections without rows are left out."""
    sections = [(heading, list(rows)) for heading, rows in _sections(diff)]
    title = f"{_name(diff.a)} → {_name(diff.b)}"
    if format == "md":
        parts = [f"## {title}", *(f"### {heading}\n\n" + "\n".join(f"- {_markdown(row)}" for row in rows)
                                  for heading, rows in sections if rows)]  # fmt: skip
    else:
        parts = [title, *("\n".join([heading, *aligned(rows, indent="  ")]) for heading, rows in sections if rows)]
    return "\n\n".join(parts) + "\n"


def changes_of(diff: Diff) -> Iterator[tuple[str, str]]:
    """By path, a line for each field that changed; not what only follows from a neighbour that came or went."""
    for path, fields in diff.changed.items():
        for field, (old, new) in fields.items():
            if (field == "block" or "block" not in fields) and not _follows(diff, path, field, old, new):
                yield path, f"{field}: {_value(old)} → {_value(new)}"


def _sections(diff: Diff) -> Iterator[tuple[str, Iterable[Cells]]]:
    if not diff:
        yield "no difference", [("the two graphs are the same, node by node",)]
        return
    moved = {path: target for path, target in diff.moved.items() if path != target}
    yield "totals", _totals(diff)
    yield "inputs and outputs", _ends(diff)
    yield "added", _folded((f"+ {path}", *_summary(entry)) for path, entry in _tops(diff.added, {*moved.values()}))
    yield "removed", _folded((f"- {path}", *_summary(entry)) for path, entry in _tops(diff.removed, {*moved}))
    yield "moved", [(path, f"now {target}" if path != target else _place(diff, path))
                    for path, target in diff.moved.items()]  # fmt: skip
    yield "changed", _folded(diff.changes())
    yield "shapes", _folded((path, f"{old} → {new}") for path, (old, new) in diff.shapes.items())


def _totals(diff: Diff) -> list[Cells]:
    fit, total = diff.fitting
    share = f"{fit / total:.1%}" if total else "all"
    return [
        ("params", _delta(diff.a.cost.params, diff.b.cost.params, "{:,}".format)),
        ("MACs", _delta(diff.a.cost.macs, diff.b.cost.macs, show_macs)),
        ("weights", f"{share} of A's parameters load into B by name and shape ({fit:,} of {total:,})"),
    ]


def _ends(diff: Diff) -> Iterator[Cells]:
    """Inputs and outputs that changed."""
    for kind in ("input", "output"):
        for name, (old, new) in changed_fields(diff.before[f"{kind}s"], diff.after[f"{kind}s"]).items():
            yield f"{kind} {name}", f"{_value(old)} → {_value(new)}"


def _tops(entries: Entries, excluded: set[str]) -> Iterator[tuple[str, Entry]]:
    """Nodes without those inside another of them, and without the excluded ones."""
    for path, entry in entries.items():
        outer = path
        while outer := parent(outer):
            if outer in entries:
                break
        if not outer and path not in excluded:
            yield path, entry


def _summary(entry: Entry) -> tuple[str, str]:
    """A node in short: its block, and what it reads."""
    times = f" ×{entry['repeat']}" if "repeat" in entry else ""
    return f"{_value(entry['block'])}{times}", f"reads {', '.join(entry['reads'])}" if entry["reads"] else "a source"


def _place(diff: Diff, path: str) -> str:
    """Where a node stands that kept its path."""
    reads = diff.after["nodes"][path]["reads"]
    return f"now behind {', '.join(reads)}" if reads else "in another order"


def _follows(diff: Diff, path: str, field: str, old: Any, new: Any) -> bool:
    """Whether a node reads elsewhere only because a neighbour came, went or moved."""
    if field != "reads":
        return False
    outer = parent(path)
    touched = {*diff.added, *diff.removed, *diff.moved, *diff.moved.values()}
    return path in touched or any(
        f"{outer}.{source.partition('.')[0]}".lstrip(".") in touched for source in {*old} ^ {*new}
    )


def _value(value: Any) -> str:
    if isinstance(value, dict) and "block" in value:
        return str(value["block"])
    if isinstance(value, list) and len(value) > 4:
        return f"[{_value(value[0])}, {_value(value[1])}, … {_value(value[-1])}]"
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, float):
        return f"{value:.6g}"
    return value if isinstance(value, str) else "nothing" if value is None else show_value(value)


def _folded(rows: Iterable[Cells]) -> Iterator[Cells]:
    """Rows that differ in one number of their path, and in nothing else, as one: `stage.0…11.norm`."""
    groups: dict[Cells, list[str]] = {}
    for path, *rest in rows:
        groups.setdefault((path_pattern(path), *rest), []).append(path)
    for (_, *rest), paths in groups.items():
        yield fold_paths(paths), *rest


def _markdown(row: Cells) -> str:
    return f"`{row[0]}`" + (f": {', '.join(row[1:])}" if row[1:] else "")


def _delta(old: int, new: int, show: Callable[[int], str]) -> str:
    if old == new:
        return f"{show(old)}, unchanged"
    sign = "+" if new > old else "−"
    ratio = f" ({sign}{abs(new - old) / old:.1%})" if old else ""
    return f"{show(old)} → {show(new)}, {sign}{show(abs(new - old))}{ratio}"


def _name(graph: Graph) -> str:
    return graph.origin.label if graph.origin else "graph"
