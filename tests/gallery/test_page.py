"""The page, as a rater uses it."""

import pytest

import fsstats as fs
from browser_support import opened, violations
from gallery_support import cube, head, pairs, save

EVIL = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def page_file(tmp_path_factory):
    """A page of four runs, one with a name that means harm, one without pictures."""
    folder = tmp_path_factory.mktemp("ratings & <more>")
    image, labels = save(folder / "t1.nii.gz", head()), save(folder / "seg & <i>1.nii.gz", cube())
    table = pairs(
        **{"sub-01": (image, labels), EVIL: (image, labels), "sub 03": (image, labels), "x": (image, folder / "no.nii")}
    )
    table = table.assign(session=["ses-1", None, "2'\"", None], source=["aparc+aseg", "seg", "seg", "seg"])
    fs.snapshots(table, folder / "qc", slices=3, scale=2.0, title="A title & <more>")
    return folder / "qc" / "index.html"


def shown(page):
    return [article.locator("h2").inner_text() for article in page.locator("article:visible").all()]


def pressed(page):
    return page.locator("[aria-pressed=true]").evaluate_all("them => them.map(one => one.dataset.rating)")


def count(page):
    return page.locator("#count").inner_text()


def test_without_javascript_it_is_a_gallery(browser, page_file):
    with opened(browser, page_file, java_script_enabled=False) as page:
        assert shown(page) == ["sub-01 ses-1", EVIL, "sub 03 2'\"", "x"]
        assert not page.locator("#tools").is_visible()
        assert page.locator("noscript p").is_visible()
        assert page.locator("img:visible").count() == 9
        assert "No such file" in page.locator(".problem").inner_text()


def test_all_pictures_are_found_and_described(browser, page_file):
    with opened(browser, page_file) as page:
        images = page.locator("img")
        page.evaluate("document.querySelectorAll('article').forEach(one => one.hidden = false)")
        for image in images.all():
            image.scroll_into_view_if_needed()
        page.wait_for_function("[...document.images].every(one => one.complete)")
        assert images.evaluate_all("them => them.every(one => one.naturalWidth == one.getAttribute('width'))")
        assert images.first.get_attribute("alt") == ("sub-01 ses-1: axial slices with the outlines of aparc+aseg")
        assert images.first.get_attribute("data-plain") == "pictures/sub-01_ses-1_aparc+aseg_axial_plain.png"


def test_a_rater_rates_by_keys(browser, page_file):
    with opened(browser, page_file) as page:
        assert shown(page) == ["sub-01 ses-1"]
        page.keyboard.press("1")
        assert shown(page) == [EVIL]
        assert page.locator("#said").inner_text() == f"sub-01 ses-1 (aparc+aseg): pass. Now {EVIL} (seg)."
        page.keyboard.press("3")
        page.keyboard.press("ArrowRight")
        assert shown(page) == ["x"]
        page.keyboard.press("ArrowRight")  # there is no more
        assert shown(page) == ["x"]
        page.keyboard.press("2")  # the last one: stays
        assert (shown(page), pressed(page)) == (["x"], ["doubtful"])
        assert count(page) == "3 of 4 rated: 1 pass, 1 doubtful, 1 fail"
        page.keyboard.press("0")
        assert (pressed(page), count(page)) == ([], "2 of 4 rated: 1 pass, 0 doubtful, 1 fail")
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("ArrowLeft")
        assert (shown(page), pressed(page)) == ([EVIL], ["fail"])
        page.keyboard.press("n")
        page.keyboard.type("123 left")  # no ratings, but words
        page.keyboard.press("Escape")
        assert pressed(page) == ["fail"]
        assert page.locator("article:visible .verdict").inner_text() == "fail ✗: 123 left"
        page.reload()
        assert shown(page) == [EVIL]  # where the rater was
        assert page.locator("#note").input_value() == "123 left"
        assert count(page) == "2 of 4 rated: 1 pass, 0 doubtful, 1 fail"


def test_keys_can_be_turned_off_and_leave_the_browsers_own_alone(browser, page_file):
    with opened(browser, page_file) as page:
        page.keyboard.press("Control+1")
        assert count(page).startswith("0 of 4")
        page.get_by_label("Keyboard shortcuts").uncheck()
        page.keyboard.press("1")
        assert count(page).startswith("0 of 4")
        page.get_by_role("button", name="Pass").click()
        assert count(page).startswith("1 of 4")


def test_a_rater_may_stay_at_a_run_after_rating(browser, page_file):
    with opened(browser, page_file) as page:
        page.get_by_label("Go on after a rating").uncheck()
        page.keyboard.press("3")
        assert (shown(page), pressed(page)) == (["sub-01 ses-1"], ["fail"])


def test_runs_are_chosen_by_their_ratings(browser, page_file):
    with opened(browser, page_file) as page:
        page.keyboard.press("1")
        page.keyboard.press("3")
        page.locator("#filter").select_option("unrated")
        assert (shown(page), page.locator("#said").inner_text()) == (["sub 03 2'\""], "2 runs shown.")
        assert page.locator("#which option").all_inner_texts() == ["sub 03 2'\" (seg)", "x (seg)"]
        page.locator("#filter").blur()
        page.keyboard.press("2")
        assert shown(page) == ["x"]
        assert page.locator("#previous").is_disabled()
        page.locator("#filter").select_option("doubtful")
        assert shown(page) == ["sub 03 2'\""]
        page.locator("#filter").select_option("problem")
        assert shown(page) == ["x"]
        page.locator("#filter").select_option("note")
        assert shown(page) == []
        assert page.get_by_text("No run is like that.").is_visible()
        page.locator("#filter").blur()
        page.keyboard.press("1")  # there is nothing to rate
        page.locator("#filter").select_option("all")
        assert (shown(page), count(page)) == (["sub-01 ses-1"], "3 of 4 rated: 1 pass, 1 doubtful, 1 fail")
        page.locator("#which").select_option("3")
        assert shown(page) == ["x"]


def test_outlines_can_be_hidden(browser, page_file):
    with opened(browser, page_file) as page:
        before = page.locator("img:visible").first.get_attribute("src")
        page.keyboard.press("h")
        assert page.locator("img:visible").first.get_attribute("src") == before.replace(".png", "_plain.png")
        page.keyboard.press("ArrowRight")
        assert page.locator("img:visible").first.get_attribute("src").endswith("_plain.png")
        page.get_by_label("Outlines").check()
        page.keyboard.press("ArrowLeft")
        assert page.locator("img:visible").first.get_attribute("src") == before


def test_ratings_are_saved_read_and_loaded(browser, page_file, tmp_path):
    saved = tmp_path / "ratings.tsv"
    with opened(browser, page_file) as page:
        page.keyboard.press("1")
        page.keyboard.press("n")
        page.keyboard.type('"=1+1" «ok» "')
        page.keyboard.press("Enter")
        page.keyboard.press("3")
        with page.expect_download() as download:
            page.get_by_role("button", name="Download ratings").click()
        assert download.value.suggested_filename == "ratings.tsv"
        download.value.save_as(saved)
    ratings = fs.read_ratings(saved)
    assert ratings["subject"].tolist() == ["sub-01", EVIL, "sub 03", "x"]
    assert ratings["rating"].fillna("").tolist() == ["pass", "fail", "", ""]
    assert ratings["note"].fillna("").tolist() == ["", '"=1+1" «ok» "', "", ""]
    assert ratings["session"].fillna("").tolist() == ["ses-1", "", "2'\"", ""]
    with saved.open("a", encoding="utf-8") as file:
        file.write("other\tn/a\tn/a\tseg\tpass\tn/a\tn/a\n")
    with opened(browser, page_file) as page:  # another rater, who has none yet
        assert count(page).startswith("0 of 4")
        page.locator("#load").set_input_files(saved)
        page.get_by_text("2 ratings loaded. 1 rows of the file are of runs that are not here.").wait_for()
        assert count(page) == "2 of 4 rated: 1 pass, 0 doubtful, 1 fail"
        page.keyboard.press("ArrowRight")
        assert page.locator("#note").input_value() == '"=1+1" «ok» "'
        saved.write_text("a\tb\n1\t2\n")
        page.locator("#load").set_input_files(saved)
        page.get_by_text("ratings.tsv: expected the columns subject, session").wait_for()
        assert count(page).startswith("2 of 4")


def test_a_rating_of_files_that_have_changed_counts_no_more(browser, page_file):
    with opened(browser, page_file) as page:
        page.keyboard.press("1")
        page.evaluate(
            """() => {
                const place = "fsstats snapshots " + location.pathname;
                localStorage.setItem(place, localStorage.getItem(place).replace(/"state":"[^"]*"/, '"state":"other"'));
            }"""
        )
        page.goto(page.url.partition("#")[0] + "#1")
        page.reload()
        made = page.locator("article:visible").get_attribute("data-state")
        assert count(page).startswith("0 of 4" if made else "1 of 4")


def test_without_storage_it_works_and_says_so(browser, page_file):
    with opened(browser, page_file) as page:
        page.add_init_script("Object.defineProperty(window, 'localStorage', { get() { throw new Error('closed'); } })")
        page.reload()
        page.keyboard.press("1")
        assert count(page).startswith("1 of 4")
        assert "This browser keeps no ratings: download them" in page.locator("#said").inner_text()


def test_no_word_of_the_study_is_markup(browser, page_file):
    source = page_file.read_text(encoding="utf-8")
    assert source.count("<script") == 1
    assert "alert(1)" not in source.partition("&lt;script")[0]
    with opened(browser, page_file) as page:
        assert page.title() == "A title & <more>"
        assert page.locator("article i, article script").count() == 0


def test_another_script_would_not_run(browser, page_file, tmp_path):
    text = page_file.read_text(encoding="utf-8").replace("</main>", "<script>document.title = 'taken'</script></main>")
    (tmp_path / "index.html").write_text(text, encoding="utf-8")
    with (
        pytest.raises(AssertionError, match="Content Security Policy"),
        opened(browser, tmp_path / "index.html") as page,
    ):
        assert page.title() == "A title & <more>"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_accessible(browser, page_file, scheme):
    with opened(browser, page_file, color_scheme=scheme) as page:
        for key in "123":
            page.keyboard.press(key)
        for summary in page.locator("summary").all():
            summary.click()
        page.evaluate("document.querySelectorAll('article').forEach(one => one.hidden = false)")
        page.evaluate("document.querySelectorAll('[aria-pressed]').forEach(one => one.ariaPressed = true)")
        assert violations(page) == []


def test_it_fits_a_narrow_window(browser, page_file):
    with opened(browser, page_file, viewport={"width": 320, "height": 640}) as page:
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_focus_is_seen_and_nothing_is_out_of_the_keyboards_reach(browser, page_file):
    with opened(browser, page_file) as page:
        page.keyboard.press("Tab")
        assert page.locator(":focus").inner_text() == "To the pictures"
        assert page.locator(":focus").is_visible()
        names = []
        for _ in range(25):
            page.keyboard.press("Tab")
            names.append(page.evaluate("document.activeElement.id || document.activeElement.dataset?.rating"))
            outline = page.evaluate(
                "getComputedStyle(document.activeElement.closest('.button') || document.activeElement).outlineStyle"
            )
            assert outline == "solid" or names[-1] is None
        wanted = {
            "next",
            "which",
            "filter",
            "pass",
            "doubtful",
            "fail",
            "note",
            "outlines",
            "advance",
            "keys",
            "save",
            "load",
        }
        assert wanted <= set(names)


def test_it_prints_the_runs_that_are_shown(browser, page_file):
    with opened(browser, page_file) as page:
        page.keyboard.press("3")
        page.keyboard.press("1")
        page.locator("#filter").select_option("fail")
        page.emulate_media(media="print")
        assert shown(page) == ["sub-01 ses-1"]
        assert not page.locator("#tools").is_visible()
        page.emulate_media(media="screen")
        page.locator("#filter").select_option("all")
        page.emulate_media(media="print")
        assert len(shown(page)) == 4
        assert page.locator(".verdict").first.inner_text() == "fail ✗"
