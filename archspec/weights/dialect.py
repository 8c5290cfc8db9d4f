"""How one source names its tensors: rules between its names and the model's.

Throughout this room `ours` are names or tensors of the model, and `theirs` those of the source.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

from archspec.errors import Mark, Problem, Source, SpecError, printable
from archspec.language.expression import MOST_STEPS, Effort, ExpressionError, SpentError, evaluate
from archspec.weights.pattern import BRACES, regex

Captures = tuple[tuple[str, str], ...]
"""What a pattern's letters stand for in a name, sorted by letter."""
Resampling = Literal["bicubic", "antialiased"]
"""How tables of positions are brought to another size: as DeiT's code does, or as timm does, which filters."""
LONGEST_NAME = 1_000  # of a source's tensor; longer ones are not compared with patterns
MOST_COMPARISONS = 2_000_000
"""How many times tensors' names may be compared with patterns."""


@dataclass(frozen=True, slots=True)
class Link:
    """Source tensors that make model tensors: joined along `axis`, rearranged, cut along `axis`."""

    ours: tuple[str, ...]
    theirs: tuple[str, ...]
    axis: int = 0
    rearrange: str | None = None
    sizes: Mapping[str, int] = field(default_factory=dict)
    parts: tuple[int, ...] = ()
    mark: Mark | None = None


@dataclass(frozen=True, eq=False)
class Rule:
    """One line of a file, its alternatives written out: one on the left or on the right, or equally many."""

    ours: tuple[str, ...]
    theirs: tuple[str, ...]
    mark: Mark
    axis: int = 0
    rearrange: str | None = None
    sizes: Mapping[str, str] = field(default_factory=dict)
    parts: tuple[int, ...] = ()

    @cached_property
    def patterns(self) -> tuple[re.Pattern[str], ...]:
        """The alternatives for the model's names as regular expressions."""
        return tuple(map(regex, self.ours))

    def precision(self, place: int) -> tuple[bool, int]:
        """How much an alternative says about names: whether all of it, and how many components."""
        return "{*}" not in self.ours[place], self.ours[place].count(".")

    def match(self, name: str) -> tuple[int, Captures] | None:
        """The place of the alternative that a model's name matches, and what it captures."""
        for place, pattern in enumerate(self.patterns):
            if match := pattern.fullmatch(name):
                return place, tuple(sorted(match.groupdict().items()))
        return None

    def links(
        self, names: Mapping[int, str], captures: dict[str, str], params: Mapping[str, Any], effort: Effort
    ) -> list[Link]:
        """The links for model names by the place of their alternative; none where one of several alternatives lacks.

        Raises a SpecError where an expression of the rule cannot be evaluated, or the effort is spent.
        """
        numbers = {name: int(text) if text.isdecimal() else text for name, text in captures.items()}
        values = {**params, **numbers}
        theirs = [self._fill(template, captures, values, effort) for template in self.theirs]
        sizes = {axis: self._evaluate(size, values, effort) for axis, size in self.sizes.items()}
        pairs: list[tuple[tuple[str, ...], tuple[str, ...]]] = []
        if len(self.ours) == len(theirs):
            pairs = [((ours,), (theirs[place],)) for place, ours in names.items()]
        elif len(names) == len(self.ours):
            pairs = [(tuple(names[place] for place in range(len(names))), tuple(theirs))]
        return [Link(*pair, self.axis, self.rearrange, sizes, self.parts, self.mark) for pair in pairs]

    def _fill(self, template: str, captures: dict[str, str], values: Mapping[str, Any], effort: Effort) -> str:
        """A source's name: captures and expressions written into its braces."""

        def fill(braces: re.Match[str]) -> str:
            key = "rest" if braces[1] == "*" else braces[1]
            return captures[key] if key in captures else str(self._evaluate(braces[1], values, effort))

        return BRACES.sub(fill, template)

    def _evaluate(self, text: str, values: Mapping[str, Any], effort: Effort) -> Any:
        try:
            return evaluate(f"$({text})", values, effort)
        except SpentError:
            message = f"{text}: up to here, the rules take more than {MOST_STEPS:,} steps to work out"
            help = "give the spec a parameter that has the value"
            raise SpecError(Problem("weights-rule", printable(message), self.mark, help=help)) from None
        except ExpressionError as error:
            notes = tuple(f"with: {name} = {value}" for name, value in error.values.items())
            problem = Problem("weights-rule", f"{text}: {error}", self.mark, notes=notes, help=error.help)
            raise SpecError(problem) from None


@dataclass(frozen=True, eq=False)
class Dialect:
    """How one source names its tensors: rules for what makes a model's, and patterns of what is left out."""

    name: str
    rules: tuple[Rule, ...] = ()
    drops: tuple[str, ...] = ()
    edition_of: str | None = None
    """The source by whose name this one is reached too."""
    resampling: Resampling = "bicubic"
    """How the source's code brings tables of positions to another size."""

    @cached_property
    def drop_patterns(self) -> tuple[re.Pattern[str], ...]:
        """The patterns of what is left out as regular expressions."""
        return tuple(map(regex, self.drops))

    @property
    def size(self) -> int:
        """How many patterns a name is compared with."""
        return len(self.drops) + sum(len(rule.ours) for rule in self.rules)

    def links(self, ours: Iterable[str], params: Mapping[str, Any], effort: Effort | None = None) -> list[Link]:
        """What each of the model's names comes from; a SpecError where two rules, or two names, claim the same.

        `params` are the spec's parameters, which the rules' expressions read; all expressions share the effort. Names
        without a rule have no link.
        """
        ours, effort = list(ours), effort or Effort()
        check_work([self], len(ours))
        matched: dict[tuple[int, Captures], dict[int, str]] = {}
        ambiguous: dict[tuple[int, int], str] = {}
        for name in ours:
            matches = self._most_precise(name)
            for number, (place, captures) in matches[:1]:
                matched.setdefault((number, captures), {})[place] = name
            for other, _ in matches[1:]:
                ambiguous.setdefault((matches[0][0], other), name)
        problems = [self._ambiguous(name, *numbers) for numbers, name in ambiguous.items()]
        links = [
            link
            for (number, captures), names in matched.items()
            for link in self.rules[number].links(names, dict(captures), params, effort)
        ]
        problems += self._claimed_twice(links)
        if problems:
            raise SpecError(problems)
        return links

    def spells(self, name: str) -> bool:
        """Whether a rule is for tensors of the name that this one ends in, not for any."""
        matches = ((rule, match[0]) for rule in self.rules if (match := rule.match(name)))
        return any(rule.ours[place].endswith(f".{name.rpartition('.')[2]}") for rule, place in matches)

    def within(self, prefix: str) -> Dialect:
        """The same, where all of the source's names stand below a prefix."""
        rules = [replace(rule, theirs=tuple(f"{prefix}.{name}" for name in rule.theirs)) for rule in self.rules]
        return replace(self, rules=tuple(rules), drops=tuple(f"{prefix}.{name}" for name in self.drops))

    def drops_name(self, name: str) -> bool:
        """Whether one of the source's names is known, and not wanted."""
        return len(name) <= LONGEST_NAME and any(pattern.fullmatch(name) for pattern in self.drop_patterns)

    def _most_precise(self, name: str) -> list[tuple[int, tuple[int, Captures]]]:
        """The numbers of the rules that say most about a model's name, with what they match."""
        matches = [(number, match) for number, rule in enumerate(self.rules) if (match := rule.match(name))]
        most = max((self.rules[number].precision(place) for number, (place, _) in matches), default=None)
        return [match for match in matches if self.rules[match[0]].precision(match[1][0]) == most]

    def _ambiguous(self, name: str, first: int, second: int) -> Problem:
        """Two rules say equally much about one name."""
        marks = self.rules[first].mark, self.rules[second].mark
        message = printable(f"{self.name}: {name} is matched by two rules")
        return Problem("weights-rule", message, marks[1], notes=(f"the other is at {marks[0]}",))

    def _claimed_twice(self, links: list[Link]) -> Iterable[Problem]:
        owners: dict[str, Link] = {}
        for link in links:
            for name in link.theirs:
                other = owners.setdefault(name, link)
                if other is not link:
                    message = printable(f"{self.name}: {name} would make both {other.ours[0]} and {link.ours[0]}")
                    yield Problem("weights-rule", message, link.mark, notes=(f"the other rule is at {other.mark}",))


def check_work(sources: Iterable[Dialect], tensors: int) -> None:
    """Raises a SpecError where so many tensors are too many for the patterns of the sources."""
    sources = list(sources)
    patterns = sum(source.size for source in sources)
    if patterns * tensors > MOST_COMPARISONS:
        rules = [rule for source in sources for rule in source.rules]
        message = f"{patterns:,} patterns and {tensors:,} tensors are more than can be compared"
        help = "name the source, or say with {p} and {*} what many rules say"
        raise SpecError(Problem("weights-rule", message, rules[-1].mark, help=help))


def identity(name: str = "archspec") -> Dialect:
    """The model's own names, which need no rules."""
    mark = Mark(Source("archspec", ""), 1, 1, 1, 1)
    return Dialect(name, (Rule(("{*}",), ("{*}",), mark),))
