"""The words that a spec may use: the package's, those of installed packages, and those that the spec brings."""

from archspec.language.words.plugins import blocks_of_file
from archspec.language.words.use import Collected, Libraries, beside, collect
from archspec.language.words.vocabulary import Vocabulary

__all__ = ["Collected", "Libraries", "Vocabulary", "beside", "blocks_of_file", "collect"]
