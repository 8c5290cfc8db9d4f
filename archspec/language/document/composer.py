"""Parser events → tree."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import yaml

from archspec.errors import MOST_PROBLEMS, Mark, Problem, SpecError, nearest
from archspec.language.document.cut import cut_expression, cut_problem
from archspec.language.document.positions import Positions
from archspec.language.document.scalar import resolve
from archspec.language.document.tree import MOST_LEVELS, Fields, Items, Leaf, Scalar, Tree

MOST_NODES = 100_000
"""How many values a document may have, each alias counted as the values that it stands for."""

if TYPE_CHECKING:
    from archspec.language.document.slips import Before

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TAG = "tag:yaml.org,2002:"
_TYPES: dict[str, type | tuple[type, ...]] = {"null": type(None), "bool": bool, "int": int, "float": (int, float)}


@dataclass(frozen=True, slots=True)
class _Done:
    """A finished tree, its size with aliases written out, and a scalar's text, which is its name as a key."""

    tree: Tree
    nodes: int = 1
    height: int = 0
    text: str | None = None


@dataclass(slots=True)
class _Open:
    """A collection whose end is not yet read."""

    mapping: bool
    flow: bool
    anchor: str | None
    start: int
    last: Mark
    items: list[Tree] = field(default_factory=list)
    entries: dict[str, Tree] = field(default_factory=dict)
    keys: dict[str, Mark] = field(default_factory=dict)
    at_key: bool = True
    key: str | None = None  # None before the value of a faulty key
    nodes: int = 1
    height: int = 1


class Composer:
    """Builds the tree of one text. Its own stack bounds depth and aliases before they cost time or memory."""

    def __init__(self, positions: Positions) -> None:
        self.positions, self.source, self.text = positions, positions.source, positions.source.text
        self.mark = positions.mark
        self.problems: list[Problem] = []
        self.anchors: dict[str, _Done | None] = {}  # None while the anchored collection is open
        self.open: list[_Open] = []
        self.root: Tree | None = None
        self.nodes = 0
        self.pairs = False
        """Whether the text has escaped pairs, which are mended in each scalar."""
        self.scalar: range | None = None  # the last that was read
        self.quoted = False
        self.cut = range(0)  # the last expression that a comma or bracket has cut

    def compose(self, start: int) -> Tree | None:
        """The tree of the text from `start` on; None for an empty text. Raises SpecError with every problem."""
        try:
            text = self._without_pairs()
            for event in yaml.parse(" " * start + text[start:], Loader=_LOADER):
                self._take(event)
        except yaml.MarkedYAMLError as error:
            self._add_syntax_problem(error)
        except (yaml.YAMLError, ValueError, OverflowError) as error:
            self.problems.append(Problem("yaml-syntax", f"the text is not YAML: {str(error).splitlines()[0].lower()}"))
        if self.problems:
            raise SpecError(self.problems)
        return self.root

    def _without_pairs(self) -> str:
        """The text as the parser reads it: with stand-ins for surrogate pairs, which few texts have."""
        if "\\ud" not in self.text and "\\uD" not in self.text:
            return self.text
        from archspec.language.document.surrogates import hidden

        text = hidden(self.text)
        self.pairs = text is not self.text
        return text

    def _add_syntax_problem(self, error: yaml.MarkedYAMLError) -> None:
        from archspec.language.document import syntax  # most texts have no such fault

        if syntax.is_too_deep(error):
            self.problems.append(syntax.depth_problem(self.positions, len(self.open)))
            return
        at = syntax.offset_of(error)
        if not (self.cut and self.cut.start <= at <= self.cut.stop):  # a cut expression is one problem, not two
            self.problems.append(syntax.syntax_problem(error, self.positions, self._before()))

    def _before(self) -> Before:
        """What was read before a fault in the syntax."""
        from archspec.language.document.slips import Before

        top = self.open[-1] if self.open else None
        key = bool(top and top.mapping and not top.at_key)
        return Before(self.scalar, self.quoted, key, top.start if top and top.flow else None)

    def _report(self, problem: Problem) -> None:
        if len(self.problems) >= MOST_PROBLEMS:
            raise self._refusal(replace(problem, message=f"{problem.message}; what follows is not read", notes=()))
        self.problems.append(problem)

    def _refusal(self, problem: Problem) -> SpecError:
        """The error for a problem after which the text is not read on."""
        return SpecError([*self.problems, problem])

    def _take(self, event: Any) -> None:
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event)
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event)
        elif isinstance(event, yaml.CollectionStartEvent):
            self._begin(event)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._end(event)
        elif isinstance(event, yaml.DocumentStartEvent) and self.root is not None:
            begin: Any = event.start_mark
            message, help = "a second document begins here", "keep one document in a file, and remove the ---"
            mark = self.mark(begin.index, begin.index + 3)
            raise self._refusal(Problem("yaml-documents", message, mark, help=help))

    def _scalar(self, event: Any) -> None:
        start, text, quoted = event.start_mark.index, event.value, bool(event.style)
        self.scalar, self.quoted = range(start, event.end_mark.index), event.style in ("'", '"')
        mark = self.mark(start, event.end_mark.index)
        if self.pairs:
            from archspec.language.document.surrogates import shown

            text = shown(text, escaped=event.style == '"')
        if not quoted and self.open and self.open[-1].flow and text.startswith("$("):
            self._check_whole(self.text.find("$(", start))
        if any("\ud800" <= char <= "\udfff" for char in text):  # PyYAML's own parser lets them pass
            self._report(Problem("yaml-syntax", "half a surrogate pair is no character", mark))
            text = ""
        at_key = bool(self.open) and self.open[-1].mapping and self.open[-1].at_key
        scalar = text if at_key and event.tag is None else self._resolve(text, event.tag, quoted, mark)
        self._finish(_Done(Leaf(scalar, mark, not quoted), text=text), event.anchor, mark)

    def _check_whole(self, start: int) -> None:
        """Report an expression in `{ }` or `[ ]` that YAML cuts, once."""
        expression = cut_expression(self.text, start)
        if expression and start not in self.cut:
            self.cut = range(start, start + len(expression))
            self._report(cut_problem(expression, self.mark(self.cut.start, self.cut.stop)))

    def _resolve(self, text: str, tag: str | None, quoted: bool, mark: Mark) -> Scalar:
        word = (tag or "").removeprefix(_TAG)
        if tag == "!" or word == "str" or (tag is None and quoted):
            return text
        if tag is not None and word not in _TYPES:
            self._report(_tag_problem(tag, "a single value", mark))
            return text
        try:
            scalar = resolve(text)
        except ValueError as error:
            self._report(Problem("yaml-number", str(error), mark, help="quote it if it is a text"))
            return None
        kind = _TYPES.get(word)
        if kind and (not isinstance(scalar, kind) or (isinstance(scalar, bool) and word != "bool")):
            message = f"!!{word} stands before {text[:40]!r}, which is none"
            self._report(Problem("yaml-tag", message, mark, help="remove the tag"))
            return None
        return float(scalar) if word == "float" and isinstance(scalar, int) else scalar

    def _alias(self, event: Any) -> None:
        name, mark = event.anchor, self.mark(event.start_mark.index, event.end_mark.index)
        done = self.anchors.get(name)
        if done is None:
            within = name in self.anchors
            message = f"*{name} stands inside the value that it names" if within else f"there is no anchor &{name}"
            help = None if within else nearest(name, self.anchors)
            self._report(Problem("yaml-alias", message, mark, help=help))
            done = _Done(Leaf(None, mark), text=name)
        if len(self.open) + done.height > MOST_LEVELS:
            message = f"*{name} is nested deeper than {MOST_LEVELS} levels"
            raise self._refusal(Problem("yaml-depth", message, mark))
        self._finish(done, None, mark, alias=True)

    def _begin(self, event: Any) -> None:
        start, mapping = event.start_mark.index, isinstance(event, yaml.MappingStartEvent)
        mark = self.mark(start, event.end_mark.index)
        if len(self.open) >= MOST_LEVELS:
            message = f"values are nested deeper than {MOST_LEVELS} levels"
            raise self._refusal(Problem("yaml-depth", message, mark))
        if event.tag not in (None, "!", _TAG + ("map" if mapping else "seq")):
            self._report(_tag_problem(event.tag, "a mapping" if mapping else "a list", mark))
        if event.anchor:
            self.anchors[event.anchor] = None
        self.open.append(_Open(mapping, bool(event.flow_style), event.anchor, start, mark))

    def _end(self, event: Any) -> None:
        top = self.open.pop()
        if top.flow:
            mark = self.mark(top.start, event.end_mark.index)
        else:  # the parser ends a block only where the next thing begins
            mark = Mark(self.source, *self.positions.place(top.start), top.last.end_line, top.last.end_column)
        tree = Fields(top.entries, top.keys, mark) if top.mapping else Items(tuple(top.items), mark)
        self._finish(_Done(tree, top.nodes, top.height), top.anchor, mark)

    def _finish(self, done: _Done, anchor: str | None, mark: Mark, *, alias: bool = False) -> None:
        """Put a finished tree into the collection around it."""
        self.nodes += done.nodes if alias else 1
        if self.nodes > MOST_NODES:
            written = "with its aliases written out, " if alias else ""
            code = "yaml-alias" if alias else "yaml-too-large"
            raise self._refusal(Problem(code, f"{written}the document has more than {MOST_NODES:,} values", mark))
        if anchor:
            self.anchors[anchor] = done
        if not self.open:
            self.root = done.tree
            return
        top = self.open[-1]
        top.nodes, top.height, top.last = top.nodes + done.nodes, max(top.height, done.height + 1), mark
        if not top.mapping:
            top.items.append(done.tree)
        elif top.at_key:
            top.key, top.at_key = self._key(done, top, mark), False
        else:
            top.at_key = True
            if top.key is not None:
                top.entries[top.key] = done.tree

    def _key(self, done: _Done, top: _Open, mark: Mark) -> str | None:
        """The name that a key gives to its value; None for a faulty key, which is reported."""
        if self.cut and self.positions.offset(mark) in self.cut:
            return None
        problem = _key_problem(done, top, mark)
        if problem:
            self._report(problem)
            return None
        assert done.text is not None
        top.keys[done.text] = mark
        return done.text


def _key_problem(done: _Done, top: _Open, mark: Mark) -> Problem | None:
    tree, name = done.tree, done.text
    if name is None:
        kind = "a mapping" if isinstance(tree, Fields) else "a list"
        help = "in {{ … }} or [[ … ]] the inner brackets make a key: write one pair, or quote the text"
        return Problem("yaml-key", f"a key is one word, not {kind}", mark, help=help if top.flow else None)
    if isinstance(tree, Leaf) and tree.plain and not name:
        return Problem("yaml-key", "a key is missing before `:`", mark)
    if name == "<<" and isinstance(tree, Leaf) and tree.plain:
        help = "use variants or extends instead"
        return Problem("yaml-merge-key", "merge keys (<<) are not read", mark, help=help)
    if name in top.keys:
        first = top.keys[name]
        message = f"{name} stands twice in one mapping, in lines {first.line} and {mark.line}"
        return Problem("yaml-duplicate-key", message, mark, notes=(f"first: {first}",), help="keep one of them")
    return None


def _tag_problem(tag: str, kind: str, mark: Mark) -> Problem:
    shown = "!!" + tag.removeprefix(_TAG) if tag.startswith(_TAG) else tag
    known = "!!str, !!int, !!float, !!bool, !!null, !!map, !!seq"
    help = f"remove the tag: only {known} are known, each on its own kind"
    return Problem("yaml-tag", f"the tag {shown[:60]} does not go with {kind}", mark, help=help)
