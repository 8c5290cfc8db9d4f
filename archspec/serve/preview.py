"""What the page shows: the picture of the spec as it is now, or the last valid one with the problems marked on it."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from archspec.diagrams import COSTS, DIRECTIONS, THEMES, Picture, inline, render
from archspec.diagrams.view import plain
from archspec.errors import Problem, SpecError
from archspec.graph import Graph, Memory
from archspec.language import Shared, SpecFile, Variants, open_spec
from archspec.language.document import noting
from archspec.serve.faults import faulty

Query = Mapping[str, Sequence[str]]
Stamp = tuple[int, int, int] | None
BASE = ""
"""What the page calls the spec without a variant."""
INTERVAL = 0.1  # seconds between two looks at the files


@dataclass(eq=False)
class Preview:
    """A spec that is being edited. `version` counts the changes of its files."""

    spec: str
    settings: Sequence[str] = ()
    allow_python: bool = False
    version: int = 0
    _stamps: dict[Path, Stamp] = field(default_factory=dict)
    _document: SpecFile | None = None  # the last one that could be read
    _graphs: dict[str | None, Graph] = field(default_factory=dict)  # the last valid one of a variant; the newest last
    _memory: Memory = field(default_factory=dict)
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _drawing: threading.Lock = field(default_factory=threading.Lock)

    def state(self, query: Query) -> dict[str, Any]:
        """Everything that the page shows, as JSON data; `query` has the choices made on the page."""
        with self._drawing:
            version = self.version
            variant, graph, problems = self._read(_one(query, "variant"))
            picture = _picture(graph, query) if graph else None
            return {
                "version": version,
                "file": self.spec,
                "title": (graph.origin.title or graph.origin.name) if graph and graph.origin else "",
                "variants": self.choices(),
                "variant": variant or BASE,
                "params": graph.cost.params if graph else None,
                "macs": graph.cost.macs if graph else None,
                "deepest": deepest(graph) if graph else 0,
                "composites": sorted({plain(path) for path, node in graph.walk() if node.body}) if graph else [],
                "svg": inline(picture) if picture else "",
                "problems": [
                    {**problem.json(), "text": str(problem), "nodes": faulty(problem, picture)} for problem in problems
                ],
            }

    def choices(self) -> list[str]:
        """The variants, and the base where it is one of the things that can be built."""
        if not self._document or not self._document.variants:
            return []
        return [BASE] * (not self._document.default) + list(self._document.variants)

    def picture(self, query: Query, format: str) -> bytes:
        """The last valid picture as a file of a format. Raises SpecError where no graph has been valid yet."""
        with self._drawing:
            _, graph, problems = self._read(_one(query, "variant"))
            if not graph:
                raise SpecError(problems)
            return _picture(graph, query, whole=True).bytes(format)

    def _read(self, requested: str | None) -> tuple[str | None, Graph | None, list[Problem]]:
        """The variant, its newest valid graph, and the problems of the files as they are now."""
        problems: dict[Problem, None] = {}
        variant = requested
        with noting() as files:
            try:
                document = open_spec(self.spec)
                self._document = document
                own = document.variant or document.default
                variant = requested if requested in document.variants else own
                if requested == BASE and not document.default:
                    variant = None
                variants = Variants(document, self.settings, self.allow_python, Shared(self._memory))
                for other in document.variants:
                    try:
                        if other != variant:
                            variants.check(other)
                    except SpecError as error:
                        problems |= dict.fromkeys(error.problems)
                graph = variants.graph(variant)
                self._graphs.pop(variant, None)
                self._graphs[variant] = graph
            except SpecError as error:
                problems = dict.fromkeys(error.problems) | problems
        self._stamps |= {file: _stamp(file) for file in files if file not in self._stamps}
        return variant, self._graphs.get(variant) or next(reversed(self._graphs.values()), None), list(problems)

    def watch(self) -> None:
        """Look at the files forever; a change counts once, after the files have been left alone for a moment."""
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
        """The version, as soon as it differs from `seen`, or after some seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self.version != seen, seconds)
            return self.version


def _stamp(file: Path) -> Stamp:
    try:
        status = os.stat(file)
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


def _one(query: Query, name: str) -> str | None:
    return query[name][0] if query.get(name) else None


def _picture(graph: Graph, query: Query, *, whole: bool = False) -> Picture:
    """The picture that a query asks for; paths of an older graph and values that are not known are passed over."""
    composites = {plain(path) for path, node in graph.walk() if node.body}
    depth = _one(query, "depth") or "1"

    def choice(name: str, known: Sequence[str], default: str) -> str:
        value = _one(query, name)
        return value if value is not None and value in known else default

    return render(
        graph,
        depth=depth if depth.isdecimal() and len(depth) < 4 else "all",
        expand=[path for path in query.get("expand", ()) if plain(path) in composites],
        collapse=[path for path in query.get("collapse", ()) if plain(path) in composites],
        direction=choice("direction", DIRECTIONS, "TB"),
        theme=choice("theme", THEMES, "auto"),
        costs=[cost for cost in COSTS if cost in query.get("costs", ())],
        heat=choice("heat", COSTS, "") or None,
        title=whole,
        caption=whole,
    )


def deepest(graph: Graph) -> int:
    """The least depth at which every composite is open."""
    return max((plain(path).count(".") for path, _ in graph.walk()), default=0)
