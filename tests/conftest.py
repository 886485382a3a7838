"""What several tests share."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

from tests_support import FS6

# No deadline: machines are shared and noisy. With CI set the same examples are tried every time.
settings.register_profile("everywhere", deadline=None, derandomize=bool(os.environ.get("CI")), print_blob=True)
settings.register_profile("thorough", deadline=None, max_examples=3000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "everywhere"))


@pytest.fixture
def fs6() -> Path:
    """Folder of the two stats files of FreeSurfer 6.0 that ship with the tests."""
    return FS6
