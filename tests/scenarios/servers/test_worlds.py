"""A preset as a world: a stapling TLS server of ours."""

from dataclasses import replace
from datetime import timedelta

import pytest

from mockpki import PKI, faults, staplers
from mockpki._programs.ports import is_listening
from mockpki.scenarios.servers import look_up_words, observe
from mockpki.scenarios.servers._run import run
from mockpki.scenarios.servers._watch import Watch
from mockpki.scenarios.servers._worlds import HOST, SERVER_NAME
from mockpki.staplers import NotListening, Preset


class TestPresets:
    def test_names(self) -> None:
        """A preset is called what its policy is called, and a policy of the test's own is told from them."""
        assert Preset(staplers.NGINX).name == "nginx"
        assert Preset(replace(staplers.NGINX, workers=4)).name == "a policy of your own"
        assert Preset(staplers.NGINX, name="mine").name == "mine"

    def test_no_policy(self) -> None:
        """What is no policy is an error that says what would be one."""
        with pytest.raises(TypeError, match="takes a StaplePolicy"):
            Preset("nginx")  # type: ignore[arg-type]

    def test_short_lives(self) -> None:
        """Answers may live for seconds, as they do for real servers; then some presets do something else."""
        policy = staplers.APACHE
        outcome = run("good-then-expired", Preset(policy, life=timedelta(seconds=4)))
        words = look_up_words("apache", "good-then-expired", short_lived=True)
        assert words == "good good good | expired"
        assert outcome.words.startswith(words)
        assert look_up_words("apache", "good") == look_up_words("apache", "good", short_lived=True)


class TestSite:
    def test_a_server_in_a_scenario(self, pki: PKI) -> None:
        """It is not started yet; when it is, it has asked, and has what it was given; then it is ended."""
        world, leaf, watch = Preset(staplers.HITCH), pki.issue_cert(SERVER_NAME, HOST), Watch(pki)
        watch.answer_with()
        with world.site(pki, leaf, watch) as site:
            assert watch.requests == []
            site.start()
            site.wait_until_asked()
            site.wait_until_idle()
            assert len(watch.requests) == 1
            (seen,) = observe(site.host, site.port, ca=pki.ca_file, server_name=SERVER_NAME)
            assert seen.says == "good"
            assert site.read_output() == ""
            port = site.port
        assert not is_listening(HOST, port)

    def test_a_server_that_may_not_start(self, pki: PKI) -> None:
        """It says why, at its start and at its restart alike."""
        leaf, watch = pki.issue_cert(SERVER_NAME, HOST, must_staple=True), Watch(pki)
        strict = Preset(replace(staplers.IDEAL, persist=False))
        watch.answer_with(faults.Refused())
        with strict.site(pki, leaf, watch) as site, pytest.raises(NotListening, match="does not start"):
            site.start()
        watch.answer_with()
        with strict.site(pki, leaf, watch) as site:
            site.start()
            watch.answer_with(faults.Refused())
            with pytest.raises(NotListening, match="does not start"):
                site.restart()

    @pytest.mark.parametrize(("fault", "says"), [(None, "good"), (faults.TryLater(), "none")])
    def test_a_file(self, pki: PKI, fault: faults.OCSPFault | None, says: str) -> None:
        """Where staples come from a file, somebody has put a good answer there, or none at all."""
        leaf, watch = pki.issue_cert(SERVER_NAME, HOST), Watch(pki)
        watch.answer_with(*([fault] if fault else []))
        with Preset(staplers.NGINX_FILE).site(pki, leaf, watch) as site:
            site.start()
            (seen,) = observe(site.host, site.port, ca=pki.ca_file, server_name=SERVER_NAME)
            assert seen.says == says
            assert watch.requests == []
