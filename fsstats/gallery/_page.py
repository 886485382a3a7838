"""The page to look at pictures and rate them: one file that asks for nothing but the pictures beside it."""

from collections.abc import Mapping, Sequence

from fsstats._frames import printable
from fsstats._pages import page
from fsstats.gallery._colours import colour_of, plain_name
from fsstats.gallery._draw import Drawn
from fsstats.gallery._look import Look
from fsstats.places import place


def page_of(drawn: Sequence[Drawn], look: Look, names: Mapping[int, str], title: str, folder: str) -> str:
    """Write the page.

    Parameters
    ----------
    drawn : sequence of Drawn
        Every run, with its pictures or its problem.
    look : Look
        How they were drawn.
    names : mapping of int to str
        Names of labels.
    title : str
        Title of the page.
    folder : str
        Where the pictures are, from the page.

    Returns
    -------
    str
        HTML in which all that comes from a study is escaped.
    """
    return page(
        "fsstats.gallery",
        title=title,
        look=look,
        runs=[_run(one, look, folder) for one in drawn],
        colours=_legend(drawn, look, names),
    )


def _run(one: Drawn, look: Look, folder: str) -> dict[str, object]:
    """Give what the page shows of a run."""
    run = one.run
    parts = [run.subject, run.session, None if run.stream == "cross" else run.stream]
    name = printable(" ".join(part for part in parts if part))
    return {
        "name": name,
        "source": run.source,
        "subject": printable(run.subject),
        "session": run.session or "",
        "stream": run.stream or "",
        "state": one.files,
        "names": [printable(place(path).name) for path in (run.image, run.labels) if path],
        "notes": one.notes,
        "problem": None if one.problem is None else printable(one.problem),
        "pictures": [
            {
                "plane": plane,
                "file": f"{folder}/{one.picture(plane)}",
                "plain": f"{folder}/{one.picture(plane, plain=True)}" if look.plain else "",
                "width": width,
                "height": height,
                "alt": f"{name}: {plane} slices with the outlines of {run.source}",
            }
            for plane, (width, height) in one.sizes.items()
        ],
    }


def _legend(drawn: Sequence[Drawn], look: Look, names: Mapping[int, str]) -> list[tuple[str, str]]:
    """Give the name and the colour of every structure that is outlined anywhere; both sides have one."""
    labels = sorted({label for one in drawn for label in one.labels})
    colours = {plain_name(label, names): colour_of(label, look.colours) for label in labels}
    return sorted((name, "#{:02x}{:02x}{:02x}".format(*colour)) for name, colour in colours.items())
