"""Renaming rules: which of a source's tensors make which of the model's.

They lie beside the specs, a file for each family, which its specs name under `weights`. A file maps sources to rules,
`model name: source name`; both directions follow from them:

    official:
      rules:
        patch_embed.proj.{p}: patch_embed.proj.{p}        # {p}: one component; another letter, {i}: a number
        stage1.{i}.{p}: transformers.{i+1}.{p}            # right: expressions over these and the spec's params
        stem.{*}: conv_stem.{*}                           # {*}: all the rest; gives way to rules that say more
        blocks.{i}.attn.qkv.{p}: layers.{i}.{q,k,v}_proj.{p}           # three of the source, joined, make one
        blocks.{i}.attn.{k,v}.{p}: layers.{i}.to_kv.{p}                # one of the source, cut, makes two
        blocks.{i}.attn.{q,k,v}.{p}: layers.{i}.{query,key,value}.{p}  # one by one
        tokens.token: {name: [cls_token, dist_token], axis: 1}         # joined on another axis than 0
        patch_embed.proj.weight: {name: embed.weight, rearrange: "o (p1 p2 c) -> o c p1 p2"}
      drop: ["blocks.{i}.attention_bias_idxs"]            # names of the source that the model does without
    timm: {like: official}                                # another source's rules, also vit.yaml#timm, and own ones
    wrapped: {like: timm, within: student}                # whose names stand below `student.`, but for own rules
    older: {edition_of: official, rules: …}               # `official` means this one too, if it explains more

`resampling: antialiased` says that tables of positions are brought to another size as timm does, and not by DeiT's
`bicubic`, which does not filter; a source has it from the one that it is like.

`rearrange` reads from the source to the model; sizes that the model's shape does not tell stand in
`sizes: {h: "heads[s]"}`. Where one of the model's is cut into several of the source's on the way back,
`parts: [1, 1, 2]` is the ratio of their sizes, otherwise they are equal.
"""

from __future__ import annotations

from pathlib import Path
from typing import cast, get_args

from archspec.errors import MOST_PROBLEMS, Mark, Problem, SpecError, listing, nearest, printable
from archspec.language import document
from archspec.language.document import Fields, Items, Leaf, Tree
from archspec.weights.dialect import Dialect, Resampling, Rule
from archspec.weights.pattern import alternatives, count_alternatives, unknown_capture

MOST_LIKES = 20
MOST_PATTERNS = 10_000
"""How many names the sources of a file may have, all words in braces written out, like other sources or not."""
_SOURCE_KEYS = ("like", "within", "edition_of", "resampling", "rules", "drop")
_RULE_KEYS = ("name", "axis", "rearrange", "sizes", "parts")

Key = tuple[str, str]
"""A source: the name of its file, and its own."""


def dialects(path: str | Path) -> dict[str, Dialect]:
    """The sources of a file of rules, in its order; raises a SpecError with everything that is wrong with it."""
    return _Reader(Path(path)).all()


class _Reader:
    """Reads the sources of one file, and those that they are like, each once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.trees: dict[str, Fields] = {}  # by the name of the file
        self.finished: dict[Key, tuple[Dialect, int]] = {}  # and how many sources it is like, one through another
        self.patterns = 0
        self.problems: list[Problem] = []

    def all(self) -> dict[str, Dialect]:
        by_name: dict[str, Dialect] = {}
        for name in self.tree(self.path.name).entries:
            by_name[name] = self.dialect((self.path.name, name))
            if len(self.problems) >= MOST_PROBLEMS:
                break
        if self.problems:
            raise SpecError({f"{problem.mark} {problem.message}": problem for problem in self.problems}.values())
        return by_name

    def tree(self, file: str) -> Fields:
        """The contents of a file beside the first one."""
        if file not in self.trees:
            self.trees[file] = document.parse(document.read(self.path.parent / file))
        return self.trees[file]

    def dialect(self, key: Key) -> Dialect:
        """A source, read behind those that it is like."""
        chain = [key]
        while chain[-1] not in self.finished and (other := self._like(chain)):
            chain.append(other)
        known = chain.pop() if chain[-1] in self.finished else None
        base, depth = self.finished[known] if known else (Dialect(""), -1)
        for link in reversed(chain):
            depth += 1
            if depth > MOST_LIKES:
                mark = self.tree(link[0]).entries[link[1]].mark
                self._complain(f"{link[1]} is like more than {MOST_LIKES} sources, one through another", mark)
                base, depth = Dialect(""), 0
            base = self._own(link, base)
            self.finished[link] = base, depth
        return base

    def _like(self, chain: list[Key]) -> Key | None:
        """The source that a chain's last one is like, of its file or of one beside it; None where there is none."""
        file, name = chain[-1]
        tree = self.tree(file).entries[name]
        leaf = tree.entries.get("like") if isinstance(tree, Fields) else None
        if leaf is None:
            return None
        text = leaf.value if isinstance(leaf, Leaf) and isinstance(leaf.value, str) else ""
        place, _, other = text.rpartition("#")
        target = place or file, other
        if place and (Path(place).name != place or "\\" in place):
            self._complain(f"{place} is no file beside this one", leaf.mark)
        elif target in chain:
            circle = " → ".join(map("#".join, chain))
            self._complain(f"the sources {circle} are like each other", leaf.mark)
        elif other not in (sources := self.tree(target[0]).entries):
            near = nearest(other, sources) or f"there are {listing(sources)}"
            self._complain(f"{target[0]} has no source {other}", leaf.mark, near)
        elif len(chain) <= MOST_LIKES + 1:
            return target
        return None

    def _own(self, key: Key, base: Dialect) -> Dialect:
        """A source whose rules go before those of the one that it is like."""
        file, name = key
        tree = self.tree(file).entries[name]
        if not isinstance(tree, Fields):
            self._complain(f"{name} takes a mapping with like, rules or drop", tree.mark)
            return Dialect(name)
        for word in tree.entries:
            if word not in _SOURCE_KEYS:
                self._complain(f"{name} has no key {word}", tree.keys[word], nearest(word, _SOURCE_KEYS))
        self._charge(base.size, tree.mark)
        own = self._rules(name, tree.entries.get("rules"))
        replaced = {name for rule in own for name in rule.ours}
        prefix = self._text(tree, "within")
        if prefix is not None:
            base = base.within(prefix)
        inherited = [rule for rule in base.rules if replaced.isdisjoint(rule.ours)]
        drops = self._texts(tree.entries["drop"]) if "drop" in tree.entries else ()
        self._charge(len(drops), tree.mark)
        for drop in drops:
            self._check(drop, tree.entries["drop"].mark)
        rules, drops = (*inherited, *own), (*base.drops, *drops)
        return Dialect(name, rules, drops, self._edition(key, tree), self._resampling(tree, base))

    def _resampling(self, tree: Fields, base: Dialect) -> Resampling:
        """How tables of positions are brought to another size."""
        leaf = tree.entries.get("resampling")
        if leaf is None:
            return base.resampling
        rule = document.plain(leaf)
        if rule not in get_args(Resampling):
            self._complain(f"resampling is {' or '.join(get_args(Resampling))}, got {rule!r}", leaf.mark)
        return cast(Resampling, rule)

    def _edition(self, key: Key, tree: Fields) -> str | None:
        """The source of the same file that this one is an edition of."""
        file, name = key
        other = self._text(tree, "edition_of")
        sources = [source for source in self.tree(file).entries if source != name]
        if other is not None and other not in sources:
            near = nearest(other, sources) or f"there are {listing(sources)}"
            message = f"{name} is an edition of {other}, which is no other source of {file}"
            self._complain(message, tree.entries["edition_of"].mark, near)
        return other

    def _text(self, tree: Fields, key: str) -> str | None:
        """A key's name without braces; None where there is none."""
        leaf = tree.entries.get(key)
        if leaf is None:
            return None
        if not (isinstance(leaf, Leaf) and isinstance(leaf.value, str) and leaf.value and "{" not in leaf.value):
            self._complain(f"{key} takes a name, without braces", leaf.mark)
            return None
        return leaf.value

    def _charge(self, patterns: int, mark: Mark) -> None:
        """Count names before they are written out; raises a SpecError where they are too many."""
        self.patterns += patterns
        if self.patterns > MOST_PATTERNS:
            message = f"the rules up to here make more than {MOST_PATTERNS:,} names"
            help = "{q,k} writes a name out for each of its words, and like takes over all names of a source"
            self._complain(message, mark, help)
            raise SpecError(self.problems)

    def _rules(self, name: str, tree: Tree | None) -> list[Rule]:
        if tree is None:
            return []
        if not isinstance(tree, Fields):
            self._complain(f"{name}.rules takes a mapping of ours to theirs", tree.mark)
            return []
        return [rule for ours, theirs in tree.entries.items() if (rule := self._rule(ours, theirs))]

    def _rule(self, ours: str, tree: Tree) -> Rule | None:
        """One line; None where it makes no rule, of which the reader complains."""
        mark = tree.mark
        self._charge(count_alternatives(ours), mark)
        left = tuple(alternatives(ours))
        entries: dict[str, Tree] = tree.entries if isinstance(tree, Fields) else {"name": tree}
        for key in entries:
            if key not in _RULE_KEYS:
                self._complain(f"a rule has no key {key}", tree.keys[key] if isinstance(tree, Fields) else mark,
                               nearest(key, _RULE_KEYS) or f"there are {', '.join(_RULE_KEYS)}")  # fmt: skip
        if "name" not in entries:
            self._complain(f"{ours} does not say from which name it comes", mark)
            return None
        names = self._texts(entries["name"])
        self._charge(sum(map(count_alternatives, names)), mark)
        right = tuple(name for text in names for name in alternatives(text))
        plain = {key: document.plain(item) for key, item in entries.items()}
        axis, pattern, sizes, parts = (plain.get(key) for key in ("axis", "rearrange", "sizes", "parts"))
        if type(axis if axis is not None else 0) is not int:
            self._complain(f"axis takes a whole number, got {axis!r}", entries["axis"].mark)
        if pattern is not None and not (isinstance(pattern, str) and pattern.count("->") == 1):
            self._complain(f"rearrange takes a pattern `theirs -> ours`, got {pattern!r}", entries["rearrange"].mark)
        if len(left) != len(right) and 1 not in (len(left), len(right)):
            self._complain(f"{len(left)} of ours cannot come from {len(right)} of theirs", mark,
                           "one of ours from several, several from one, or equally many")  # fmt: skip
        if parts is not None and not (isinstance(parts, list) and len(parts) == len(right) > len(left)):
            self._complain("parts takes a number for each of theirs", entries["parts"].mark)
        if not all(self._check(name, mark) for name in left):
            return None
        texts = {axis: str(size) for axis, size in (sizes or {}).items()}
        return Rule(left, right, mark, axis or 0, pattern, texts, tuple(parts or ()))

    def _texts(self, tree: Tree) -> tuple[str, ...]:
        items = tree.items if isinstance(tree, Items) else (tree,)
        for item in items:
            if not isinstance(item, Leaf) or not isinstance(item.value, str):
                self._complain("a name is a text, or a list of texts", item.mark)
        return tuple(str(item.value) for item in items if isinstance(item, Leaf))

    def _check(self, pattern: str, mark: Mark) -> bool:
        """Whether a pattern captures only what can be captured."""
        unknown = unknown_capture(pattern)
        if unknown is not None:
            help = "{i} is a number, {p} a component, {*} the rest"
            self._complain(f"{{{unknown}}} catches nothing", mark, help)
        return unknown is None

    def _complain(self, message: str, mark: Mark, help: str | None = None) -> None:
        self.problems.append(Problem("weights-rule", printable(message), mark, help=help))
