"""What other programs say of the same data, and how near we come: the tests and the page docs/agreement.md read it."""

from agreements._case import Agreement

__all__ = ["Agreement"]
