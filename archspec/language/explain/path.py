"""Steps along a dotted path, and the problem of a path that leads nowhere."""

from __future__ import annotations

from archspec.errors import Problem, listing, nearest
from archspec.language.document import Fields, Items, Tree, locate


class LostError(Exception):
    """A path that ends before its last word; `known` are the words that could have followed."""

    def __init__(self, word: str, known: list[str]) -> None:
        super().__init__(word)
        self.word, self.known = word, known


def step(tree: Tree, word: str) -> Tree:
    """The tree under a key or a list position. Raises LostError where there is none."""
    inner = locate(tree, (word,))
    if inner is None:
        positions = [str(place) for place in range(len(tree.items))] if isinstance(tree, Items) else []
        raise LostError(word, list(tree.entries) if isinstance(tree, Fields) else positions)
    return inner


def lost_problem(lost: LostError, words: list[str], original: Fields, resolved: Fields) -> Problem:
    """The problem of a path; one to a value of the file that the resolved document lacks is reported as removed."""
    path = ".".join(words)
    if locate(original, words) is not None and locate(resolved, words) is None:
        return Problem("unknown-path", f"{path} is in the file, and the variant or a setting removes it")
    help = nearest(lost.word, lost.known) or (f"there are {listing(lost.known)}" if lost.known else None)
    before = ".".join(words[: words.index(lost.word)]) if lost.word in words else ""
    message = f"{before or 'the spec'} has no {lost.word}" if lost.word else "a path is needed, such as graph.head"
    return Problem("unknown-path", message, help=help)
