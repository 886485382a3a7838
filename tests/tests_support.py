"""Where the tests find files: what `conftest.py` offers, for use at collection time."""

import os
from pathlib import Path

HERE = Path(__file__).parent
FS6 = HERE / "fixtures" / "freesurfer" / "6.0"
HANDMADE = HERE / "fixtures" / "handmade"


def _corpus() -> Path | None:
    """Find the real files that are not part of the project, if this machine has them."""
    named = os.environ.get("FSSTATS_CORPUS")
    place = Path(named) if named else HERE.parent.parent / "shared" / "corpus"
    return place if place.is_dir() else None


CORPUS = _corpus()
