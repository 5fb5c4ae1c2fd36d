"""What inputs and tests cannot tell is found, and said why."""

import numpy as np
import pytest

from symnet.candidates.load import functions as functions_of
from symnet.candidates.replay import replay
from symnet.candidates.specs import spec
from symnet.candidates.vacuity import blind_spots, distinct_faults
from symnet.errors import SymnetError
from tests.candidates import wrong_layers, wrong_normalization

NORMAL = spec("batch_norm")
LAYER = {"forward": wrong_normalization.forward, "backward": wrong_normalization.backward}


def inputs(objects=4, **others):
    random = np.random.default_rng(0)
    shape = (objects, 3)
    chosen = {"x": random.normal(size=shape), "dy": random.normal(size=shape), "eps": 1e-3}
    return {**chosen, "scale": random.normal(size=3) + 2, "shift": random.normal(size=3), **others}


@pytest.fixture(scope="module")
def likely():
    return distinct_faults(NORMAL.paired, NORMAL.outputs, NORMAL.wrt, inputs())


@pytest.fixture(scope="module")
def asked(likely):
    return [fault for fault in likely if fault.cost == 1]


def spots(asked, probe):
    found = blind_spots(NORMAL.paired, NORMAL.outputs, NORMAL.wrt, [probe], among=asked)
    return {spot.fault.key: spot.reason for spot in found}


def test_general_inputs_tell_every_fault(asked):
    assert len(asked) > 20
    assert spots(asked, inputs()) == {}


def test_two_objects_without_eps_have_no_gradient(asked):
    found = spots(asked, inputs(objects=2, eps=0.0))
    assert found["zero:dL_dx"] == "the true dL/dx is 0 there"
    assert found["eps-lost"] == "the true dL/dx is 0 there"


def test_an_upstream_gradient_that_is_the_same_for_all_objects(asked):
    found = spots(asked, inputs(dy=np.ones((4, 3))))
    assert found["zero:dL_dx"] == "the true dL/dx is 0 there"
    assert found["path-dropped:V"] == "the true dL/dx is 0 there"


def test_a_scale_of_one(likely):
    lost = [fault for fault in likely if fault.key.startswith("factor-lost")]
    assert len(lost) > 5
    found = spots(lost, inputs(scale=np.ones(3)))
    assert found == {"factor-lost:dL_dnormalized": "scale is 1 everywhere"}


def test_more_inputs_have_fewer_blind_spots(asked):
    both = [inputs(objects=2, eps=0.0), inputs()]
    assert blind_spots(NORMAL.paired, NORMAL.outputs, NORMAL.wrt, both, among=asked) == []


# A user's own test

TESTS = "tests/candidates/replayed.py::"


def test_a_weak_test_misses_what_it_cannot_see():
    found = replay(TESTS + "test_two_objects", LAYER, NORMAL)
    missed = {spot.fault.key: spot.reason for spot in found.missed}
    assert missed["eps-lost"] == "the true dL/dx is 0 there"
    assert missed["zero:dL_dx"] == "the true dL/dx is 0 there"
    assert missed["denominator:V"] == "the test does not look at what it changes"
    assert len(found.tried) > len(found.missed)


def test_a_strong_test_misses_nothing():
    functions = functions_of("tests/candidates/wrong_layers.py:dense")  # loaded beside what the test imports
    assert functions["forward"] is not wrong_layers.dense_forward
    found = replay(TESTS + "test_dense", functions, spec("dense"))
    assert len(found.tried) > 20
    assert found.missed == ()
    assert wrong_layers.dense_forward.__name__ == "dense_forward"  # put back


@pytest.mark.parametrize(
    ("test", "problem"),
    [
        ("test_nothing", "test_nothing never calls backward"),
        ("test_that_fails", "test_that_fails does not pass as it is: .*AssertionError"),
        ("test_that_is_not_there", "test_that_is_not_there does not run: pytest ends with USAGE_ERROR"),
    ],
)
def test_a_test_that_cannot_be_replayed(test, problem):
    with pytest.raises(SymnetError, match=problem):
        replay(TESTS + test, LAYER, NORMAL)


def test_what_has_no_backward_cannot_be_replayed():
    with pytest.raises(SymnetError, match="a test of adam cannot be replayed"):
        replay(TESTS + "test_nothing", {"forward": print}, spec("adam"))
