"""What the page shows: the picture of the spec as it is now, or the last good one with the faults marked on it."""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from archspec.diagrams import Picture, render
from archspec.diagrams.fragment import inline
from archspec.diagrams.view.view import Level, plain
from archspec.errors import Problem, SpecError
from archspec.graph.infer import Memory
from archspec.graph.node import Graph
from archspec.language import SpecFile, graph_of, open_spec, resolve
from archspec.language.document import noting
from archspec.language.spec.model import validate

Query = Mapping[str, Sequence[str]]
Stamp = tuple[int, int, int] | None
INTERVAL = 0.1  # seconds between two looks at the files

_KEY = re.compile(r"([ ]*(?:- +)*)[\"']?([\w-]+)[\"']?:(?: |$)")


@dataclass(eq=False)
class Preview:
    """A spec that is being edited. `version` counts how often one of its files has changed."""

    spec: str
    settings: Sequence[str] = ()
    allow_python: bool = False
    version: int = 0
    _stamps: dict[Path, Stamp] = field(default_factory=dict)
    _document: SpecFile | None = None  # the last that could be read
    _graphs: dict[str | None, Graph] = field(
        default_factory=dict
    )  # the last good one of each variant; the newest at the end
    _memory: Memory = field(default_factory=dict)
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _drawing: threading.Lock = field(default_factory=threading.Lock)

    def state(self, query: Query) -> dict[str, Any]:
        """Everything that the page shows, for what is chosen on it."""
        with self._drawing:
            version = self.version
            variant, graph, problems = self._read(_one(query, "variant"))
            picture = _picture(graph, query) if graph else None
            document = self._document
            return {
                "version": version,
                "file": self.spec,
                "title": (graph.origin.title or graph.origin.name) if graph and graph.origin else "",
                "variants": list(document.variants) if document else [],
                "variant": variant,
                "params": graph.cost.params if graph else None,
                "macs": graph.cost.macs if graph else None,
                "deepest": deepest(graph) if graph else 0,
                "composites": sorted({plain(path) for path, node in graph.walk() if node.body}) if graph else [],
                "svg": inline(picture) if picture else "",
                "problems": [
                    {**problem.json(), "text": str(problem), "nodes": faulty(problem, picture)} for problem in problems
                ],
            }

    def picture(self, query: Query, format: str) -> bytes:
        """The last good picture as a file."""
        with self._drawing:
            _, graph, problems = self._read(_one(query, "variant"))
            if not graph:
                raise SpecError(problems)
            return _picture(graph, query, whole=True).bytes(format)

    def _read(self, asked: str | None) -> tuple[str | None, Graph | None, list[Problem]]:
        """The variant, its newest good graph, and what is wrong with the files now."""
        problems: dict[Problem, None] = {}
        variant = asked
        with noting() as files:
            try:
                document = open_spec(self.spec)
                self._document = document
                own = document.variant or document.default
                variant = asked if asked in document.variants else own
                for other in document.variants:
                    try:
                        if other != variant:
                            validate(resolve(document, other, self.settings))
                    except SpecError as error:
                        problems |= dict.fromkeys(error.problems)
                graph = graph_of(document, variant, self.settings, allow_python=self.allow_python, memory=self._memory)
                self._graphs.pop(variant, None)
                self._graphs[variant] = graph
            except SpecError as error:
                problems = dict.fromkeys(error.problems) | problems
        self._stamps |= {file: _stamp(file) for file in files if file not in self._stamps}
        return variant, self._graphs.get(variant) or next(reversed(self._graphs.values()), None), list(problems)

    def watch(self) -> None:
        """Look at the files for ever; a change counts once they are left alone for a moment."""
        while True:
            time.sleep(INTERVAL)
            now = {file: _stamp(file) for file in list(self._stamps)}
            if any(self._stamps[file] != stamp for file, stamp in now.items()):
                time.sleep(INTERVAL / 2)
                self._stamps |= {file: _stamp(file) for file in now}
                with self._changed:
                    self.version += 1
                    self._changed.notify_all()

    def wait(self, seen: int, seconds: float) -> int:
        """The version, as soon as it is another one than that which was seen."""
        with self._changed:
            self._changed.wait_for(lambda: self.version != seen, seconds)
            return self.version


def _stamp(file: Path) -> Stamp:
    try:
        found = os.stat(file)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _one(query: Query, name: str) -> str | None:
    return query[name][0] if query.get(name) else None


def _picture(graph: Graph, query: Query, *, whole: bool = False) -> Picture:
    """Paths of an older graph, and whatever else the query does not say as it should, count for nothing."""
    there = {plain(path) for path, node in graph.walk() if node.body}
    depth = _one(query, "depth") or "1"

    def choice(name: str, *known: str) -> str:
        given = _one(query, name)
        return given if given in known else known[0]

    return render(
        graph,
        depth=depth if depth.isdecimal() and len(depth) < 4 else "all",
        expand=[path for path in query.get("expand", ()) if plain(path) in there],
        collapse=[path for path in query.get("collapse", ()) if plain(path) in there],
        direction=choice("direction", "TB", "LR", "BT"),
        theme=choice("theme", "auto", "light", "dark", "paper"),
        costs=[cost for cost in ("params", "macs") if cost in query.get("costs", ())],
        heat=choice("heat", "", "params", "macs") or None,
        title=whole,
        caption=whole,
    )


def deepest(graph: Graph) -> int:
    """The depth from which on everything is open."""
    return max((plain(path).count(".") for path, _ in graph.walk()), default=0)


def faulty(problem: Problem, picture: Picture | None) -> list[str]:
    """The boxes of a picture that a problem is about: the innermost that are drawn."""
    if picture is None:
        return []
    drawn = {plain(box.path): box.path for box in boxes(picture.level)}
    path = problem.path
    if not path and problem.mark:
        path = ".".join(keys(problem.mark.source.text, problem.mark.line))
    found = (_shown(place, drawn) for place in _places(path, picture.graph))
    return sorted({box for box in found if box})


def boxes(level: Level) -> Iterator[Any]:
    """Every box with a place of its own; not the ports inside of open ones."""
    return (box for _, box in level.walk() if "<" not in box.path and ">" not in box.path)


def _places(path: str, graph: Graph) -> Iterator[str]:
    """From a place in a spec, or in a graph, to paths of nodes."""
    parts = path.split(".")
    if parts[0] == "variants":
        parts = parts[2:]
    match parts:
        case ["graph", *rest]:
            yield ".".join(rest)
        case ["inputs", name, *_]:
            yield name
        case ["blocks", word, "graph", *rest] if graph.origin and word in graph.origin.spec.get("blocks", {}):
            yield from (".".join((at, *rest)) for at, node in graph.walk() if node.block.word == word)
        case _:
            yield ".".join(parts)


def _shown(path: str, drawn: Mapping[str, str]) -> str | None:
    """The innermost drawn box on the way to a path."""
    parts = plain(path).split(".")
    return next((drawn[at] for n in range(len(parts), 0, -1) if (at := ".".join(parts[:n])) in drawn), None)


def keys(text: str, line: int) -> list[str]:
    """The keys around a line of YAML, outermost first, by their indentation alone: the text may be broken."""
    found: list[str] = []
    depth = 1_000
    for row in reversed(text.split("\n")[:line]):
        if (key := _KEY.match(row)) and len(key[1]) < depth:
            depth = len(key[1])
            found.insert(0, key[2])
    return found
