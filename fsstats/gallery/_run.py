"""One segmentation and the image that it is drawn over."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from fsstats.gallery._look import Fit

IMAGE_SUFFIX: Final = re.compile(r"\.(?:nii(?:\.gz)?|mgz|mgh)$")


@dataclass(frozen=True, slots=True)
class Run:
    """One segmentation to be drawn, and what it is drawn over."""

    subject: str
    session: str | None
    stream: str | None
    source: str
    """What segmented it: the name of the label image without its suffix, or ``first``; empty if it is not known."""
    image: str | None = None
    labels: str | None = None
    problem: str | None = None
    """Why it cannot be drawn."""
    fit: Fit = "image"
    """What a picture shows unless the user says."""

    @property
    def key(self) -> tuple[str | None, ...]:
        """Tell it from all others."""
        return self.subject, self.session, self.stream, self.source


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the user asked for; all there is if None."""

    subjects: Collection[str] | None = None
    stream: str | None = None
    image: str | None = None
    labels: str | None = None
