"""What tests of `merge` share."""

import pytest

from fsstats.io import _study
from fsstats.schema import _registry
from merge_support import AT_ONCE


@pytest.fixture
def small_batches(monkeypatch):
    """Read a few subjects at a time; what a test registers is forgotten."""
    monkeypatch.setattr(_study, "AT_ONCE", AT_ONCE)
    yield
    _registry.forget(added=True)
