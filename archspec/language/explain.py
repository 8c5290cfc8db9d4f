"""One value of a spec: what it is, every place that set it, and where the names that it reads come from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archspec.errors import Mark, Problem, SpecError, listing, nearest
from archspec.graph.block import Block
from archspec.language import document
from archspec.language.document import Fields, Items, Leaf, Tree
from archspec.language.expression import is_expression, references
from archspec.language.find import SpecFile, open_spec, resolve
from archspec.language.load import settings
from archspec.language.spec import NODE_KEYS, SPEC_KEYS, NodeSpec, docstring_of, show_value, validate
from archspec.language.wiring import Definition, Preamble, Problems, UnresolvedError, evaluate_tree, read_preamble
from archspec.language.words import collect


@dataclass(frozen=True, slots=True)
class Setting:
    """One place that sets a value: the text there, its own address in that document, and its mark."""

    text: str
    address: str
    mark: Mark


@dataclass(frozen=True, slots=True)
class Explanation:
    """A value, the places that set it – the last one counts –, and the values that its expression reads."""

    path: str
    value: Any
    places: tuple[Setting, ...] = ()
    default: str | None = None  # whose default it is, where nobody sets it
    doc: str | None = None
    reads: tuple[Explanation, ...] = ()
    parts: tuple[Explanation, ...] = ()  # of a mapping: one for each key

    def json(self) -> dict[str, Any]:
        """The explanation as plain data."""
        return {
            "path": self.path,
            "value": _plain(self.value),
            "doc": self.doc,
            "default": self.default,
            "places": [
                {
                    "text": place.text,
                    "path": place.address,
                    "file": place.mark.source.name,
                    "line": place.mark.line,
                    "column": place.mark.column,
                }
                for place in self.places
            ],
            "reads": [read.json() for read in self.reads],
            "parts": [part.json() for part in self.parts],
        }

    def __str__(self) -> str:
        """The value, then a line for each place, oldest first; what an expression reads stands indented below it."""
        rows = list(self._rows(0))
        widths = [max((len(row[column]) for row in rows if len(row) > 1), default=0) for column in (0, 1)]
        lines = [
            row[0] if len(row) == 1 else f"{row[0]:{widths[0]}}   {row[1]:{widths[1]}}   {row[2]}".rstrip()
            for row in rows
        ]
        return "\n".join(lines)

    def _rows(self, level: int) -> Iterator[tuple[str, ...]]:
        pad = "  " * level
        yield (f"{pad}{self.path} = {_short(self.value)}",) if not self.parts else (f"{pad}{self.path}",)
        if self.doc and not level:
            yield (f"{pad}  # {self.doc}",)
        for number, place in enumerate(() if self.parts else self.places, 1):
            counts = "   ← counts" if len(self.places) > 1 and number == len(self.places) else ""
            yield f"{pad}    {place.text}", place.address, f"{place.mark}{counts}"
        if self.default:
            yield (f"{pad}    {self.default}",)
        for read in self.reads:
            yield from read._rows(level + 1)
        for part in self.parts:
            last = part.places[-1] if part.places else None
            text = f"{pad}  {part.path.rpartition('.')[2]} = {_short(part.value)}"
            yield (text, last.address, str(last.mark)) if last else (text, part.default or "", "")


def explain(
    spec: str | Path,
    path: str,
    variant: str | None = None,
    overrides: Iterable[str] | dict[str, Any] | None = None,
    *,
    allow_python: bool = False,
) -> Explanation:
    """Explain the value at a dotted path, `graph.stage3.repeat`; `graph.` may be left out.

    The path goes on into slots and into blocks written in YAML, `stage3.layers.mlp.ratio`; `stage3.layers.3.drop_path`
    is one of a repeat. Raises SpecError where there is no such value, or the document has structural problems.
    """
    found = open_spec(spec)
    chosen, texts = variant or found.variant, settings(overrides)
    tree = resolve(found, chosen, texts)
    brought = collect(validate(tree), found.path, allow_python=allow_python)
    preamble = read_preamble(brought.marked, brought.vocabulary, Problems())
    names = preamble.params
    guide = _Guide(preamble, brought.marked.tree)
    words = [word for word in path.split(".") if word]
    if words and not _at_top(words, tree):
        words = ["graph", *words]
    try:
        if not words:
            raise _LostError("", list(tree.entries))
        scope = _Scope(names, lambda name: guide.follow(["params", name], _Scope(names)))
        return guide.follow(words, scope)
    except _LostError as lost:
        raise SpecError(_lost(lost, words, found, tree)) from None


@dataclass(frozen=True, slots=True)
class _Scope:
    """The values that expressions read, and who explains one."""

    names: Mapping[str, Any]
    explain: Callable[[str], Explanation] | None = None

    def read(self, text: str) -> tuple[Explanation, ...]:
        try:
            found = sorted(references(text))
        except Exception:  # a broken expression reads nothing; evaluating it tells why
            return ()
        return tuple(self._one(name) for name in found if name in self.names)

    def _one(self, name: str) -> Explanation:
        if self.explain is None or name in ("i", "n"):
            return Explanation(name, self.names[name], default="counts the repeats" if name in ("i", "n") else None)
        return self.explain(name)


class _LostError(Exception):
    """A path that ends before its last word; `known` are the words that could have followed."""

    def __init__(self, word: str, known: list[str]) -> None:
        super().__init__(word)
        self.word, self.known = word, known


class _Guide:
    """Follows a path through a document: mappings, nodes, slots, and the graphs of blocks written in YAML."""

    def __init__(self, preamble: Preamble, tree: Fields) -> None:
        self.preamble, self.tree = preamble, tree

    def follow(self, words: list[str], scope: _Scope) -> Explanation:
        if words[0] == "graph" and len(words) > 1 and isinstance(graph := self.tree.entries.get("graph"), Fields):
            return self.node(graph, words[1:], scope, "graph")
        if words[0] == "params" and len(words) > 1:
            scope = _Scope(scope.names, lambda name: self.follow(["params", name], _Scope(scope.names)))
        at: Tree = self.tree
        for word in words:
            at = _step(at, word)
        return self.value(at, scope, ".".join(words))

    def node(self, level: Fields, words: list[str], scope: _Scope, path: str) -> Explanation:
        """A node of a graph, or what lies below it."""
        at, here = _step(level, words[0]), f"{path}.{words[0]}"
        if isinstance(at, Fields) and "repeat" in at.entries:
            scope, at, words, here = self.repeated(at, words, scope, here)
        return self.block(at, words[1:], scope, here, None)

    def repeated(self, at: Fields, words: list[str], scope: _Scope, path: str) -> tuple[_Scope, Fields, list[str], str]:
        """The scope of one of a repeat – the first, unless the path gives a number."""
        count = self.known(at.entries["repeat"], scope, f"{path}.repeat")
        n = count if type(count) is int and count > 0 else 1
        i = 0
        if len(words) > 1 and words[1].isdecimal():
            i = int(words[1][:9])
            if i >= n:
                raise _LostError(words[1], [str(place) for place in range(n)])
            words, path = [words[0], *words[2:]], f"{path}.{i}"
        return _Scope({**scope.names, "i": i, "n": n}, scope.explain), at, words, path

    def block(
        self, at: Tree | None, words: list[str], scope: _Scope, path: str, default: type[Block] | None
    ) -> Explanation:
        """A block's mapping or word, or one of its fields."""
        if at is not None and (not words or (words[0] == "block" and isinstance(at, Fields))):
            return self.value(_step(at, "block") if words else at, scope, ".".join([path, *words]))
        kind = self.kind(at, scope, path) or default
        name, here = words[0], f"{path}.{words[0]}"
        given = at.entries.get(name) if isinstance(at, Fields) else None
        field = kind.model_fields.get(name) if kind else None
        if kind and name in kind.slots() and len(words) > 1:
            assert field is not None
            filled = self.held(given, scope, here, field.default)
            return self.block(given, words[1:], scope, here, filled)
        if given is not None and (kind is None or field is not None or name in NODE_KEYS):
            for word in words[1:]:
                given = _step(given, word)
            told = self.value(given, scope, ".".join([path, *words]))
            doc = docstring_of(kind, name) if kind and field else docstring_of(NodeSpec, name)
            return Explanation(told.path, told.value, told.places, told.default, _line(doc), told.reads, told.parts)
        if field is not None and kind is not None and len(words) == 1:
            return self.unset(kind, name, here)
        if kind is not None and issubclass(kind, Definition):
            return self.inside(kind, at, words, scope, path)
        known = [*(kind.model_fields if kind else ()), *(at.entries if isinstance(at, Fields) else ())]
        raise _LostError(name, list(dict.fromkeys(known)))

    def inside(
        self, kind: type[Definition], at: Tree | None, words: list[str], scope: _Scope, path: str
    ) -> Explanation:
        """A node within a block written in YAML, where expressions read the block's own parameters."""
        graph = kind.tree.entries["graph"]
        assert isinstance(graph, Fields)
        rest = words[1:] if words[0] == "graph" and len(words) > 1 else words
        names: dict[str, Any] = {}
        for name, field in kind.model_fields.items():
            given = at.entries.get(name) if isinstance(at, Fields) else None
            names[name] = self.known(given, scope, path) if given is not None else field.default
        inner = _Scope(names, lambda name: self.block(at, [name], scope, path, kind))
        if rest[0] not in graph.entries:
            raise _LostError(rest[0], [*kind.model_fields, *graph.entries])
        return self.node(graph, rest, inner, path)

    def unset(self, kind: type[Block], name: str, path: str) -> Explanation:
        """A field that the spec leaves alone: the spec's own default for the block, or the block's."""
        field = kind.model_fields[name]
        doc = _line(docstring_of(kind, name))
        own = self.preamble.defaults.get(kind.word, {})
        if name in own:
            at = document.locate(self.tree, ("defaults", kind.word, name))
            return Explanation(path, own[name], (_place(at),) if at else (), doc=doc)
        if field.is_required():
            return Explanation(path, None, default=f"{kind.word} needs it, and nobody sets it", doc=doc)
        if issubclass(kind, Definition):
            at = document.locate(kind.tree, ("params", name))
            return Explanation(path, field.default, (_place(at),) if at else (), doc=doc)
        return Explanation(path, field.default, default=f"the default of {kind.word}", doc=doc)

    def kind(self, at: Tree | None, scope: _Scope, path: str) -> type[Block] | None:
        """The class that a mapping or a word stands for; None where it does not say, or says nothing known."""
        leaf = at.entries.get("block") if isinstance(at, Fields) else at
        word = self.known(leaf, scope, path) if leaf is not None else None
        if isinstance(word, Block):
            return type(word)
        words = self.preamble.vocabulary
        return words[word] if isinstance(word, str) and word in words else None

    def held(self, given: Tree | None, scope: _Scope, path: str, default: Any) -> type[Block] | None:
        own = type(default) if isinstance(default, Block) else None
        return (self.kind(given, scope, path) or own) if given is not None else own

    def value(self, at: Tree, scope: _Scope, path: str) -> Explanation:
        """Any tree: its value and its places; a mapping's keys are explained one by one."""
        places = tuple(_place(tree) for tree in (*at.earlier, at))
        if isinstance(at, Fields):
            parts = [self.value(item, scope, f"{path}.{key}") for key, item in at.entries.items()]
            return Explanation(path, {part.path: part.value for part in parts}, places, parts=tuple(parts))
        return Explanation(path, self.known(at, scope, path), places, reads=_reads(at, scope))

    def known(self, at: Tree, scope: _Scope, path: str) -> Any:
        """The value, or – where its expression fails – a text that says so."""
        problems = Problems()
        try:
            return evaluate_tree(at, scope.names, path, problems)
        except UnresolvedError:
            return _Failed(problems[0].message if problems else "a parameter that it reads has no value")


class _Failed(str):
    """Why a value cannot be had; shown as it is."""


def _at_top(words: list[str], tree: Fields) -> bool:
    """Whether a path begins with a key of the spec; a node may have the name of one, `blocks`."""
    if words[0] not in SPEC_KEYS:
        return False
    graph = tree.entries.get("graph")
    is_node = isinstance(graph, Fields) and words[0] in graph.entries
    return not is_node or document.locate(tree, words) is not None


def _reads(at: Tree, scope: _Scope) -> tuple[Explanation, ...]:
    if isinstance(at, Items):
        found = [read for item in at.items for read in _reads(item, scope)]
        return tuple({read.path: read for read in found}.values())
    expression = isinstance(at, Leaf) and isinstance(at.value, str) and is_expression(at.value)
    return scope.read(str(at.value)) if isinstance(at, Leaf) and expression else ()


def _step(at: Tree, word: str) -> Tree:
    found = document.locate(at, (word,))
    if found is None:
        items = [str(place) for place in range(len(at.items))] if isinstance(at, Items) else []
        raise _LostError(word, list(at.entries) if isinstance(at, Fields) else items)
    return found


def _place(tree: Tree) -> Setting:
    return Setting(_short(document.plain(tree)), _address(tree.mark), tree.mark)


def _address(mark: Mark) -> str:
    """Where in its own document a mark points: `variants.cvt_21.params.depths`."""
    if mark.source.path is None:
        return mark.source.text.partition("=")[0]
    at: Tree = document.parse(mark.source)
    way: list[str] = []
    while _span(at.mark) != _span(mark):
        items = at.entries.items() if isinstance(at, Fields) else enumerate(getattr(at, "items", ()))
        inner = next(((key, item) for key, item in items if _holds(item.mark, mark)), None)
        if inner is None:
            break
        way.append(str(inner[0]))
        at = inner[1]
    return ".".join(way)


def _span(mark: Mark) -> tuple[tuple[int, int], tuple[int, int]]:
    return (mark.line, mark.column), (mark.end_line, mark.end_column)


def _holds(outer: Mark, inner: Mark) -> bool:
    start, end = _span(outer)
    return start <= _span(inner)[0] and _span(inner)[1] <= end


def _lost(lost: _LostError, words: list[str], found: SpecFile, tree: Fields) -> Problem:
    """The message for a path that leads nowhere; a value that a variant removed is told as such."""
    path = ".".join(words)
    if document.locate(found.tree, words) is not None and document.locate(tree, words) is None:
        return Problem("unknown-path", f"{path} is in the file, and the variant or a setting removes it")
    help = nearest(lost.word, lost.known) or (f"there are {listing(lost.known)}" if lost.known else None)
    before = ".".join(words[: words.index(lost.word)]) if lost.word in words else ""
    there = f"{before or 'the spec'} has no {lost.word}" if lost.word else "a path is needed, such as graph.head"
    return Problem("unknown-path", there, help=help)


def _line(doc: str | None) -> str | None:
    return doc.strip().splitlines()[0] if doc and doc.strip() else None


def _short(value: Any) -> str:
    """A value on one line."""
    if isinstance(value, _Failed):
        return f"? ({value})"
    if isinstance(value, Block | tuple) or (isinstance(value, dict) and not value):
        return show_value(value)
    try:
        text = " ".join(document.dump({"_": value}).partition(":")[2].split())
    except (TypeError, ValueError):
        text = show_value(value)
    return text if len(text) <= 60 else f"{text[:59]}…"


def _plain(value: Any) -> Any:
    if isinstance(value, Block):
        return {"block": value.word, **{name: _plain(item) for name, item in value}}
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value
