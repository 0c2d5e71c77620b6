"""`make test` runs stages beside those on the screen: nothing that they say is lost, and none goes on alone."""

import pytest

from everything import Aside, Failed, Stage

SAYS = Stage(title="speaks", command=("this",))
FAILS = Stage(title="fails", command=("no_such_module",))
LASTS = Stage(title="lasts", command=("http.server", "0", "--bind", "127.0.0.1"))


def test_stages_aside_are_shown_in_their_order(capsys: pytest.CaptureFixture[str]) -> None:
    """Each says its title, what its process wrote, and how it ended, before the next begins."""
    aside = Aside(SAYS, Stage(title="last", command=("platform", "--terse")))

    aside.shown()

    said = capsys.readouterr().out
    places = [said.index(words) for words in ("== speaks", "Beautiful is better", "-- speaks: done", "== last")]
    assert places == sorted(places)
    assert "-- last: done" in said


def test_a_failed_stage_aside_is_the_last(capsys: pytest.CaptureFixture[str]) -> None:
    """Its words are shown, its code is raised, and what should follow is not begun."""
    aside = Aside(FAILS, SAYS)

    with pytest.raises(Failed) as failure:
        aside.shown()

    said = capsys.readouterr().out
    assert "no_such_module" in said
    assert "== speaks" not in said
    assert failure.value.args == (1,)


def test_stages_aside_are_ended_with_what_they_run(capsys: pytest.CaptureFixture[str]) -> None:
    """Where a test on the screen fails, nothing goes on beside it."""
    aside = Aside(LASTS, SAYS)

    aside.end()

    with pytest.raises(Failed):
        aside.shown()
    assert "== speaks" not in capsys.readouterr().out
