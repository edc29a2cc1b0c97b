"""What callers know by an id or a name."""

import threading

import pytest

from mockpki._serve.named import Named
from mockpki._serve.problem import Problem


class Thing:
    """Something that has an identity."""


def test_a_thing_is_found_by_each_of_its_keys() -> None:
    """By its id in any case of its letters, by its name, and by what else it is known by; then by none."""
    named: Named[Thing] = Named("thing", 5)
    one = Thing()
    assert named.add(one, "ab1", "Web", "other") == "ab1"
    for key in ("ab1", "AB1", "Web", "other"):
        assert named.find(key) is one
        assert key in named
    assert (named.id_of(one), named.name_of("ab1"), list(named), named.values()) == (
        "ab1",
        "Web",
        ["ab1"],
        [one],
    )
    named.drop("ab1")
    named.drop("ab1")
    for key in ("ab1", "Web", "other"):
        with pytest.raises(Problem, match="no thing is called"):
            named.find(key)
    assert (named.id_of(one), named.name_of("ab1"), len(named)) == (None, None, 0)


def test_near_names_are_told() -> None:
    """Whoever mistypes is told what there is."""
    named: Named[Thing] = Named("thing", 5)
    named.add(Thing(), "ab1", "server")
    with pytest.raises(Problem, match=r"no thing is called 'sever' here; did you mean 'server'\?") as caught:
        named.find("sever")
    assert (caught.value.kind, caught.value.suggestions) == ("not-found", ["server"])


def test_no_key_is_given_twice() -> None:
    """A second id gets a number, and a second name is refused, also one of what stands beside."""
    beside: Named[Thing] = Named("neighbour", 5)
    named: Named[Thing] = Named("thing", 5, beside)
    beside.add(Thing(), "ca", "root")
    assert [named.add(Thing(), "ab", None) for _ in range(3)] == ["ab", "ab.2", "ab.3"]
    assert named.add(Thing(), "ca", None) == "ca.2"
    for name, what in (("ab", "thing"), ("AB.2", "thing"), ("root", "neighbour"), ("ca", "neighbour")):
        with pytest.raises(Problem, match=f"there is a {what} called") as caught, named.room(name):
            pass
        assert (caught.value.kind, caught.value.pointer) == ("conflict", "/name")
    with named.room("new"):
        pass


def test_a_name_and_a_place_are_kept_for_what_is_being_made() -> None:
    """Two callers at once do not both get the last place, or one name; what fails gives both back."""
    named: Named[Thing] = Named("thing", 2)
    named.add(Thing(), "1", None)
    with named.room("mine"), pytest.raises(Problem, match="has at most 2 things"), named.room(None):
        pass
    other: Named[Thing] = Named("thing", 9)
    with other.room("mine"), pytest.raises(Problem, match="called 'mine' already"), other.room("mine"):
        pass
    with pytest.raises(ZeroDivisionError), named.room("mine"):
        raise ZeroDivisionError
    with named.room("mine"):
        named.add(Thing(), "2", "mine")


def test_any_thread_may_look_while_others_add() -> None:
    """Looking through them never fails, whatever comes and goes meanwhile."""
    named: Named[Thing] = Named("thing", 10_000)
    failed: list[BaseException] = []
    over = threading.Event()

    def look() -> None:
        try:
            while not over.is_set():
                for id in named:
                    named.name_of(id)
                with pytest.raises(Problem):
                    named.find("x" * 30)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=look) for _ in range(2)]
    for thread in threads:
        thread.start()
    for number in range(300):
        named.add(Thing(), str(number), f"n{number}")
        if number % 3:
            named.drop(str(number - 1))
    over.set()
    for thread in threads:
        thread.join()
    assert failed == []
