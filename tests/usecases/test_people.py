"""The first owner, signing in, and how often one may try."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from goodstanding.kernel.timing import MINUTE
from goodstanding.usecases import people
from tests.faults.world import World

EMAIL, PASSWORD = "noor@example.org", "een lang wachtwoord"


class Plain:
    """Hashing that can be looked through."""

    def hash(self, password):
        return f"hashed {password}"

    def matches(self, stored, password):
        return stored == f"hashed {password}"


@pytest.fixture
def world():
    world = World()
    yield world
    world.close()


def owner(world, token=None, password=PASSWORD):
    return people.create_owner(
        world.ctx, Plain(), token=token or people.setup_token(world.ctx), name=" Noor ", email=" Noor@Example.org ",
        password=password, language="nl",
    )  # fmt: skip


def enter(world, password=PASSWORD, email=EMAIL):
    return people.sign_in(world.ctx, Plain(), email=email, password=password)


def test_the_link_makes_one_owner_once(world):
    old = people.setup_token(world.ctx)
    token = people.setup_token(world.ctx)
    assert not people.has_owner(world.ctx)
    with pytest.raises(people.NotAllowedError):
        owner(world, old)
    with pytest.raises(people.WeakPasswordError) as told:
        owner(world, token, "kort")
    assert told.value.fields == {"minimum": people.PASSWORD_MIN}
    made = owner(world, token)
    assert (made.name, made.email, made.role) == ("Noor", EMAIL, "owner")
    assert people.has_owner(world.ctx)
    for again in (token, people.setup_token(world.ctx)):
        with pytest.raises(people.NotAllowedError):
            owner(world, again)


def test_an_old_link_is_refused(world):
    token = people.setup_token(world.ctx)
    world.step(int(people.SETUP_LIFE) + 1)
    with pytest.raises(people.NotAllowedError):
        owner(world, token)


def test_signing_in(world):
    owner(world)
    assert enter(world, email="  NOOR@example.org").name == "Noor"
    for wrong in ({"password": "x"}, {"email": "other@example.org"}):
        with pytest.raises(people.WrongLoginError):
            enter(world, **wrong)


def test_five_wrong_tries_in_a_quarter_of_an_hour(world):
    owner(world)
    for _ in range(people.TRIES_MAX):
        with pytest.raises(people.WrongLoginError):
            enter(world, "x")
        world.step(MINUTE)
    with pytest.raises(people.TooManyTriesError) as told:
        enter(world)
    free_at = told.value.fields["free_at"]
    world.step(free_at - world.clock.now() - 1)
    with pytest.raises(people.TooManyTriesError):
        enter(world)
    world.step(1)
    assert enter(world).name == "Noor"
    for _ in range(people.TRIES_MAX - 1):
        with pytest.raises(people.WrongLoginError):
            enter(world, "x")
    assert enter(world).name == "Noor", "a right one forgives the wrong ones before it"


def test_tries_at_the_same_moment_count_one_by_one(world):
    owner(world)

    def wrong(_):
        try:
            enter(world, "x")
        except people.WrongLoginError:
            return "checked"
        except people.TooManyTriesError:
            return "refused"

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(wrong, range(32)))
    assert answers.count("checked") == people.TRIES_MAX


def test_logins_are_sealed_without_the_address(world):
    owner(world)
    enter(world)
    kinds = world.ctx.store.read(lambda q: q.audit_newest(before=2**62, limit=2))
    assert [r.kind for r in kinds] == ["login", "login"]
    assert not any(b"noor" in r.body.lower() for r in kinds)
