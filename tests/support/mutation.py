"""A mutator of specs: faults that an author makes, at a known place, and damage that nobody would make."""

from __future__ import annotations

import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from archspec.errors import Mark, Source, SpecError
from archspec.graph import Block
from archspec.language import graph_of, open_spec
from archspec.language.document import Fields, Items, Leaf, Tree, parse
from archspec.language.spec import NODE_KEYS, BlockSpec, Expect, Input, NodeSpec, Spec
from archspec.language.words import Vocabulary

SLOWEST = 2.0  # seconds
VOCABULARY = Vocabulary()
WIRING = {*NODE_KEYS} - {"block", "doc"}


@dataclass(frozen=True)
class Site:
    """A place in a spec: a value's or key's mark, the path to it, and what stands there."""

    path: tuple[str, ...]
    mark: Mark
    tree: Tree
    key: Mark | None
    block: type[Block] | None = None  # whose field it is

    @property
    def value(self) -> Any:
        return self.tree.value if isinstance(self.tree, Leaf) else None

    @property
    def variant(self) -> str | None:
        return self.path[1] if self.path[0] == "variants" and len(self.path) > 1 else None

    @property
    def within(self) -> tuple[str, ...]:
        """The path as it would stand outside of a variant."""
        return self.path[2:] if self.variant else self.path


@dataclass(frozen=True)
class Mutant:
    """A changed spec: what was done to it, and – for an author's fault – the line at fault."""

    name: str
    text: str
    line: int | None = None
    variant: str | None = None


def mutants(text: str, chance: random.Random) -> Iterator[Mutant]:
    """Mutants of a text without end: authors' faults and damage in turns."""
    sites = list(_sites(parse(Source("spec", text)), ()))
    possible = {kind: found for kind in FAULTS if (found := [site for site in sites if FAULTS[kind](site)])}
    lines = text.split("\n")
    while True:
        for _ in range(2):
            kind = chance.choice(list(possible))
            site = chance.choice(possible[kind])
            if made := _REPLACE[kind](text, site, chance):
                broken, line = made
                yield Mutant(kind, broken, line, site.variant)
        yield _noise(text, lines, sites, chance)
        yield _damage(text, chance)


# --- one fault, at a known line --------------------------------------------------------------------------------------


def _at(text: str, line: int, column: int) -> int:
    start = 0
    for _ in range(line - 1):
        start = text.index("\n", start) + 1
    return start + column - 1


def _put(text: str, mark: Mark, new: str) -> tuple[str, int]:
    start, end = _at(text, mark.line, mark.column), _at(text, mark.end_line, mark.end_column)
    return text[:start] + new + text[end:], mark.line


def _typo(word: str, chance: random.Random) -> str:
    at = chance.randrange(len(word))
    made = chance.choice([word[:at] + "q" + word[at:], word[:at] + "q" + word[at + 1 :], word + "q"])
    return made if made[0].isalpha() else "q" + made


def _mistype_key(text: str, site: Site, chance: random.Random) -> tuple[str, int]:
    assert site.key
    return _put(text, site.key, _typo(site.path[-1], chance))


def _mistype_word(text: str, site: Site, chance: random.Random) -> tuple[str, int]:
    return _put(text, site.mark, _typo(str(site.value), chance))


def _mistype_name(text: str, site: Site, chance: random.Random) -> tuple[str, int]:
    return _put(text, site.mark, "$" + _typo(str(site.value)[1:], chance))


def _other_type(text: str, site: Site, chance: random.Random) -> tuple[str, int]:
    return _put(text, site.mark, chance.choice(["many", "[[1]]", "{a: 1}", "true", "'7'"]))


def _too_small(text: str, site: Site, chance: random.Random) -> tuple[str, int]:
    return _put(text, site.mark, chance.choice(["-1", "-7", "0"]) if site.path[-1] != "bias" else "-1")


def _too_large(text: str, site: Site, chance: random.Random) -> tuple[str, int]:
    return _put(text, site.mark, chance.choice(["10000000000", str(10**18), "9" * 40, "1e400"]))


def _twice(text: str, site: Site, chance: random.Random) -> tuple[str, int] | None:
    """A key a second time, behind itself."""
    assert site.key
    start, end = _at(text, site.key.line, site.key.column), _at(text, site.mark.end_line, site.mark.end_column)
    whole = text[start:end]
    if "\n" in whole or "&" in whole:
        return None
    line = text[text.rfind("\n", 0, start) + 1 : start]
    flow = bool(line.strip())
    between = ", " if flow else "\n" + line
    return text[:end] + between + whole + text[end:], site.key.line + (not flow)


def _extra_key(text: str, site: Site, chance: random.Random) -> tuple[str, int] | None:
    """A key that nobody knows, in a mapping in braces."""
    start = _at(text, site.mark.line, site.mark.column)
    assert isinstance(site.tree, Fields)
    if text[start] != "{":
        return None
    return text[: start + 1] + ("qqq: 1, " if site.tree.entries else "qqq: 1") + text[start + 1 :], site.mark.line


def _broken_expression(text: str, site: Site, chance: random.Random) -> tuple[str, int]:
    made = chance.choice(
        ["$(1 +)", "$((1)", "$(1 / 0)", "$(x.__class__)", "$(9 ** 9 ** 9)", "$(len(3))", "$()", "$(nope)"]
    )
    return _put(text, site.mark, f'"{made}"')


def _number(site: Site) -> bool:
    return type(site.value) in (int, float) and _is_field(site)


def _is_field(site: Site) -> bool:
    """A value of a block's own field, an input or a node's wiring, whose type does not depend on a reader."""
    path = site.within
    if path[0] == "graph" or (path[0] == "blocks" and "graph" in path[2:3]):
        return site.block is not None or path[-1] in WIRING
    return path[0] in ("inputs", "expect") and len(path) > 2 - (path[0] == "expect")


def _closed_key(site: Site) -> bool:
    """A key of a mapping whose keys are all known."""
    path = site.within
    if site.key is None or not path:
        return False
    return len(path) == 1 or (_is_field(site) and path[-1] not in ("i", "n"))


FAULTS: dict[str, Any] = {
    "mistyped key": lambda site: _closed_key(site) and not isinstance(site.tree, Fields) and site.path[-1] != "doc",
    "mistyped block": lambda site: (
        site.path[-1] == "block" and isinstance(site.value, str) and site.value in VOCABULARY and "graph" in site.path
    ),
    "mistyped name": lambda site: (
        isinstance(site.value, str) and site.value.startswith("$") and site.value[1:2].isalpha() and site.tree.plain
    ),
    "other type": lambda site: _number(site),
    "too small": lambda site: _number(site) and site.within[0] == "graph" and type(site.value) is int,
    "too large": lambda site: _number(site) and type(site.value) is int and site.within[0] != "expect",
    "key twice": lambda site: site.key is not None and isinstance(site.tree, Leaf),
    "extra key": lambda site: (
        isinstance(site.tree, Fields) and "block" in site.tree.entries and site.within[0] in ("graph", "blocks")
    ),
    "broken expression": lambda site: _number(site) and site.within[0] != "expect",
    "mistyped source": lambda site: (
        isinstance(site.value, str) and site.within[0] in ("graph", "outputs") and
        (site.path[-1] == "from" or "from" in site.path[-2:-1] or site.within[0] == "outputs")
    ),
}  # fmt: skip
_REPLACE: dict[str, Any] = {
    "mistyped key": _mistype_key,
    "mistyped block": _mistype_word,
    "mistyped name": _mistype_name,
    "other type": _other_type,
    "too small": _too_small,
    "too large": _too_large,
    "key twice": _twice,
    "extra key": _extra_key,
    "broken expression": _broken_expression,
    "mistyped source": _mistype_word,
}


def _sites(
    tree: Tree, path: tuple[str, ...], key: Mark | None = None, block: type[Block] | None = None
) -> Iterator[Site]:
    if path:
        yield Site(path, tree.mark, tree, key, block)
    if isinstance(tree, Fields):
        word = tree.entries.get("block")
        known = isinstance(word, Leaf) and isinstance(word.value, str) and word.value in VOCABULARY
        own = VOCABULARY[str(word.value)] if known and isinstance(word, Leaf) else None
        for name, item in tree.entries.items():
            field = own if own and name in own.model_fields else None
            yield from _sites(item, (*path, name), tree.keys[name], field)
    elif isinstance(tree, Items):
        for place, item in enumerate(tree.items):
            yield from _sites(item, (*path, str(place)), None, block)


# --- noise: any value in any place -----------------------------------------------------------------------------------

WORDS = [*VOCABULARY, *Spec.model_fields, *NodeSpec.model_fields, *Input.model_fields, *Expect.model_fields,
         *BlockSpec.model_fields, "i", "n", "x", "cls", "image", "head"]  # fmt: skip
VALUES = """
0 1 -1 2 7 1e-6 1e308 10000000 1000000000000 true null ~ '' [] {} [0] [[]] $x $i $(i) $dim $(dim//7)
$(2**60) $([0]*9999) $$ $ &a *a !!int {block:mlp} {block:encoder_layer} {block:self_attention,heads:0} * | - ? \u200b
\U0001f600 a:b ' " # { ] % @ ` ---
""".replace(":", ": ").split("\n")
VALUES = [value.replace("\t", " ") for row in VALUES for value in row.replace(": ", ":\t").split(" ") if value]


def _noise(text: str, lines: list[str], sites: list[Site], chance: random.Random) -> Mutant:
    """A few values, keys or lines changed with no thought for what they mean."""
    made = text
    for _ in range(chance.choice([1, 1, 1, 2, 3])):
        site = chance.choice(sites)
        deed = chance.randrange(6)
        try:
            if deed <= 2:
                made, _line = _put(made, site.mark, chance.choice(VALUES if deed else WORDS))
            elif deed == 3 and site.key:
                made, _line = _put(made, site.key, chance.choice(WORDS))
            elif deed == 4:
                other = chance.choice(sites).mark
                start, end = _at(text, other.line, other.column), _at(text, other.end_line, other.end_column)
                made, _line = _put(made, site.mark, text[start:end])
            else:
                rows = made.split("\n")
                at = chance.randrange(len(rows))
                rows[at : at + 1] = chance.choice([[], [rows[at]] * 2, [chance.choice(lines)], ["  " + rows[at]]])
                made = "\n".join(rows)
        except ValueError:  # the place is gone
            break
    return Mutant("noise", made, variant=chance.choice(sites).variant)


# --- damage: bytes ---------------------------------------------------------------------------------------------------


def _damage(text: str, chance: random.Random) -> Mutant:
    made = text
    for _ in range(chance.choice([1, 1, 2, 5, 20])):
        at = chance.randrange(len(made) + 1)
        deed = chance.randrange(6)
        size = chance.choice([1, 1, 2, 5, 40])
        junk = "".join(chance.choice("{}[]:,-#&*!|>'\"%@`$() \n\t\0\x7f\x85\u2028\ufeffä😀0aZ_.") for _ in range(size))
        made = (
            made[:at] + junk + made[at:] if deed == 0
            else made[:at] + made[at + size :] if deed == 1
            else made[:at] + junk + made[at + size :] if deed == 2
            else made[:at] + made[at : at + size] * 3 + made[at + size :] if deed == 3
            else made[:at] + made[chance.randrange(len(made) + 1) :][:size] + made[at:] if deed == 4
            else made[: max(at, 1)]
        )  # fmt: skip
    return Mutant("damage", made)


# --- the trial -------------------------------------------------------------------------------------------------------


@dataclass
class Tally:
    """What became of the mutants."""

    tried: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    hit: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    failures: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)

    @property
    def accuracy(self) -> float:
        """The share of authors' faults whose first message is at the line of the fault."""
        return sum(self.hit.values()) / max(1, sum(self.refused[name] for name in FAULTS))

    def __str__(self) -> str:
        rows = [
            f"{name:20}{self.tried[name]:8,} tried{self.refused[name]:8,} refused"
            + (
                f"{self.hit[name] / self.refused[name]:8.1%} at the line"
                if name in FAULTS and self.refused[name]
                else ""
            )
            for name in self.tried
        ]
        rows.append(f"{sum(self.tried.values()):,} mutants, the slowest {self.slowest:.2f} s; ")
        rows[-1] += f"{self.accuracy:.2%} of the faults told at their line; {len(self.failures)} failures"
        return "\n".join(rows)


class HangError(Exception):
    """A mutant took longer than it may."""


def _alarm(_number: int, _frame: FrameType | None) -> None:
    raise HangError


def attempt(mutant: Mutant, file: Path, tally: Tally, limit: float = SLOWEST) -> None:
    """Load a mutant: it is fine, or a SpecError whose every problem has a place; never anything else, never slowly."""
    file.write_bytes(mutant.text.encode("utf-8", "surrogatepass"))
    tally.tried[mutant.name] += 1
    signal.signal(signal.SIGVTALRM, _alarm)
    signal.setitimer(signal.ITIMER_VIRTUAL, limit * 5)
    began = time.process_time()
    try:
        found = open_spec(file)
        graph_of(found, mutant.variant if mutant.variant in found.variants else None)
    except SpecError as error:
        tally.refused[mutant.name] += 1
        problem = error.problems[0]
        if any(other.mark is None for other in error.problems) or not str(error):
            tally.failures.append(f"{mutant.name}: no place: {error}\n{mutant.text}")
        elif mutant.line is not None and problem.mark:
            right = problem.mark.line == mutant.line
            tally.hit[mutant.name] += right
            if not right:
                tally.missed.append(f"{mutant.name}, line {mutant.line}: {error}")
    except Exception as error:
        tally.failures.append(f"{mutant.name}: {type(error).__name__}: {error}\n{mutant.text}")
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        took = time.process_time() - began
        tally.slowest = max(tally.slowest, took)
        if took > limit:
            tally.failures.append(f"{mutant.name}: {took:.1f} s\n{mutant.text}")


def trial(specs: list[Path], count: int, file: Path, seed: int = 0, limit: float = SLOWEST) -> Iterator[Tally]:
    """Try mutants of all specs in turns, each within so many seconds; the tally, after each."""
    chance, tally = random.Random(seed), Tally()
    sources = [mutants(spec.read_text(encoding="utf-8"), chance) for spec in specs]
    for number in range(count):
        attempt(next(sources[number % len(sources)]), file, tally, limit)
        yield tally
