"""A policy is a value that can be meant."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from mockpki.relying_party import NO_CHECK, Policy


class TestArguments:
    def test_policy(self) -> None:
        """A policy that cannot be meant is refused with a sentence."""
        wrong: Any = "yes"
        with pytest.raises(TypeError, match="hard_fail= of Policy takes True or False; got 'yes'"):
            Policy(hard_fail=wrong)
        with pytest.raises(TypeError, match="timeout= of Policy takes a timedelta"):
            Policy(timeout=wrong)
        with pytest.raises(ValueError, match="timeout of a policy cannot be as short as"):
            Policy(timeout=timedelta())
        with pytest.raises(ValueError, match="clock_skew of a policy cannot be as short as"):
            Policy(clock_skew=timedelta(seconds=-1))
        with pytest.raises(TypeError, match="sources of a policy is a tuple, such as"):
            Policy(sources=wrong)
        with pytest.raises(
            ValueError,
            match="'yes' in sources= is no source of a policy; there are staple, OCSP, CRL, CRLite",
        ):
            Policy(sources=(wrong,))
        with pytest.raises(ValueError, match="each source stands once"):
            Policy(sources=("CRL", "CRL"))
        with pytest.raises(ValueError, match="bad_staple_rejects needs 'staple' first in sources"):
            Policy(sources=("CRL", "staple"), bad_staple_rejects=True)
        with pytest.raises(ValueError, match="require_staple needs 'staple' first in sources"):
            replace(NO_CHECK, require_staple=True)
        with pytest.raises(ValueError, match="filter_max_age of a policy cannot be as short as"):
            Policy(filter_max_age=timedelta(seconds=-1))
        for sources in ((), ("CRLite",), ("CRLite", "CRL"), ("OCSP", "staple", "CRLite"), ("OCSP",)):
            with pytest.raises(
                ValueError, match="filter_confirms needs 'CRLite' in sources, and 'staple' or"
            ):
                Policy(sources=sources, filter_confirms=True)
        assert Policy(sources=("OCSP", "CRLite", "staple"), filter_confirms=True).filter_confirms
        with pytest.raises(ValueError, match="honour_must_staple needs 'staple' first in sources"):
            replace(NO_CHECK, honour_must_staple=True)
