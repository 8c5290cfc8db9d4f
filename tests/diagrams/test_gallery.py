"""The gallery: specs/README.md and its pictures are what tools/gallery would write."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from archspec.cli import main
from archspec.language import open_spec, packaged_specs
from tests.support.article import LISTINGS
from tests.support.proofs import STRENGTH, proofs

ROOT = Path(__file__).parents[2]
README = (ROOT / "specs" / "README.md").read_text(encoding="utf-8")


def test_the_gallery_is_fresh() -> None:
    command = [sys.executable, "tools/gallery", "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_variant_has_its_line() -> None:
    for file in packaged_specs():
        for variant in open_spec(file).variants:
            assert README.count(f"\n| {variant} |") + README.count(f"\n| **{variant}** |") == 1, variant


def test_the_pictures_say_how_they_were_drawn() -> None:
    assert main(["render", "--check", str(ROOT / "specs" / "diagrams")]) == 0


def test_links_lead_somewhere() -> None:
    for target in set(re.findall(r"\]\((?!https:)(.*?)\)|(?:src|href)=\"(.*?)\"", README)):
        assert (ROOT / "specs" / "".join(target)).is_file(), target


def test_every_claim_is_of_a_variant_that_there_is() -> None:
    variants = {variant for file in packaged_specs() for variant in open_spec(file).variants}
    claims = proofs()
    assert claims.keys() <= variants
    for peers in claims.values():
        for numbers, file in peers.values():
            assert numbers in STRENGTH
            assert (ROOT / file).is_file()


def test_every_edition_of_the_article_has_its_line_and_logits_to_answer_for() -> None:
    variants = {variant for file in packaged_specs() for variant in open_spec(file).variants if "article" in variant}
    assert LISTINGS.keys() == variants
    claims = proofs()
    for variant in variants:
        assert README.count(f"| [{variant}](") == 1
        assert any(numbers == "logits" for numbers, _ in claims[variant].values())


def test_the_strongest_claim_is_kept() -> None:
    timm = proofs()["vit_base_patch16_224"]["timm"]
    assert timm == ("logits", "tests/peers/test_vit.py"), "its parameters are compared too, which says less"
