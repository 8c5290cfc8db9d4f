"""Renaming rules: which of another source's tensors make which of ours.

They lie beside the specs, a file for each family, which its specs name under `weights`. A file maps sources to rules,
`ours: theirs`; both directions follow from them:

    official:
      rules:
        patch_embed.proj.{p}: patch_embed.proj.{p}        # {p}: one component; another letter, {i}: a number
        stage1.{i}.{p}: transformers.{i+1}.{p}            # theirs: expressions over these and the spec's params
        stem.{*}: conv_stem.{*}                           # {*}: all the rest; gives way to rules that say more
        blocks.{i}.attn.qkv.{p}: layers.{i}.{q,k,v}_proj.{p}           # theirs, one after the other, make ours
        blocks.{i}.attn.{k,v}.{p}: layers.{i}.to_kv.{p}                # ours, one after the other, make theirs
        blocks.{i}.attn.{q,k,v}.{p}: layers.{i}.{query,key,value}.{p}  # one by one
        tokens.token: {name: [cls_token, dist_token], axis: 1}         # joined on another axis than 0
        patch_embed.proj.weight: {name: embed.weight, rearrange: "o (p1 p2 c) -> o c p1 p2"}
      drop: ["blocks.{i}.attention_bias_idxs"]            # theirs that we do without
    timm: {like: official}                                # the rules of another source, or of vit.yaml#timm, and own

`rearrange` reads from theirs to ours; sizes that our shape does not tell stand in `sizes: {h: "heads[s]"}`. Where one
of ours is cut into several of theirs, `parts: [1, 1, 2]` is the ratio of their sizes, otherwise they are equal.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import Any

from archspec.errors import Mark, Problem, Source, SpecError, listing, nearest
from archspec.language import document
from archspec.language.document import Fields, Items, Leaf, Tree
from archspec.language.expression import ExpressionError, evaluate

MOST_LIKES = 20
_BRACES = re.compile(r"\{([^{}]*)\}")
_CAUGHT = {"p": r"[^.]+", "*": r".+"}
_KEYS = ("name", "axis", "rearrange", "sizes", "parts")


@dataclass(frozen=True, slots=True)
class Link:
    """Some of theirs that make some of ours: joined along `axis`, rearranged, cut along `axis`."""

    ours: tuple[str, ...]
    theirs: tuple[str, ...]
    axis: int = 0
    rearrange: str | None = None
    sizes: Mapping[str, int] = field(default_factory=dict)
    parts: tuple[int, ...] = ()
    mark: Mark | None = None


@dataclass(frozen=True, eq=False)
class Rule:
    """One line of a file, its alternatives written out: one of ours or of theirs, or equally many."""

    ours: tuple[str, ...]
    theirs: tuple[str, ...]
    mark: Mark
    axis: int = 0
    rearrange: str | None = None
    sizes: Mapping[str, str] = field(default_factory=dict)
    parts: tuple[int, ...] = ()

    @cached_property
    def patterns(self) -> tuple[re.Pattern[str], ...]:
        return tuple(map(_pattern, self.ours))

    def says(self, place: int) -> tuple[bool, int]:
        """How much an alternative says about names: whether all of it, and how many components."""
        return "{*}" not in self.ours[place], self.ours[place].count(".")

    def match(self, name: str) -> tuple[int, tuple[tuple[str, str], ...]] | None:
        """Which alternative one of our names is, and what it catches."""
        for place, pattern in enumerate(self.patterns):
            if found := pattern.fullmatch(name):
                return place, tuple(sorted(found.groupdict().items()))
        return None

    def links(self, taken: Mapping[int, str], caught: dict[str, str], params: Mapping[str, Any]) -> list[Link]:
        """The links for the alternatives that are there, by place."""
        numbers = {name: int(text) if text.isdecimal() else text for name, text in caught.items()}
        names = {**params, **numbers}
        theirs = [self._write(template, caught, names) for template in self.theirs]
        sizes = {axis: self._evaluate(size, names) for axis, size in self.sizes.items()}
        pairs: list[tuple[tuple[str, ...], tuple[str, ...]]] = []
        if len(self.ours) == len(theirs):
            pairs = [((ours,), (theirs[place],)) for place, ours in taken.items()]
        elif len(taken) == len(self.ours):
            pairs = [(tuple(taken[place] for place in range(len(taken))), tuple(theirs))]
        return [Link(*pair, self.axis, self.rearrange, sizes, self.parts, self.mark) for pair in pairs]

    def _write(self, template: str, caught: dict[str, str], names: Mapping[str, Any]) -> str:
        def fill(braces: re.Match[str]) -> str:
            inside = braces[1]
            key = "rest" if inside == "*" else inside
            return caught[key] if key in caught else str(self._evaluate(inside, names))

        return _BRACES.sub(fill, template)

    def _evaluate(self, text: str, names: Mapping[str, Any]) -> Any:
        try:
            return evaluate(f"$({text})", names)
        except ExpressionError as error:
            notes = tuple(f"with: {name} = {value}" for name, value in error.values.items())
            problem = Problem("weights-rule", f"{text}: {error}", self.mark, notes=notes, help=error.help)
            raise SpecError(problem) from None


@dataclass(frozen=True, slots=True, eq=False)
class Dialect:
    """How one source names its tensors."""

    name: str
    rules: tuple[Rule, ...] = ()
    drops: tuple[str, ...] = ()

    def links(self, ours: Iterable[str], params: Mapping[str, Any]) -> list[Link]:
        """What each of our names comes from; a SpecError where two rules, or two names, claim the same."""
        caught: dict[tuple[int, tuple[tuple[str, str], ...]], dict[int, str]] = {}
        torn: dict[tuple[int, int], str] = {}
        for name in ours:
            found = [(number, hit) for number, rule in enumerate(self.rules) if (hit := rule.match(name))]
            said = max((self.rules[number].says(hit[0]) for number, hit in found), default=(False, 0))
            best = [(number, hit) for number, hit in found if self.rules[number].says(hit[0]) == said]
            for number, (place, groups) in best[:1]:
                caught.setdefault((number, groups), {})[place] = name
            for other, _ in best[1:]:
                torn.setdefault((best[0][0], other), name)
        problems = [self._torn(name, *numbers) for numbers, name in torn.items()]
        links = [
            link
            for (number, groups), taken in caught.items()
            for link in self.rules[number].links(taken, dict(groups), params)
        ]
        problems += self._claimed_twice(links)
        if problems:
            raise SpecError(problems)
        return links

    def _torn(self, name: str, first: int, second: int) -> Problem:
        """Two rules say equally much about one name."""
        marks = self.rules[first].mark, self.rules[second].mark
        message = f"{self.name}: {name} is matched by two rules"
        return Problem("weights-rule", message, marks[1], notes=(f"the other is at {marks[0]}",))

    def _claimed_twice(self, links: list[Link]) -> Iterable[Problem]:
        owners: dict[str, Link] = {}
        for link in links:
            for name in link.theirs:
                other = owners.setdefault(name, link)
                if other is not link:
                    message = f"{self.name}: {name} would make both {other.ours[0]} and {link.ours[0]}"
                    yield Problem("weights-rule", message, link.mark, notes=(f"the other rule is at {other.mark}",))

    def drops_name(self, name: str) -> bool:
        """Whether one of their names is known, and not wanted."""
        return any(_pattern(drop).fullmatch(name) for drop in self.drops)


def identity(name: str = "archspec") -> Dialect:
    """Our own names."""
    mark = Mark(Source("archspec", ""), 1, 1, 1, 1)
    return Dialect(name, (Rule(("{*}",), ("{*}",), mark),))


def dialects(path: str | Path) -> dict[str, Dialect]:
    """The sources of a file of rules, in its order; a SpecError with everything that is wrong with it."""
    return _Reader(Path(path)).all()


class _Reader:
    """Reads one file, and those that it is `like`."""

    def __init__(self, path: Path, opened: tuple[str, ...] = ()) -> None:
        self.path = path
        self.tree = document.parse(document.read(path))
        self.opened = opened  # the sources that are being read, `vit.yaml#timm`
        self.problems: list[Problem] = []

    def all(self) -> dict[str, Dialect]:
        found = {name: self.dialect(name) for name in self.tree.entries}
        if self.problems:
            raise SpecError({f"{problem.mark} {problem.message}": problem for problem in self.problems}.values())
        return found

    def dialect(self, name: str) -> Dialect:
        tree = self.tree.entries[name]
        if not isinstance(tree, Fields):
            self._complain(f"{name} takes a mapping with like, rules or drop", tree.mark)
            return Dialect(name)
        for key in tree.entries:
            if key not in ("like", "rules", "drop"):
                self._complain(f"{name} has no key {key}", tree.keys[key], nearest(key, ("like", "rules", "drop")))
        base = self._like(name, tree.entries["like"]) if "like" in tree.entries else Dialect(name)
        given = tree.entries.get("rules")
        if given is not None and not isinstance(given, Fields):
            self._complain(f"{name}.rules takes a mapping of ours to theirs", given.mark)
        entries = given.entries if isinstance(given, Fields) else {}
        own = [rule for ours, theirs in entries.items() if (rule := self._rule(ours, theirs))]
        said = {name for rule in own for name in rule.ours}
        kept = [rule for rule in base.rules if not said & set(rule.ours)]
        drops = self._texts(tree.entries["drop"]) if "drop" in tree.entries else ()
        for drop in drops:
            self._check(drop, tree.entries["drop"].mark)
        return Dialect(name, (*kept, *own), (*base.drops, *drops))

    def _like(self, name: str, leaf: Tree) -> Dialect:
        """The rules of another source, of this file or of one beside it."""
        text = leaf.value if isinstance(leaf, Leaf) and isinstance(leaf.value, str) else ""
        file, _, other = text.rpartition("#")
        here = (*self.opened, f"{self.path.name}#{name}")
        if f"{file or self.path.name}#{other}" in here or len(here) > MOST_LIKES:
            self._complain(f"the sources {' → '.join(here)} are like each other", leaf.mark)
            return Dialect(name)
        if file and (Path(file).name != file or "\\" in file):
            self._complain(f"{file} is no file beside this one", leaf.mark)
            return Dialect(name)
        reader = _Reader(self.path.parent / file if file else self.path, here)
        if other not in reader.tree.entries:
            near = nearest(other, reader.tree.entries) or f"there are {listing(reader.tree.entries)}"
            self._complain(f"{reader.path.name} has no source {other}", leaf.mark, near)
            return Dialect(name)
        found = reader.dialect(other)
        self.problems += reader.problems
        return found

    def _rule(self, ours: str, tree: Tree) -> Rule | None:
        left, mark = tuple(_alternatives(ours)), tree.mark
        given: dict[str, Tree] = tree.entries if isinstance(tree, Fields) else {"name": tree}
        for key in given:
            if key not in _KEYS:
                self._complain(f"a rule has no key {key}", tree.keys[key] if isinstance(tree, Fields) else mark,
                               nearest(key, _KEYS) or f"there are {', '.join(_KEYS)}")  # fmt: skip
        if "name" not in given:
            self._complain(f"{ours} does not say from which name it comes", mark)
            return None
        right = tuple(name for text in self._texts(given["name"]) for name in _alternatives(text))
        plain = {key: document.plain(item) for key, item in given.items()}
        axis, pattern, sizes, parts = (plain.get(key) for key in ("axis", "rearrange", "sizes", "parts"))
        if type(axis if axis is not None else 0) is not int:
            self._complain(f"axis takes a whole number, got {axis!r}", given["axis"].mark)
        if pattern is not None and not (isinstance(pattern, str) and pattern.count("->") == 1):
            self._complain(f"rearrange takes a pattern `theirs -> ours`, got {pattern!r}", given["rearrange"].mark)
        if len(left) != len(right) and 1 not in (len(left), len(right)):
            self._complain(f"{len(left)} of ours cannot come from {len(right)} of theirs", mark,
                           "one of ours from several, several from one, or equally many")  # fmt: skip
        if parts is not None and not (isinstance(parts, list) and len(parts) == len(right) > len(left)):
            self._complain("parts takes a number for each of theirs", given["parts"].mark)
        if not all(self._check(name, mark) for name in left):
            return None
        return Rule(left, right, mark, axis or 0, pattern, {axis: str(size) for axis, size in (sizes or {}).items()},
                    tuple(parts or ()))  # fmt: skip

    def _texts(self, tree: Tree) -> tuple[str, ...]:
        items = tree.items if isinstance(tree, Items) else (tree,)
        for item in items:
            if not isinstance(item, Leaf) or not isinstance(item.value, str):
                self._complain("a name is a text, or a list of texts", item.mark)
        return tuple(str(item.value) for item in items if isinstance(item, Leaf))

    def _check(self, pattern: str, mark: Mark) -> bool:
        """Whether a pattern catches only what can be caught."""
        wrong = [inside for inside in _BRACES.findall(pattern) if not re.fullmatch(r"[a-z]|\*", inside)]
        if wrong:
            self._complain(f"{{{wrong[0]}}} catches nothing", mark, "{i} is a number, {p} a component, {*} the rest")
        return not wrong

    def _complain(self, message: str, mark: Mark, help: str | None = None) -> None:
        self.problems.append(Problem("weights-rule", message, mark, help=help))


def _alternatives(text: str) -> Iterable[str]:
    """`{q,k}.{p}` → `q.{p}`, `k.{p}`, as a shell has it."""
    parts = re.split(r"\{([^{}]*,[^{}]*)\}", text)
    choices = [part.split(",") if place % 2 else [part] for place, part in enumerate(parts)]
    return ("".join(choice) for choice in product(*choices))


def _pattern(text: str) -> re.Pattern[str]:
    """`blocks.{i}.{p}` as a regular expression; a letter that comes again stands for the same."""
    parts, seen = re.split(r"\{([^{}]*)\}", text), set()
    for place, part in enumerate(parts):
        if place % 2:
            name = "rest" if part == "*" else part
            parts[place] = f"(?P={name})" if name in seen else f"(?P<{name}>{_CAUGHT.get(part, '[0-9]+')})"
            seen.add(name)
        else:
            parts[place] = re.escape(part)
    return re.compile("".join(parts))
