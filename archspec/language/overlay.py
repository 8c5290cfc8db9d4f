"""One merge rule: how a variant, an extending document or `--set` changes a document."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from archspec.errors import Mark, Problem, Source, SpecError, listing, nearest
from archspec.language.document import MOST_LEVELS, Fields, Items, Leaf, Tree, value

# what a mapping holds, which decides what an override may add to it
_TOP, _CLOSED, _NODES, _NODE, _SLOTS, _FREE = "top", "closed", "nodes", "node", "slots", "free"
_BELOW_TOP = {"params": _CLOSED, "inputs": _CLOSED, "graph": _NODES, "blocks": "blocks", "defaults": _SLOTS}
_WIRING = ("from", "repeat", "when", "share")  # a node's keys that are no slots


def merge(base: Fields, over: Fields, problems: list[Problem], *, top: frozenset[str] = frozenset()) -> Fields:
    """`base` with `over` laid on it; `top` names the keys that may be new at the top level. Faults go to `problems`."""
    return _Merge(problems, top).mapping(base, over, _TOP, ())


def overlay_of(setting: str) -> Fields:
    """`graph.stage3.repeat=12`, as `--set` takes it, as an overlay; its marks point into the setting."""
    source = Source("--set", setting)
    path, equals, written = setting.partition("=")
    if not equals:
        raise _usage(source, 0, len(setting), f"{setting[:80]!r} sets nothing: there is no =")
    if not written.strip():
        raise _usage(
            source,
            0,
            len(setting),
            f"{path} is set to nothing",
            f"write {path}=null to remove it, {path}='' for no text",
        )
    words, at, found = path.split("."), 0, []
    for word in words:
        start = at + len(word) - len(word.lstrip())
        if not word.strip():
            raise _usage(source, at, max(at + 1, at + len(word)), f"a name is missing in {path[:80]!r}")
        found.append((word.strip(), _mark(source, start, start + len(word.strip()))))
        at += len(word) + 1
    if len(found) > MOST_LEVELS // 2:
        raise _usage(
            source, 0, len(path), f"a path of {len(found)} names is longer than the {MOST_LEVELS // 2} that are read"
        )
    tree: Tree = value(source, len(path) + 1)
    for name, mark in reversed(found):
        tree = Fields({name: tree}, {name: mark}, mark)
    assert isinstance(tree, Fields)
    return tree


@dataclass(frozen=True, slots=True)
class _Merge:
    """One merge, on its way down both trees."""

    problems: list[Problem]
    top: frozenset[str]

    def mapping(self, base: Fields, over: Fields, kind: str, path: tuple[str, ...]) -> Fields:
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
        if kind == _NODES:
            entries = self.ordered(entries, fresh, over, path)
        for name in removed:  # only now, so that a new node may still say where it stands by a removed one
            entries.pop(name, None)
            keys.pop(name, None)
        return Fields(entries, {name: keys[name] for name in entries}, base.mark, base.earlier)

    def added(self, base: Fields, new: Tree, kind: str, path: tuple[str, ...], mark: Mark) -> Tree | None:
        """What enters under a name that is not there yet, if anything may."""
        below = _below(kind, path[-1])
        known = kind not in (_TOP, _CLOSED) or (kind == _TOP and path[-1] in self.top)
        if kind == _NODES and not (isinstance(new, Fields) and ("block" in new.entries or "share" in new.entries)):
            self.miss(base, path, mark, "and a new node says its block")
            return None
        if not known:
            self.miss(base, path, mark)
            return None
        if isinstance(new, Fields) and below in (_CLOSED, _NODES) and kind == _TOP:
            return self.mapping(Fields({}, {}, new.mark), new, below, path)
        return new

    def changed(self, old: Tree, new: Tree, kind: str, path: tuple[str, ...], mark: Mark) -> Tree:
        """What stands under a name that both sides have."""
        below = _below(kind, path[-1])
        if kind == _NODES and isinstance(new, Fields):
            new = self.unordered(new, path)
        if isinstance(new, Fields) and isinstance(old, Fields) and _merges(old, new):
            return self.mapping(old, new, below, path)
        if isinstance(new, Fields) and isinstance(old, Items) and all(name.isdecimal() for name in new.entries):
            self.report(
                f"{'.'.join(path)} is a list, whose items are not set one by one", mark, path, "set the whole list"
            )
            return old
        if isinstance(new, Fields) and "block" not in new.entries and _is_short_slot(old, kind, below, path[-1]):
            keys = {"block": old.mark, **new.keys}
            new = Fields({"block": old, **new.entries}, keys, new.mark, new.earlier)
        return replace(new, earlier=(*old.earlier, old, *new.earlier))

    def ordered(
        self, entries: dict[str, Tree], fresh: list[str], over: Fields, path: tuple[str, ...]
    ) -> dict[str, Tree]:
        """The nodes with each new one where its `after` or `before` puts it; the two keys are used up by this."""
        order = [name for name in entries if name not in fresh]
        last: dict[str, str] = {}  # the new node that was put last behind a sibling: the next one goes behind it
        waiting = []
        for name in fresh:
            node = entries[name]
            entries[name], place = self.place(node, (*path, name))
            if place:
                waiting.append((name, *place))
            else:
                order.append(name)
        while waiting:
            ready = next((item for item in waiting if item[2] in order), None)
            if ready is None:
                break
            waiting.remove(ready)
            name, side, sibling, _ = ready
            at = order.index(sibling)
            if side == "after":
                tail = sibling
                while tail in last:
                    tail = last[tail]
                last[sibling] = name if tail == sibling else last[sibling]
                if tail != sibling:
                    last[tail] = name
                at = order.index(tail) + 1
            order.insert(at, name)
        for name, side, sibling, mark in waiting:
            circle = any(sibling == item[0] for item in waiting)
            reason = "wait for each other" if circle else f"there is no node {sibling}"
            message = f"{name} says {side}: {sibling}, but " + (f"the two {reason}" if circle else reason)
            help = None if circle else nearest(sibling, order) or f"there are {listing(order)}"
            self.problems.append(Problem("override-order", message, mark, ".".join((*path, name)), help=help))
            order.append(name)
        return {name: entries[name] for name in order}

    def place(self, node: Tree, path: tuple[str, ...]) -> tuple[Tree, tuple[str, str, Mark] | None]:
        """A new node without `after` and `before`, and what they said."""
        if not isinstance(node, Fields):
            return node, None
        said = [side for side in ("after", "before") if side in node.entries]
        bare = _without(node, said)
        if len(said) == 2:
            message = f"{path[-1]} says both after and before"
            self.problems.append(
                Problem("override-order", message, node.keys["before"], ".".join(path), help="keep one")
            )
            return bare, None
        for side in said:
            sibling = node.entries[side]
            if isinstance(sibling, Leaf) and sibling.value is not None:
                return bare, (side, str(sibling.value), sibling.mark)
            message = f"{path[-1]} says {side} without the name of one node"
            self.problems.append(Problem("override-order", message, sibling.mark, ".".join(path)))
        return bare, None

    def unordered(self, node: Fields, path: tuple[str, ...]) -> Fields:
        """An override of a node that is there, which therefore has its place."""
        said = [side for side in ("after", "before") if side in node.entries]
        for side in said:
            message = f"{path[-1]} is there already, so it cannot say {side}"
            help = "only a new node says where it stands"
            self.problems.append(Problem("override-order", message, node.keys[side], ".".join(path), help=help))
        return _without(node, said)

    def miss(self, base: Fields, path: tuple[str, ...], mark: Mark, why: str = "") -> None:
        known = list(dict.fromkeys([*base.entries, *(sorted(self.top) if len(path) == 1 else ())]))
        help = nearest(path[-1], known) or (f"there are {listing(known)}" if known else None)
        self.report(f"{'.'.join(path)} is not there{why and ', '}{why}", mark, path, help)

    def report(self, message: str, mark: Mark, path: tuple[str, ...], help: str | None) -> None:
        self.problems.append(Problem("override-miss", message, mark, ".".join(path), help=help))


def _below(kind: str, name: str) -> str:
    """What the mapping under a name holds."""
    if kind == _TOP:
        return _BELOW_TOP.get(name, _FREE)
    if kind == _NODES:
        return _NODE
    if kind == "blocks":
        return "definition"
    if kind == "definition":
        return {"graph": _NODES, "params": _CLOSED}.get(name, _FREE)
    if kind == _NODE:
        return _NODES if name == "graph" else _FREE if name in _WIRING else _SLOTS
    return kind if kind == _SLOTS else _FREE


def _merges(old: Tree, new: Tree) -> bool:
    """Whether two mappings go together: unless another `block` makes it another thing."""
    if not (isinstance(old, Fields) and isinstance(new, Fields)):
        return False
    before, after = old.entries.get("block"), new.entries.get("block")
    both = isinstance(before, Leaf) and isinstance(after, Leaf) and after.value is not None
    return not (both and _value(before) != _value(after))


def _value(tree: Tree | None) -> object:
    return tree.value if isinstance(tree, Leaf) else None


def _is_short_slot(old: Tree, kind: str, below: str, name: str) -> bool:
    """Whether a text stands for a block: `attention: re_attention`."""
    place = kind == _NODES or below == _SLOTS or kind in (_SLOTS, _CLOSED)
    return isinstance(old, Leaf) and isinstance(old.value, str) and place and name != "block"


def _without(node: Fields, names: Iterable[str]) -> Fields:
    entries = {name: tree for name, tree in node.entries.items() if name not in names}
    return replace(node, entries=entries, keys={name: node.keys[name] for name in entries}) if names else node


def _mark(source: Source, start: int, end: int) -> Mark:
    line = source.text.count("\n", 0, start) + 1
    before = source.text.rfind("\n", 0, start) + 1
    return Mark(source, line, start - before + 1, line, end - before + 1)


def _usage(source: Source, start: int, end: int, message: str, help: str | None = None) -> SpecError:
    help = help or "write key=value, as in graph.stage3.repeat=12"
    return SpecError(Problem("usage-set", message, _mark(source, start, end), help=help))
