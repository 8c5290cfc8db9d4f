"""One merge rule: how a variant, an extending document or `--set` changes a document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from heapq import heapify, heappop, heappush
from typing import Literal

from archspec.errors import MOST_PROBLEMS, Mark, Problem, Source, SpecError, listing, nearest
from archspec.language.document import MOST_LEVELS, Fields, Items, Leaf, Tree, value
from archspec.language.spec import DOCUMENT_KEYS, NODE_KEYS, Holds

Kind = Holds | Literal["document", "block", "node"]
"""What a mapping holds, which decides what an override may add to it."""


def merge(base: Fields, over: Fields, problems: list[Problem], *, top: frozenset[str] = frozenset()) -> Fields:
    """`base` changed by `over`; `top` names the keys that may be new at the top level. Faults go to `problems`."""
    return _Merge(problems, top).mapping(base, over, "document", ())


def without(fields: Fields, names: Iterable[str]) -> Fields:
    """A mapping without some of its keys."""
    removed = set(names)
    entries = {name: tree for name, tree in fields.entries.items() if name not in removed}
    return replace(fields, entries=entries, keys={name: fields.keys[name] for name in entries})


def overlay_of(setting: str) -> Fields:
    """A setting as `--set` takes it, `graph.stage3.repeat=12`, as an overlay; its marks point into the setting.

    Raises SpecError where the text is no setting.
    """
    source = Source("--set", setting)
    path, equals, written = setting.partition("=")
    if not equals:
        raise _usage(source, 0, len(setting), f"{setting[:80]!r} sets nothing: there is no =")
    if not written.strip():
        help = f"write {path}=null to remove it, {path}='' for no text"
        raise _usage(source, 0, len(setting), f"{path} is set to nothing", help)
    words, at, names = path.split("."), 0, []
    for word in words:
        start = at + len(word) - len(word.lstrip())
        if not word.strip():
            raise _usage(source, at, max(at + 1, at + len(word)), f"a name is missing in {path[:80]!r}")
        names.append((word.strip(), _mark(source, start, start + len(word.strip()))))
        at += len(word) + 1
    if len(names) > MOST_LEVELS // 2:
        message = f"a path of {len(names)} names is longer than the {MOST_LEVELS // 2} that are read"
        raise _usage(source, 0, len(path), message)
    tree: Tree = value(source, len(path) + 1)
    for name, mark in reversed(names):
        tree = Fields({name: tree}, {name: mark}, mark)
    assert isinstance(tree, Fields)
    return tree


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a new node stands: after or before one of its siblings."""

    name: str
    side: str
    sibling: str
    mark: Mark


@dataclass(frozen=True, slots=True)
class _Merge:
    """One merge, as it descends both trees."""

    problems: list[Problem]
    top: frozenset[str]

    def mapping(self, base: Fields, over: Fields, kind: Kind, path: tuple[str, ...]) -> Fields:
        """The merge of two mappings."""
        entries, keys = dict(base.entries), dict(base.keys)
        removed, fresh = [], []
        for name, new in over.entries.items():
            old, mark, here = entries.get(name), over.keys[name], (*path, name)
            if isinstance(new, Leaf) and new.value is None and new.plain:
                if old is None:
                    self.miss(base, here, mark, "so it cannot be removed")
                removed.append(name)
            elif old is None:
                if added := self.added(base, new, kind, here, mark):
                    entries[name], keys[name] = added, mark
                    fresh.append(name)
            else:
                entries[name] = self.changed(old, new, kind, here, mark)
                keys[name] = keys[name] if isinstance(entries[name], Fields) and _merges(old, new) else mark
        if kind == "nodes":
            entries = self.ordered(entries, fresh, over, path)
        for name in removed:  # only now, so that a new node may still say where it stands by a removed one
            entries.pop(name, None)
            keys.pop(name, None)
        return Fields(entries, {name: keys[name] for name in entries}, base.mark, base.earlier)

    def added(self, base: Fields, new: Tree, kind: Kind, path: tuple[str, ...], mark: Mark) -> Tree | None:
        """The value of a new name; None where the mapping takes no new names."""
        below = _below(kind, path[-1])
        known = kind not in ("document", "names") or (kind == "document" and path[-1] in self.top)
        if kind == "nodes" and not (isinstance(new, Fields) and ("block" in new.entries or "share" in new.entries)):
            self.miss(base, path, mark, "and a new node says its block")
            return None
        if not known:
            self.miss(base, path, mark)
            return None
        if isinstance(new, Fields) and below in ("names", "nodes") and kind == "document":
            return self.mapping(Fields({}, {}, new.mark), new, below, path)
        return new

    def changed(self, old: Tree, new: Tree, kind: Kind, path: tuple[str, ...], mark: Mark) -> Tree:
        """The value of a name that both sides have."""
        below = _below(kind, path[-1])
        if kind == "nodes" and isinstance(new, Fields):
            new = self.unordered(new, path)
        if isinstance(new, Fields) and isinstance(old, Fields) and _merges(old, new):
            return self.mapping(old, new, below, path)
        if isinstance(new, Fields) and isinstance(old, Items) and all(name.isdecimal() for name in new.entries):
            message = f"{'.'.join(path)} is a list, whose items are not set one by one"
            self.report(message, mark, path, "set the whole list")
            return old
        if isinstance(new, Fields) and "block" not in new.entries and _is_short_slot(old, kind, below, path[-1]):
            keys = {"block": old.mark, **new.keys}
            new = Fields({"block": old, **new.entries}, keys, new.mark, new.earlier)
        return replace(new, earlier=(*old.earlier, old, *new.earlier))

    def ordered(
        self, entries: dict[str, Tree], fresh: list[str], over: Fields, path: tuple[str, ...]
    ) -> dict[str, Tree]:
        """The nodes with each new one where its `after` or `before` puts it; the two keys are taken off."""
        new = set(fresh)
        order, places = _Order(name for name in entries if name not in new), dict[str, _Place]()
        for name in fresh:
            entries[name], place = self.place(entries[name], (*path, name))
            if place:
                places[name] = place
            else:
                order.append(name)
        for place in _in_turn(places, order):
            order.put(place)
        for place in places.values():
            if place.name not in order:
                self.misplaced(place, places, order, path)
        for place in places.values():
            if place.name not in order:
                order.append(place.name)
        return {name: entries[name] for name in order}

    def misplaced(self, place: _Place, places: Mapping[str, _Place], order: _Order, path: tuple[str, ...]) -> None:
        """Report a new node that has no place."""
        circle = place.sibling in places
        reason = "the two wait for each other" if circle else f"there is no node {place.sibling}"
        message = f"{place.name} says {place.side}: {place.sibling}, but {reason}"
        help = None if circle else nearest(place.sibling, order) or f"there are {listing(order)}"
        at = ".".join((*path, place.name))
        self.add(Problem("override-order", message, place.mark, at, help=help))

    def place(self, node: Tree, path: tuple[str, ...]) -> tuple[Tree, _Place | None]:
        """A new node without `after` and `before`, and what they say."""
        if not isinstance(node, Fields):
            return node, None
        sides = [side for side in ("after", "before") if side in node.entries]
        bare, dotted = without(node, sides), ".".join(path)
        if len(sides) == 2:
            message = f"{path[-1]} says both after and before"
            self.add(Problem("override-order", message, node.keys["before"], dotted, help="keep one"))
            return bare, None
        for side in sides:
            sibling = node.entries[side]
            if isinstance(sibling, Leaf) and sibling.value is not None:
                return bare, _Place(path[-1], side, str(sibling.value), sibling.mark)
            message = f"{path[-1]} says {side} without the name of one node"
            self.add(Problem("override-order", message, sibling.mark, dotted))
        return bare, None

    def unordered(self, node: Fields, path: tuple[str, ...]) -> Fields:
        """An override of a node that is there, and therefore has a place already."""
        sides = [side for side in ("after", "before") if side in node.entries]
        for side in sides:
            message = f"{path[-1]} is there already, so it cannot say {side}"
            help = "only a new node says where it stands"
            self.add(Problem("override-order", message, node.keys[side], ".".join(path), help=help))
        return without(node, sides)

    def miss(self, base: Fields, path: tuple[str, ...], mark: Mark, why: str = "") -> None:
        known = list(dict.fromkeys([*base.entries, *(sorted(self.top) if len(path) == 1 else ())]))
        help = nearest(path[-1], known) or (f"there are {listing(known)}" if known else None)
        self.report(f"{'.'.join(path)} is not there{why and ', '}{why}", mark, path, help)

    def add(self, problem: Problem) -> None:
        """Record a problem. Raises SpecError as soon as there are more than anybody reads."""
        self.problems.append(problem)
        if len(self.problems) >= MOST_PROBLEMS:
            raise SpecError(self.problems)

    def report(self, message: str, mark: Mark, path: tuple[str, ...], help: str | None) -> None:
        self.add(Problem("override-miss", message, mark, ".".join(path), help=help))


class _Order:
    """Names in a row, each of which can get a new one beside it at once."""

    def __init__(self, names: Iterable[str]) -> None:
        self._next: dict[str | None, str | None] = {None: None}  # None stands before the first and behind the last
        self._before: dict[str | None, str | None] = {None: None}
        self._tail: dict[str, str] = {}  # the new node that was put last behind a name: the next one goes behind it
        for name in names:
            self.append(name)

    def __contains__(self, name: str) -> bool:
        return name in self._next

    def __iter__(self) -> Iterator[str]:
        at = self._next[None]
        while at is not None:
            yield at
            at = self._next[at]

    def append(self, name: str) -> None:
        self._insert(name, self._before[None])

    def put(self, place: _Place) -> None:
        """Put a new node beside its sibling: before it, or behind those that were put after it already."""
        if place.side == "before":
            self._insert(place.name, self._before[place.sibling])
            return
        tail, passed = place.sibling, []
        while tail in self._tail:
            passed.append(tail)
            tail = self._tail[tail]
        for name in (*passed, tail):  # so that the way is short the next time
            self._tail[name] = place.name
        self._insert(place.name, tail)

    def _insert(self, name: str, before: str | None) -> None:
        behind = self._next[before]
        self._next[before], self._next[name] = name, behind
        self._before[behind], self._before[name] = name, before


def _in_turn(places: Mapping[str, _Place], order: _Order) -> Iterator[_Place]:
    """The new nodes, each behind its sibling; in the order of the text, where that leaves a choice."""
    number = {name: index for index, name in enumerate(places)}
    names = list(places)
    waiting: dict[str, list[int]] = {}
    for name, place in places.items():
        waiting.setdefault(place.sibling, []).append(number[name])
    ready = [index for sibling, indices in waiting.items() if sibling in order for index in indices]
    heapify(ready)
    while ready:
        name = names[heappop(ready)]
        yield places[name]
        for index in waiting.get(name, ()):
            heappush(ready, index)


def _below(kind: Kind, name: str) -> Kind:
    """What the mapping under a name holds."""
    if kind in ("document", "block"):  # the keys that a block shares with a document hold the same
        return DOCUMENT_KEYS[name].holds if name in DOCUMENT_KEYS else "values"
    if kind == "node":
        return "values" if name in NODE_KEYS else "slots"
    below: dict[Kind, Kind] = {"nodes": "node", "blocks": "block", "slots": "slots"}
    return below.get(kind, "values")


def _merges(old: Tree, new: Tree) -> bool:
    """Whether two mappings go together: unless another `block` makes it another thing."""
    if not (isinstance(old, Fields) and isinstance(new, Fields)):
        return False
    before, after = old.entries.get("block"), new.entries.get("block")
    both = isinstance(before, Leaf) and isinstance(after, Leaf) and after.value is not None
    return not (both and _value(before) != _value(after))


def _value(tree: Tree | None) -> object:
    return tree.value if isinstance(tree, Leaf) else None


def _is_short_slot(old: Tree, kind: Kind, below: Kind, name: str) -> bool:
    """Whether a text stands for a block: `attention: re_attention`."""
    place = below == "slots" or kind in ("nodes", "slots", "names")
    return isinstance(old, Leaf) and isinstance(old.value, str) and place and name != "block"


def _mark(source: Source, start: int, end: int) -> Mark:
    line = source.text.count("\n", 0, start) + 1
    before = source.text.rfind("\n", 0, start) + 1
    return Mark(source, line, start - before + 1, line, end - before + 1)


def _usage(source: Source, start: int, end: int, message: str, help: str | None = None) -> SpecError:
    help = help or "write key=value, as in graph.stage3.repeat=12"
    return SpecError(Problem("usage-set", message, _mark(source, start, end), help=help))
