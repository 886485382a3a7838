"""What figures of quality control draw is what the judgements say."""

import numpy as np
import pytest
from matplotlib.patches import Rectangle

import fsstats as fs
from figures_support import judgements
from fsstats.errors import ColumnsError, TableError, UnknownNameError


def words(labels):
    return [label.get_text() for label in labels]


def test_quality_counts_judgements_by_rule_and_severity():
    axes = fs.plots.quality(judgements())
    rules = words(axes.get_yticklabels())
    assert rules == ["range", "zero", "outlier", "versions"]  # errors first, then by number
    widths = {
        severity: [bar.get_width() for bar in axes.findobj(Rectangle) if bar.get_gid() == severity]
        for severity in ("error", "warning", "note")
    }
    assert widths == {"error": [3, 1, 0, 0], "warning": [0, 0, 17, 0], "note": [0, 0, 1, 2]}
    assert words(axes.texts) == ["3", "1", "18", "2"]
    assert words(axes.get_legend().get_texts()) == ["error (4)", "warning (17)", "note (3)"]
    assert axes.get_title(loc="right") == "24 judgements of 5 runs"


def test_quality_runs_draws_the_worst_runs_first():
    axes = fs.plots.quality_runs(judgements(), most=3)
    runs, rules = words(axes.get_yticklabels()), words(axes.get_xticklabels())
    assert runs == fs.qc.worklist(judgements())["subject"].head(3).tolist() == ["s1", "s5", "s2"]
    assert rules == ["range", "zero", "outlier"]
    said = {
        (runs[round(text.get_position()[1])], rules[round(text.get_position()[0])]): text.get_text()
        for text in axes.texts
    }
    assert said == {("s1", "range"): "3", ("s1", "outlier"): "12", ("s2", "outlier"): "5", ("s5", "zero"): "1"}
    assert axes.get_xlabel() == "the first 3 of 5 runs that have judgements"


def test_quality_runs_marks_the_worst_severity():
    axes = fs.plots.quality_runs(judgements())
    places = {one.get_gid(): np.asarray(one.get_offsets()).tolist() for one in axes.collections if one.get_gid()}
    rules, runs = words(axes.get_xticklabels()), words(axes.get_yticklabels())
    assert places["note"] == [[rules.index("versions"), runs.index("s3")]]
    assert [rules.index("outlier"), runs.index("s2")] in places["warning"]  # a warning and a note
    assert len(places["error"]) == 2


def test_runs_are_named_by_session_and_stream_where_they_need_be():
    found = judgements().assign(session="v1", stream=np.where(np.arange(24) % 2, "long", "cross"))
    assert words(fs.plots.quality_runs(found).get_yticklabels())[0] == "s1 v1 cross"
    assert words(fs.plots.quality_runs(found.assign(stream="long")).get_yticklabels())[0] == "s1 v1"


@pytest.mark.parametrize("draw", [fs.plots.quality, fs.plots.quality_runs])
def test_nothing_found_is_said(draw):
    assert words(draw(judgements()[:0]).texts) == ["nothing was found"]


@pytest.mark.parametrize("draw", [fs.plots.quality, fs.plots.quality_runs])
def test_what_is_no_table_of_judgements_is_refused(draw):
    with pytest.raises(ColumnsError, match=f"{draw.__name__} needs the column"):
        draw(judgements().drop(columns="rule"))
    with pytest.raises(UnknownNameError, match="no severity is called 'bad'; there are: error, note, warning"):
        draw(judgements().assign(severity="bad"))


def test_quality_runs_wants_one_run_at_least():
    with pytest.raises(TableError, match="expected most to be 1 or more, found 0"):
        fs.plots.quality_runs(judgements(), most=0)
