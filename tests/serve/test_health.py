"""The server itself."""

from importlib.metadata import version

from mockpki._serve.problem import TYPES
from tests.kit.serving import serving


def test_it_says_how_it_is() -> None:
    """Its version, how long it has been there, and how many PKIs there are."""
    with serving() as served:
        first = served.ask("GET", "/health")
        assert (first["status"], first["version"], first["api"], first["pkis"]) == (
            "ok",
            version("mockpki"),
            "v1",
            0,
        )
        served.make_pki()
        second = served.ask("GET", "/health")
        assert second["pkis"] == 1
        assert second["uptime"] >= first["uptime"] >= 0


def test_it_says_what_its_problems_mean() -> None:
    """Every type that an answer names is explained at the page that it names."""
    with serving() as served:
        page, _, kind = served.refuse("GET", "/v1/nothing", status=404)["type"].partition("#")
        explained = served.ask("GET", page)
        assert explained[kind] == {"status": 404, "meaning": TYPES[kind][1]}
        assert explained.keys() == TYPES.keys()


def test_it_ends_when_it_is_told() -> None:
    """The call is answered first; who runs the server ends it."""
    ended = []
    with serving() as served:
        served.topology.stop = lambda: ended.append(True)
        assert served.send("GET", "/v1/shutdown").status == 405
        assert not ended
        assert served.send("POST", "/v1/shutdown").status == 202
        assert ended == [True]
