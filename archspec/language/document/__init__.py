"""Text ⇄ tree: YAML 1.2 read into nodes that know their place, and plain data written back in the same dialect."""

from __future__ import annotations

import json
import math
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from archspec.errors import MOST_PROBLEMS, Mark, Problem, Source, SpecError, nearest
from archspec.language.document.source import MOST_BYTES, too_large
from archspec.language.document.source import note as note
from archspec.language.document.source import noting as noting
from archspec.language.document.source import read as read

Scalar = None | bool | int | float | str

MOST_NODES = 100_000  # with aliases written out
MOST_LEVELS = 100
MOST_DIGITS = 30

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TAG = "tag:yaml.org,2002:"
_TYPES: dict[str, type | tuple[type, ...]] = {"null": type(None), "bool": bool, "int": int, "float": (int, float)}
_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_WORDS: dict[str, Scalar] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **{f"{sign}.{word}": float(f"{sign}inf") for sign in ("", "+", "-") for word in ("inf", "Inf", "INF")},
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
}
# Compiled when they are first needed: such wide ranges take the better part of reading a small file.
_UNREADABLE = "[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
_UNREADABLE_ASCII = "[^\t\n\r -~]"
_ESCAPED = "[^ -~\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
_PLAIN = re.compile(r"[^\W\d$][\w .()/*+%=<>-]*(?:://[\w./%=+-]*)?|\$[\w .()/*+%=<>-]+")
_PLAIN_KEY = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


@dataclass(frozen=True, slots=True, eq=False)
class Leaf:
    """A scalar; `earlier` holds the trees that it replaced, oldest first."""

    value: Scalar
    mark: Mark
    plain: bool = True  # False when quoted
    earlier: tuple[Tree, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Items:
    """A list of trees."""

    items: tuple[Tree, ...]
    mark: Mark
    earlier: tuple[Tree, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Fields:
    """Trees by name, in the order of the text, and the mark of each name."""

    entries: dict[str, Tree]
    keys: dict[str, Mark]
    mark: Mark
    earlier: tuple[Tree, ...] = ()


Tree = Leaf | Items | Fields


def parse(source: Source) -> Fields:
    """The tree of a document, whose top level is a mapping."""
    tree = value(source)
    if isinstance(tree, Fields):
        return tree
    if _is_empty(tree):
        raise SpecError(_empty(tree.mark.source))
    kind = "a list" if isinstance(tree, Items) else "a single value"
    raise SpecError(Problem("yaml-top-level", f"the document is {kind}, not a mapping of keys to values", tree.mark))


def value(source: Source, start: int = 0) -> Tree:
    """The one tree written in `source` from character `start` on; its top level may be anything."""
    if source.text.startswith("\ufeff"):
        source = Source(source.name, source.text[1:], source.path)
    composer = _Composer(source)
    tree = composer.compose(start)
    if composer.problems:
        raise SpecError(composer.problems)
    if tree is None:
        raise SpecError(_empty(source))
    return tree


def plain(tree: Tree) -> Any:
    """The tree as Python data."""
    if isinstance(tree, Fields):
        return {key: plain(item) for key, item in tree.entries.items()}
    return [plain(item) for item in tree.items] if isinstance(tree, Items) else tree.value


def locate(tree: Tree, path: Iterable[str | int]) -> Tree | None:
    """The tree at the end of a path of keys and list positions, where there is one."""
    found: Tree | None = tree
    for step in path:
        if isinstance(found, Fields):
            found = found.entries.get(str(step))
        elif isinstance(found, Items) and re.fullmatch("[0-9]{1,9}", str(step)):
            found = found.items[int(step)] if int(step) < len(found.items) else None
        else:
            return None
    return found


def dump(data: Any) -> str:
    """Plain data as text that reads back equal; ValueError or TypeError for what our YAML cannot say."""
    return "\n".join(_lines(data, "") if isinstance(data, dict) and data else [inline(data)]) + "\n"


def _empty(source: Source) -> Problem:
    return Problem("yaml-empty", "the document is empty", Mark(source, 1, 1, 1, 1))


def _is_empty(tree: Tree) -> bool:
    """Whether nothing at all was written where the tree stands."""
    mark = tree.mark
    return isinstance(tree, Leaf) and tree.plain and (mark.line, mark.column) == (mark.end_line, mark.end_column)


# --- text → tree -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Done:
    """A finished tree; what it weighs with its aliases written out; and a scalar's text, which is its name as a key."""

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
    key: str | None = None  # None while a value follows whose key is at fault
    nodes: int = 1
    height: int = 1


class _RefusedError(Exception):
    """What ends the reading at once."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


class _Composer:
    """Builds the tree from parser events on a stack of its own: depth and aliases are bounded before they cost."""

    def __init__(self, source: Source) -> None:
        self.source, self.text = source, source.text
        self.starts = [0, *(match.end() for match in re.finditer("\n", source.text))]
        self.problems: list[Problem] = []
        self.anchors: dict[str, _Done | None] = {}  # None while the anchored collection is open
        self.open: list[_Open] = []
        self.root: Tree | None = None
        self.nodes = 0
        self.torn = range(0)  # the last expression that a comma or bracket has cut

    def compose(self, start: int) -> Tree | None:
        """The tree; with problems found, what could be built of it."""
        try:
            self.refuse_unreadable()
            for event in yaml.parse(" " * start + self.text[start:], Loader=_LOADER):
                self.take(event)
        except _RefusedError as refused:
            self.problems.append(refused.problem)
        except yaml.MarkedYAMLError as error:
            where: Any = error.problem_mark or error.context_mark
            at = where.index if where else 0
            if "nesting depth" in str(error).lower():  # libyaml reads ahead of its events
                at = self.too_deep()
                message = f"values are nested deeper than {MOST_LEVELS} levels"
                self.problems.append(Problem("yaml-depth", message, self.mark(at, at + 1)))
                return self.root
            if not (self.torn and self.torn.start <= at <= self.torn.stop):  # that one is already told
                self.problems.append(self.syntax(error, at))
        except (yaml.YAMLError, ValueError, OverflowError) as error:
            self.problems.append(Problem("yaml-syntax", f"the text is not YAML: {str(error).splitlines()[0].lower()}"))
        return self.root

    def too_deep(self) -> int:
        """Where the brackets of the text first stand deeper than is read."""
        depth = len(self.open)
        for at in range(self.text.find("[" if "[" in self.text else "{"), len(self.text)):
            depth += (self.text[at] in "[{") - (self.text[at] in "]}")
            if depth > MOST_LEVELS:
                return at
        return 0

    def mark(self, start: int, end: int) -> Mark:
        while end > start and self.text[end - 1].isspace():
            end -= 1
        return Mark(self.source, *self.place(start), *self.place(end))

    def place(self, index: int) -> tuple[int, int]:
        line = bisect_right(self.starts, index)
        return line, index - self.starts[line - 1] + 1

    def report(self, code: str, message: str, mark: Mark, help: str | None = None, notes: tuple[str, ...] = ()) -> None:
        if len(self.problems) >= MOST_PROBLEMS:
            raise _RefusedError(Problem(code, f"{message}; what follows is not read", mark, help=help))
        self.problems.append(Problem(code, message, mark, notes=notes, help=help))

    def refuse_unreadable(self) -> None:
        if len(self.text) > MOST_BYTES:
            raise _RefusedError(too_large(self.source.name, len(self.text)))
        if found := re.search(_UNREADABLE_ASCII if self.text.isascii() else _UNREADABLE, self.text):
            at = self.mark(found.start(), found.end())
            message = f"the character U+{ord(found[0]):04X} cannot stand in a spec"
            raise _RefusedError(Problem("file-binary", message, at))

    def take(self, event: Any) -> None:
        if isinstance(event, yaml.ScalarEvent):
            self.scalar(event)
        elif isinstance(event, yaml.AliasEvent):
            self.alias(event)
        elif isinstance(event, yaml.CollectionStartEvent):
            self.begin(event)
        elif isinstance(event, yaml.CollectionEndEvent):
            self.end(event)
        elif isinstance(event, yaml.DocumentStartEvent) and self.root is not None:
            begin: Any = event.start_mark
            message, help = "a second document begins here", "keep one document in a file, and remove the ---"
            raise _RefusedError(Problem("yaml-documents", message, self.mark(begin.index, begin.index + 3), help=help))

    def scalar(self, event: Any) -> None:
        start, text, quoted = event.start_mark.index, event.value, bool(event.style)
        mark = self.mark(start, event.end_mark.index)
        if not quoted and self.open and self.open[-1].flow and text.startswith("$("):
            self.check_whole(self.text.find("$(", start))
        if any("\ud800" <= char <= "\udfff" for char in text):  # PyYAML's own parser lets them pass
            self.report("yaml-syntax", "half a surrogate pair is no character", mark)
            text = ""
        at_key = bool(self.open) and self.open[-1].mapping and self.open[-1].at_key
        found = text if at_key and event.tag is None else self.resolve(text, event.tag, quoted, mark)
        leaf = Leaf(found, mark, not quoted)
        self.finish(_Done(leaf, text=text), event.anchor, mark)

    def resolve(self, text: str, tag: str | None, quoted: bool, mark: Mark) -> Scalar:
        word = (tag or "").removeprefix(_TAG)
        if tag == "!" or word == "str" or (tag is None and quoted):
            return text
        if tag is not None and word not in _TYPES:
            self.report_tag(tag, "a single value", mark)
            return text
        try:
            found = _resolve(text)
        except ValueError as error:
            self.report("yaml-number", str(error), mark, help="quote it if it is a text")
            return None
        wanted = _TYPES.get(word)
        if wanted and (not isinstance(found, wanted) or (isinstance(found, bool) and word != "bool")):
            self.report("yaml-tag", f"!!{word} stands before {text[:40]!r}, which is none", mark, help="remove the tag")
            return None
        return float(found) if word == "float" and isinstance(found, int) else found

    def report_tag(self, tag: str, kind: str, mark: Mark) -> None:
        shown = "!!" + tag.removeprefix(_TAG) if tag.startswith(_TAG) else tag
        known = "!!str, !!int, !!float, !!bool, !!null, !!map, !!seq"
        help = f"remove the tag: only {known} are known, each on its own kind"
        self.report("yaml-tag", f"the tag {shown[:60]} does not go with {kind}", mark, help)

    def check_whole(self, start: int) -> None:
        """Tells of an expression that YAML has cut at a comma or bracket, because it stands unquoted in { } or [ ]."""
        whole = _expression(self.text, start)
        end = start + len(whole)
        if not re.search(r"[][{},]", whole) or start in self.torn:
            return
        self.torn = range(start, end)
        shown = re.sub(r"\s+", " ", whole)
        quote = "'" if '"' in whole else '"'
        cut = re.search(r"[][{},]", whole)
        message = f"unquoted within {{ }} or [ ], the expression {shown} ends at its `{cut[0] if cut else ','}`"
        self.report("yaml-expression-comma", message, self.mark(start, end), f"quote it: {quote}{shown}{quote}")

    def alias(self, event: Any) -> None:
        name, mark = event.anchor, self.mark(event.start_mark.index, event.end_mark.index)
        done = self.anchors.get(name)
        if done is None:
            within = name in self.anchors
            message = f"*{name} stands inside the value that it names" if within else f"there is no anchor &{name}"
            self.report("yaml-alias", message, mark, None if within else nearest(name, self.anchors))
            done = _Done(Leaf(None, mark), text=name)
        if len(self.open) + done.height > MOST_LEVELS:
            raise _RefusedError(Problem("yaml-depth", f"*{name} is nested deeper than {MOST_LEVELS} levels", mark))
        self.finish(done, None, mark, alias=True)

    def begin(self, event: Any) -> None:
        start, mapping = event.start_mark.index, isinstance(event, yaml.MappingStartEvent)
        mark = self.mark(start, event.end_mark.index)
        if len(self.open) >= MOST_LEVELS:
            raise _RefusedError(Problem("yaml-depth", f"values are nested deeper than {MOST_LEVELS} levels", mark))
        if event.tag not in (None, "!", _TAG + ("map" if mapping else "seq")):
            self.report_tag(event.tag, "a mapping" if mapping else "a list", mark)
        if event.anchor:
            self.anchors[event.anchor] = None
        self.open.append(_Open(mapping, bool(event.flow_style), event.anchor, start, mark))

    def end(self, event: Any) -> None:
        top = self.open.pop()
        if top.flow:
            mark = self.mark(top.start, event.end_mark.index)
        else:  # the parser ends a block only where the next thing begins
            mark = Mark(self.source, *self.place(top.start), top.last.end_line, top.last.end_column)
        tree = Fields(top.entries, top.keys, mark) if top.mapping else Items(tuple(top.items), mark)
        self.finish(_Done(tree, top.nodes, top.height), top.anchor, mark)

    def finish(self, done: _Done, anchor: str | None, mark: Mark, *, alias: bool = False) -> None:
        """Puts a finished tree into the collection around it."""
        self.nodes += done.nodes if alias else 1
        if self.nodes > MOST_NODES:
            written = "with its aliases written out, " if alias else ""
            code = "yaml-alias" if alias else "yaml-too-large"
            raise _RefusedError(Problem(code, f"{written}the document has more than {MOST_NODES:,} values", mark))
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
            top.key, top.at_key = self.key(done, top, mark), False
        else:
            top.at_key = True
            if top.key is not None:
                top.entries[top.key] = done.tree

    def key(self, done: _Done, top: _Open, mark: Mark) -> str | None:
        """The name a key gives, or None once its fault is reported."""
        tree, name = done.tree, done.text
        if self._in_torn(mark):
            return None
        if name is None:
            kind = "a mapping" if isinstance(tree, Fields) else "a list"
            help = "in {{ … }} or [[ … ]] the inner brackets make a key: write one pair, or quote the text"
            self.report("yaml-key", f"a key is one word, not {kind}", mark, help if top.flow else None)
        elif isinstance(tree, Leaf) and tree.plain and not name:
            self.report("yaml-key", "a key is missing before `:`", mark)
        elif name == "<<" and isinstance(tree, Leaf) and tree.plain:
            self.report("yaml-merge-key", "merge keys (<<) are not read", mark, "use variants or extends instead")
        elif name in top.keys:
            first = top.keys[name]
            message = f"{name} stands twice in one mapping, in lines {first.line} and {mark.line}"
            self.report("yaml-duplicate-key", message, mark, "keep one of them", (f"first: {first}",))
        else:
            top.keys[name] = mark
            return name
        return None

    def _in_torn(self, mark: Mark) -> bool:
        return self.starts[mark.line - 1] + mark.column - 1 in self.torn

    def syntax(self, error: yaml.MarkedYAMLError, at: int) -> Problem:
        """A parser's complaint as a sentence."""
        context: Any = error.context_mark
        began = context.index if context else at
        said = (error.problem or "").removeprefix("found ")
        char = self.text[at : at + 1]
        line = self.text[self.starts[self.place(at)[0] - 1] : at + 1]
        code, message, help = "yaml-syntax", f"{said.lower()} {error.context or ''}".strip(), None
        spaces = "give all keys of one mapping, and all - of one list, the same indentation"
        if "\t" in line and not line.strip():
            message, help = "a tab indents this line", "indent with spaces"
        elif "cannot start any token" in said:
            message, help = f"`{char}` cannot begin a value", "quote the value"
        elif "values are not allowed" in said:
            message, help = "a `:` cannot stand here", f"quote a text that holds `: `, or {spaces}"
        elif "entries are not allowed" in said:
            message, help = "a list cannot begin on the line of its key", "begin it on the next line, or write [ … ]"
        elif "end of stream" in said:
            at, message = began, "the quote that opens here is never closed"
        elif "',' or '" in said:
            closing = "}" if "'}'" in said else "]"
            opened = f"the bracket of line {self.place(began)[0]} is still open"
            message, help = f"expected , or {closing} here", opened
        elif "expected ':'" in said:
            at, message = began, "expected `:` after this key"
        elif any(word in said for word in ("block end", "expected key", "'-' indicator")):
            message, help = f"this does not continue what begins at line {self.place(began)[0]}", spaces
        elif "document start" in said:
            message, help = "this does not belong to the value before it", spaces
        elif "node content" in said:
            message = f"expected a value here, got {f'`{char}`' if char.strip() else 'the end'}"
        elif "unknown escape" in said:
            found = re.search(r"\\.?", self.text[at - 1 : at + 2] if char != "\\" else self.text[at : at + 2])
            message, help = f"{found[0] if found else 'this'} is no escape in double quotes", "use single quotes"
        elif "tag handle" in said:
            code, message, help = "yaml-tag", "this tag is not known", "remove the tag"
        elif "anchor" in (error.context or "") or "alias" in (error.context or ""):
            message, help = "expected a name after & or *", "quote a text that begins with & or *"
        return Problem(code, message, self.mark(at, min(at + 1, len(self.text))), help=help)


def _resolve(text: str) -> Scalar:
    """A plain scalar by the core schema of YAML 1.2; ValueError for a number too long or too large to be read."""
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text):
        if (digits := len(text.lstrip("+-"))) > MOST_DIGITS:
            raise ValueError(f"an integer of {digits} digits is longer than the {MOST_DIGITS} that are read")
        return int(text, {"0o": 8, "0x": 16}.get(text[:2], 10))
    if _FLOAT.fullmatch(text):
        if len(text) > 10 * MOST_DIGITS:
            raise ValueError(f"a number of {len(text)} characters is longer than the {10 * MOST_DIGITS} that are read")
        if math.isinf(number := float(text)):
            raise ValueError(f"{text[:60]} is larger than a float can be")
        return number
    return text


def _expression(text: str, start: int) -> str:
    """`$(…)` from `start` to the bracket that closes it, or nothing where none does."""
    depth, quote = 0, ""
    for index in range(start + 1, min(len(text), start + 1000)):
        char = text[index]
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        else:
            depth += (char == "(") - (char == ")")
            if not depth:
                return text[start : index + 1]
    return ""


# --- tree → text -------------------------------------------------------------------------------------------------


def _lines(data: Any, pad: str) -> Iterator[str]:
    """A mapping or list in block style."""
    if isinstance(data, dict):
        for key, item in data.items():
            word = _key(key)
            # past 1,024 characters YAML takes nothing for a key unless told
            yield from _entry(f"{pad}{word}:" if len(word) < 1000 else f"{pad}? {word}\n{pad}:", item, pad)
    else:
        for item in data:
            yield from _entry(f"{pad}-", item, pad)


def _entry(head: str, item: Any, pad: str) -> Iterator[str]:
    if isinstance(item, str) and _is_prose(item):
        yield f"{head} |" if item.endswith("\n") else f"{head} |-"
        yield from (f"{pad}  {line}" if line else "" for line in item.removesuffix("\n").split("\n"))
    elif isinstance(item, dict | list | tuple) and item and not _is_small(item):
        yield head
        yield from _lines(item, pad + "  ")
    else:
        yield f"{head} {inline(item)}"


def _is_prose(text: str) -> bool:
    """Whether a text reads back from a block of lines."""
    lines = text.removesuffix("\n").split("\n")
    printable = not re.search(_ESCAPED, text.replace("\n", ""))
    return "\n" in text and printable and bool(lines[-1].strip()) and lines[0][:1].strip() != ""


def _is_small(data: Any) -> bool:
    """Whether a collection reads best on one line."""
    items = list(data.values()) if isinstance(data, dict) else list(data)
    flat = [part for item in items for part in (item if isinstance(item, list | tuple) else [item])]
    nested = any(isinstance(part, dict | list | tuple) for part in flat)
    return len(flat) <= 24 and not nested and len(inline(data)) <= 100


def inline(data: Any) -> str:
    """`dump` on one line, as it may stand behind a key."""
    if isinstance(data, dict):
        return "{" + ", ".join(f"{_key(key)}: {inline(item)}" for key, item in data.items()) + "}"
    if isinstance(data, list | tuple):
        return "[" + ", ".join(map(inline, data)) + "]"
    if data is None or isinstance(data, bool):
        return {None: "null", True: "true", False: "false"}[data]
    if isinstance(data, int):
        if abs(data) >= 10**MOST_DIGITS:
            raise ValueError(f"an integer of more than {MOST_DIGITS} digits cannot be written")
        return str(int(data))
    if isinstance(data, float):
        return re.sub("(?=inf|nan)", ".", repr(float(data)))
    if isinstance(data, str):
        return data if _PLAIN.fullmatch(data) and data[-1] != " " and data not in _WORDS else _quoted(data)
    raise TypeError(f"a value of type {type(data).__name__} cannot be written as YAML")


def _key(key: Any) -> str:
    if not isinstance(key, str):
        raise TypeError(f"the key {key!r} is no text")
    return key if _PLAIN_KEY.fullmatch(key) else _quoted(key)


def _quoted(text: str) -> str:
    if any("\ud800" <= char <= "\udfff" for char in text):
        raise ValueError("half a surrogate pair cannot be written")
    return re.sub(_ESCAPED, lambda found: f"\\u{ord(found[0]):04x}", json.dumps(text, ensure_ascii=False))
