"""What several tests share."""

from pathlib import Path

import pytest

from tests_support import FS6


@pytest.fixture
def fs6() -> Path:
    """Folder of the two stats files of FreeSurfer 6.0 that ship with the tests."""
    return FS6
