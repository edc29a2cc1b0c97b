"""Every way of giving options to the fixture counts, or is an error: whole runs of pytest."""

import pytest

from tests.kit.inner_pytest import inner


def test_the_nearest_option_wins(pytester: pytest.Pytester) -> None:
    """Marks of parameters, test, class, base class and module all count; each option from the nearest."""
    result = inner(
        pytester,
        """
pytestmark = [pytest.mark.pki(depth=3, responder_id="name"), pytest.mark.pki(key_type="Ed25519")]

def options(pki):
    chosen = pki._realm.options
    return len(pki.cas) - 1, str(chosen.key_type), chosen.delegated, chosen.by_name

def test_module(pki):
    assert options(pki) == (3, "Ed25519", False, True)

@pytest.mark.pki(depth=2)
class TestBase:
    def test_class(self, pki):
        assert options(pki) == (2, "Ed25519", False, True)

    @pytest.mark.pki(delegated=True)
    @pytest.mark.pki(key_type="P-384")
    def test_own(self, pki):
        assert options(pki) == (2, "P-384", True, True)

@pytest.mark.pki(responder_id="key")
class TestDerived(TestBase):
    def test_class(self, pki):
        assert options(pki) == (2, "Ed25519", False, False)

    def test_own(self, pki):
        assert options(pki) == (2, "Ed25519", False, False)

@pytest.mark.pki(depth=1)
@pytest.mark.parametrize("depth", [1, pytest.param(0, marks=pytest.mark.pki(depth=0))])
def test_parameters(pki, depth):
    assert options(pki)[0] == depth

@pytest.mark.usefixtures("pki")
@pytest.mark.pki(depth=0)
def test_without_the_argument(request):
    assert options(request.getfixturevalue("pki"))[0] == 0

@pytest.mark.pki
def test_no_options(pki):
    assert options(pki)[0] == 3

def test_no_pki_at_all():
    pass
""",
    )
    result.assert_outcomes(passed=10)


def test_parametrized_options(pytester: pytest.Pytester) -> None:
    """Indirect parametrization gives options, and goes before the marks; what is none is said."""
    result = inner(
        pytester,
        """
@pytest.mark.pki(depth=3, delegated=True)
@pytest.mark.parametrize("pki", [{"depth": 0}, {"depth": 2}, {}], indirect=True)
def test_indirect(pki, request):
    assert len(pki.cas) - 1 == request.node.callspec.params["pki"].get("depth", 3)
    assert pki._realm.options.delegated

@pytest.mark.parametrize("pki", [2], indirect=True)
def test_no_dict(pki): pass

@pytest.mark.parametrize("pki", [{"keytype": "P-384"}], indirect=True)
def test_misspelt(pki): pass

@pytest.mark.parametrize("pki", [{"depth": 2}])
def test_direct(pki): pass
""",
    )
    result.assert_outcomes(passed=3, errors=3)
    result.stdout.fnmatch_lines(
        [
            "E*TypeError: @pytest.mark.parametrize('pki', ..., indirect=True) takes dicts *; got 2",
            "E*@pytest.mark.parametrize('pki', ...): PKI has no option 'keytype'; did you mean key_type?",
            "E*gave the test {'depth': 2} itself in the place of a PKI; for options add indirect=True",
        ]
    )


def test_a_fixture_that_extends_ours(pytester: pytest.Pytester) -> None:
    """One that takes mockpki's has its options, and a mark that nobody heeds is an error of the test."""
    result = inner(
        pytester,
        """
class TestExtended:
    @pytest.fixture
    def pki(self, pki):
        pki.name = "mine"
        return pki

    @pytest.mark.pki(depth=2)
    def test_heard(self, pki):
        assert (len(pki.cas), pki.name) == (3, "mine")

@pytest.mark.pki(depth=2)
class TestUnused:
    def test_not_asked(self): pass

    @pytest.mark.pki(delegated=True)
    def test_for_nobody(self): pass

    @pytest.mark.pki(delegated=True)
    def test_skipped(self):
        pytest.skip("not today")
""",
    )
    result.assert_outcomes(passed=2, skipped=1, failed=1)
    lost = "*TypeError: the options of @pytest.mark.pki(delegated=True) are lost: this test did not use*"
    result.stdout.fnmatch_lines([f"E{lost}", "FAILED *test_for_nobody*"])


@pytest.mark.parametrize("scope", ["function", "class", "module", "session"])
def test_a_fixture_that_replaces_ours(pytester: pytest.Pytester, scope: str) -> None:
    """One that makes a PKI by itself is as good as any, but a mark beside it is an error."""
    result = inner(
        pytester,
        f"""
@pytest.fixture(scope="{scope}")
def pki():
    with PKI(depth=0) as made:
        yield made

def test_plain(pki):
    assert len(pki.cas) == 1

@pytest.mark.pki(depth=2)
def test_lost(pki): pass

@pytest.mark.pki(depth=2)
def test_lost_later(request):
    request.getfixturevalue("pki")
""",
    )
    result.assert_outcomes(passed=1, failed=1, errors=1)
    result.stdout.fnmatch_lines(
        [
            "E*TypeError: the options of @pytest.mark.pki(depth=2) are lost: the `pki` of this test is not*",
            "E*TypeError: the options of @pytest.mark.pki(depth=2) are lost: this test did not use*",
            "FAILED *test_lost_later*",
            "ERROR *test_lost *",
        ]
    )


def test_a_wider_scope_says_what_to_do(pytester: pytest.Pytester) -> None:
    """pytest's ScopeMismatch for this fixture has the way out below it; for others it is left alone."""
    result = inner(
        pytester,
        """
@pytest.fixture(scope="module")
def wide(pki): pass

@pytest.fixture(scope="class")
def late(request): request.getfixturevalue("pki")

@pytest.fixture
def narrow(): pass

@pytest.fixture(scope="module")
def other(narrow): pass

def test_wide(wide): pass
def test_late(late): pass
def test_in_the_test(request): request.getfixturevalue("wide")
def test_other(other): pass

@pytest.fixture(scope="module")
def module_pki(pki_factory):
    return pki_factory()

@pytest.fixture
def clean_pki(module_pki):
    yield module_pki
    module_pki.reset()

def test_as_told(clean_pki):
    clean_pki.crl.respond_with(faults.HttpStatus(503))

def test_as_told_again(clean_pki):
    assert get(clean_pki.crl.url) == 200
""",
    )
    result.assert_outcomes(passed=2, failed=1, errors=3)
    assert result.stdout.str().count("ScopeMismatch: You tried") == 4
    assert result.stdout.str().count("For one PKI of a whole module, write two of your own") == 3
