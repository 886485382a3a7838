"""What several tests share."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # for tests_support: importlib mode adds no folder

from tests_support import FS6


@pytest.fixture
def fs6() -> Path:
    """Folder of the two stats files of FreeSurfer 6.0 that ship with the tests."""
    return FS6
