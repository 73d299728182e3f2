"""Namespaces and their labels, and which of them a namespaceSelector means."""

from collections.abc import Iterator, Mapping

from webhook.objects import LabelSelector

Labels = Mapping[str, str]
#: Selectors whose namespaces are remembered; there are far fewer in any cluster.
_REMEMBERED = 1024


class Namespaces(Mapping[str, Labels]):
    """The labels of each namespace by name; changed by `put` and `drop` only."""

    def __init__(self) -> None:
        self._labels: dict[str, Labels] = {}
        self._selected: dict[LabelSelector, frozenset[str]] = {}

    def __getitem__(self, name: str) -> Labels:
        """The labels of a namespace; raises KeyError."""
        return self._labels[name]

    def __iter__(self) -> Iterator[str]:
        """The names."""
        return iter(self._labels)

    def __len__(self) -> int:
        """How many there are."""
        return len(self._labels)

    def put(self, name: str, labels: Labels) -> None:
        """Enter a namespace, or replace its labels."""
        if self._labels.get(name) != labels:
            self._labels[name] = labels
            self._selected.clear()

    def drop(self, name: str) -> None:
        """Forget a namespace; an unknown one is ignored."""
        if self._labels.pop(name, None) is not None:
            self._selected.clear()

    def selected(self, selector: LabelSelector) -> frozenset[str]:
        """The names of those that the selector matches; worked out once until one changes."""
        found = self._selected.get(selector)
        if found is None:
            if len(self._selected) == _REMEMBERED:
                self._selected.clear()
            found = frozenset(n for n, labels in self._labels.items() if selector.matches(labels))
            self._selected[selector] = found
        return found
