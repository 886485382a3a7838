"""Trees in memory, and archives made of them: what `tests/places` shares at collection time."""

import io
import tarfile
import zipfile

TREE = {
    "sub-01/stats/aseg.stats": b"# Title Segmentation Statistics\n" * 100,
    "sub-01/stats/lh.aparc.stats": bytes(range(256)) * 40,
    "sub-01/scripts/recon-all.done": b"done",
    "sub-01/mri/aseg+one.mgz": b"",
    "sub-01/surf/lh.white": b"\0" * 5000,
    "sub 02/stats/größe #1 100%.stats": "ä".encode(),
    "sub 02/stats/%41;b&c=d?.stats": b"odd",
    "研究/stats/lh.aparc.stats": b"3",
    "Case.txt": b"upper",
    "case.txt": b"lower",
    "deep/a/b/c/d.stats": b"4",
}
"""Names with blanks, signs and letters that addresses could trip over, and names that differ in case only."""


def make_zip(tree, compression=zipfile.ZIP_DEFLATED):
    """Give a zip archive; folders are not members, only implied."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, content in tree.items():
            archive.writestr(name, content)
    return file.getvalue()


def make_tar(tree, packed="", fmt=tarfile.PAX_FORMAT):
    """Give a tar archive; a value that is no bytes is a `tarfile.TarInfo` to put there as it is."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=f"w:{packed}", format=fmt) as archive:
        for name, content in tree.items():
            info = content if isinstance(content, tarfile.TarInfo) else tarfile.TarInfo(name)
            info.name = name
            if isinstance(content, tarfile.TarInfo):
                archive.addfile(info, io.BytesIO(b"\0" * info.size))
            else:
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
    return file.getvalue()


def special(kind, target=""):
    """Give a member of a tar archive that is no plain file."""
    info = tarfile.TarInfo()
    info.type, info.linkname = kind, target
    return info


def files_of(place):
    """Give every file of a place, name to content, by walking it as discovery does."""
    found = {}
    for child in place.iterdir():
        if child.is_dir():
            found |= {f"{child.name}/{name}": content for name, content in files_of(child).items()}
        else:
            found[child.name] = child.read_bytes()
    return found
