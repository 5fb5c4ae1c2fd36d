"""What a claim says in Russian, against what was found."""

from collections.abc import Iterable

from symnet.claims import Result, load_translations
from symnet.reading.translations import same_facts

__all__ = ["english_alone"]


def english_alone(results: Iterable[Result]) -> list[str]:
    """The claims whose Russian note is not there, or has other numbers or verdicts than the note found."""
    russian = load_translations()
    return [r.claim.id for r in results if not same_facts(r.finding.note, russian[r.claim.id].note)]
