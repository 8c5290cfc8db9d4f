"""Text → Python's own syntax tree, once the words of the text and the size of the tree are checked."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import lru_cache

from archspec.language.expression.error import ExpressionError
from archspec.language.expression.show import show
from archspec.language.expression.tokens import MOST_LEVELS, check_spaces, check_tokens, too_deep, word_at

MOST_CHARACTERS = 1_000
MOST_NODES = 200

CONSTANTS = {"true": True, "false": False, "null": None}

_REFERENCE = re.compile(r"\$[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*")


def is_expression(text: str) -> bool:
    """Whether a text is to be evaluated: it begins with `$`."""
    return text.startswith("$")


def references(text: str) -> frozenset[str]:
    """The names that an expression reads; of `$name.field`, the first. Raises ExpressionError."""
    return frozenset() if text.startswith("$$") else parse(text).roots


@dataclass(frozen=True, slots=True)
class Parsed:
    """An expression's tree, whose column 0 lies at `start` in `text`."""

    text: str
    tree: ast.expr
    start: int
    computed: bool  # `$(…)`; False for a bare reference
    roots: frozenset[str]
    parts: int

    def span(self, node: ast.expr) -> tuple[int, int]:
        """Offset and width of a node in the text, in characters."""
        line = self.text[self.start :].encode()  # ast counts in bytes
        before = len(line[: node.col_offset].decode())
        return self.start + before, max(1, len(line[: node.end_col_offset].decode()) - before)

    def error(self, node: ast.expr, message: str, help: str | None = None) -> ExpressionError:
        """An error at a node."""
        return ExpressionError(message, *self.span(node), help)

    def source(self, node: ast.expr) -> str:
        """The text of a node."""
        offset, width = self.span(node)
        return self.text[offset : offset + width]


@lru_cache(maxsize=4096)
def parse(text: str) -> Parsed:
    """The tree of `$name`, `$name.field` or `$(…)`. Raises ExpressionError."""
    if len(text) > MOST_CHARACTERS:
        raise ExpressionError(f"the expression has {len(text):,} characters, more than {MOST_CHARACTERS:,}")
    if _REFERENCE.fullmatch(text):
        roots = frozenset({text[1:].partition(".")[0]}) - CONSTANTS.keys()
        return Parsed(text, _reference(text), 0, computed=False, roots=roots, parts=1 + text.count("."))
    check_spaces(text)
    if not text.startswith("$("):
        help = "write $name, $name.field or $(…), and $$ for a text that begins with $"
        raise ExpressionError(f"{show(text)} is no expression", 0, max(1, len(text)), help)
    check_tokens(text)
    body = re.sub(r"\s", " ", text[2:].rstrip()[:-1])
    start = 2 + len(body) - len(body.lstrip())
    try:
        tree = ast.parse(body.strip(), mode="eval").body
    except SyntaxError as error:
        raise _syntax_error(text, start, error) from None
    except (RecursionError, MemoryError, ValueError):
        raise too_deep() from None
    return Parsed(text, tree, start, computed=True, parts=_size(tree), roots=_roots(tree))


def _reference(text: str) -> ast.expr:
    """`$a.b` as the tree of `a.b`; a, b may be words that Python's parser would refuse, such as `in`."""
    root, *fields = text[1:].split(".")
    end = 1 + len(root)
    tree: ast.expr = ast.Name(root, ast.Load(), lineno=1, col_offset=0, end_lineno=1, end_col_offset=end)
    for word in fields:
        end += 1 + len(word)
        tree = ast.Attribute(tree, word, ast.Load(), lineno=1, col_offset=0, end_lineno=1, end_col_offset=end)
    return tree


def _syntax_error(text: str, start: int, error: SyntaxError) -> ExpressionError:
    """The complaint of Python's parser as a sentence."""
    if not text[2:].rstrip()[:-1].strip():
        return ExpressionError("the expression is empty", 0, len(text))
    end = len(text.rstrip()) - 1
    at = min(start + error.offset - 1, end) if error.offset else end  # Python says 0 for the end
    word = word_at(text, at)
    if "'else'" in error.msg:
        return ExpressionError("an if lacks its else", at, len(word), "write a if c else b")
    if at == end:
        return ExpressionError("the expression breaks off here", at)
    return ExpressionError(f"`{word}` cannot stand here", at, len(word))


def _size(tree: ast.expr) -> int:
    """How many parts a tree has. Raises ExpressionError where they are too many, or nested too deep."""
    level: list[ast.AST] = [tree]
    nodes = depth = 0
    while level:
        nodes, depth = nodes + len(level), depth + 1
        if depth > MOST_LEVELS:
            raise too_deep()
        if nodes > MOST_NODES:
            raise ExpressionError(f"the expression has more than {MOST_NODES} parts", help="name parts as params")
        level = [
            child
            for node in level
            for child in ast.iter_child_nodes(node)
            if isinstance(child, ast.expr | ast.comprehension | ast.keyword)
        ]
    return nodes


def _roots(tree: ast.expr) -> frozenset[str]:
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and id(node) not in called}
    return frozenset(names - CONSTANTS.keys())
