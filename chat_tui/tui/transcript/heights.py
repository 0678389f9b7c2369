"""Heights of a sequence of things with fast prefix sums; what the things are lives elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class Heights:
    """Heights in lines, in order. Reading a sum, changing, finding and growing are O(log n)."""

    def __init__(self, heights: Iterable[int] = ()) -> None:
        self._rebuild(list(heights), 0)

    @classmethod
    def uniform(cls, count: int, height: int) -> Heights:
        """Return ``count`` heights that are all the same."""
        heights = cls()
        heights._values = [height] * count
        heights._tree = [height * (index & -index) for index in range(count + 1)]
        heights._total = height * count
        return heights

    def _rebuild(self, values: list[int], front: int) -> None:
        """Lay out ``values`` behind ``front`` empty places that later ones can take."""
        self._front = front
        self._values = [0] * front + values
        tree = [0, *self._values]
        for index in range(1, len(tree)):
            parent = index + (index & -index)
            if parent < len(tree):
                tree[parent] += tree[index]
        self._tree = tree
        self._total = sum(values)

    def __len__(self) -> int:
        return len(self._values) - self._front

    def __getitem__(self, index: int) -> int:
        return self._values[index + self._front]

    @property
    def total(self) -> int:
        """The sum of all heights."""
        return self._total

    def set(self, index: int, height: int) -> None:
        """Change the height at ``index``."""
        self._set(index + self._front, height)

    def _set(self, place: int, height: int) -> None:
        change = height - self._values[place]
        if not change:
            return
        self._values[place] = height
        self._total += change
        tree = self._tree
        place += 1
        while place < len(tree):
            tree[place] += change
            place += place & -place

    def top(self, index: int) -> int:
        """Return the sum of the heights before ``index`` (which may be the length)."""
        place = index + self._front
        tree = self._tree
        total = 0
        while place:
            total += tree[place]
            place &= place - 1
        return total

    def find(self, line: int) -> tuple[int, int]:
        """Return (index, line within it) of what covers ``line``; clamped to the ends.

        Raises IndexError when there is nothing.
        """
        if not len(self):
            raise IndexError("no heights")
        line = min(max(line, 0), self._total - 1)
        if line < 0:
            return 0, 0
        tree = self._tree
        place = 0
        step = 1 << (len(tree) - 1).bit_length() - 1
        while step:
            after = place + step
            if after < len(tree) and tree[after] <= line:
                place = after
                line -= tree[after]
            step >>= 1
        return place - self._front, line

    def append(self, height: int) -> None:
        """Add one at the end."""
        self._values.append(height)
        self._total += height
        tree = self._tree
        place = len(tree)
        total = height
        step = 1
        while step < place & -place:
            total += tree[place - step]
            step <<= 1
        tree.append(total)

    def prepend(self, heights: Sequence[int]) -> None:
        """Add several at the front; amortised O(log n) each."""
        if len(heights) > self._front:
            self._rebuild([*heights, *self._values[self._front :]], len(self) + len(heights))
            return
        self._front -= len(heights)
        for index, height in enumerate(heights):
            self._set(self._front + index, height)

    def cut(self, length: int) -> None:
        """Keep the first ``length``."""
        while len(self) > length:
            self._total -= self._values.pop()
            self._tree.pop()

    def delete(self, index: int) -> None:
        """Remove one; O(n)."""
        values = self._values[self._front :]
        del values[index]
        self._rebuild(values, self._front)
