"""Texts by the path of their field: a small mapping of which there are very many."""

from collections.abc import ItemsView, Iterator, Mapping
from functools import lru_cache

#: All paths of a VM of any usual shape are shorter than this together.
_USUAL_CHARACTERS = 4096


class Fields(Mapping[str, str]):
    """A frozen mapping of paths to texts; those of the same paths have them once for all."""

    __slots__ = ("_positions", "_texts")

    def __init__(self, texts: Mapping[str, str]) -> None:
        paths = tuple(texts)
        is_usual = sum(map(len, paths)) <= _USUAL_CHARACTERS
        self._positions = (_shared if is_usual else _numbered)(paths)
        self._texts = tuple(texts.values())

    def __getitem__(self, path: str) -> str:
        return self._texts[self._positions[path]]

    def __iter__(self) -> Iterator[str]:
        return iter(self._positions)

    def __len__(self) -> int:
        return len(self._texts)

    def items(self) -> ItemsView[str, str]:
        """The texts with their paths."""
        return dict(zip(self._positions, self._texts, strict=True)).items()

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Fields) and self._positions is other._positions:
            return self._texts == other._texts
        return super().__eq__(other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return repr(dict(self))


def _numbered(paths: tuple[str, ...]) -> Mapping[str, int]:
    return {path: position for position, path in enumerate(paths)}


_shared = lru_cache(256)(_numbered)
