"""Label images and tissue maps: volumes counted from the voxels."""

from fsstats.parsers.formats import Format

FORMATS: tuple[Format, ...] = ()
