"""Joins ports and adapters: settings in, a running installation out. The only place that knows both."""

import gc
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from goodstanding.adapters.clock.clocks import DemoClock, SystemClock
from goodstanding.adapters.http import Http
from goodstanding.adapters.keys.boxes import KeyBox, PostgresKeyBox, SqliteKeyBox
from goodstanding.adapters.keys.vault import INTAKE, Ed25519Signer, KeyedChance, KeyVault, master_key
from goodstanding.adapters.llm.chat import LanguageModel
from goodstanding.adapters.nlp.second import Understanding, understanding
from goodstanding.adapters.nlp.serving import InUse, Serving
from goodstanding.adapters.nlp.shelf import Files
from goodstanding.adapters.reach import own_address
from goodstanding.adapters.storage.migrate import prepare_postgres, prepare_sqlite
from goodstanding.adapters.storage.postgres import PostgresStore
from goodstanding.adapters.storage.sqlite import SqliteStore
from goodstanding.adapters.tiktok.client import TikTok
from goodstanding.adapters.tiktok.limits import limits_at
from goodstanding.adapters.tiktok.oauth import TikTokOAuth
from goodstanding.adapters.tiktok.tokens import StoredTokens
from goodstanding.settings import Settings
from goodstanding.usecases import apps, models, playbooks, policies, renewals
from goodstanding.usecases.context import Context
from goodstanding.usecases.pacing import SharedPace
from goodstanding.usecases.ports import Store, StoreUnavailableError, Transaction
from goodstanding.usecases.ports.connections import AppKeys, WebhookSecret

if TYPE_CHECKING:
    from goodstanding.usecases.imports import Importer
    from goodstanding.web.parts import WebParts

SHIPPED = ("careful", "normal")
HIGH_WATER = "clock_high_water"
SECRET_SECONDS = 2.0
"""How long a changed webhook secret may take to be known in every process."""
PUBLIC_URL, FORGET = "public_url", "off"
"""The setting that remembers the public address, and the word that forgets it."""
GC_ALLOCATIONS = 50_000
"""A batch makes tens of thousands of short-lived values without cycles; the default of 700 looks for cycles too often."""


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """One open installation."""

    settings: Settings
    ctx: Context
    tokens: StoredTokens
    clock: SystemClock | DemoClock
    understanding: Understanding
    backup: Path | None
    """The copy made before the database was migrated, if it was."""
    _closers: tuple[Callable[[], None], ...]

    def close(self) -> None:
        """Finish writing and let everything go."""
        for close in self._closers:
            close()


def open_app(settings: Settings) -> App:
    """Open an installation, making or migrating its database first.

    Raises `OSError` when the folder cannot be used, and the database driver's errors when it cannot be reached.
    """
    gc.set_threshold(GC_ALLOCATIONS, 20, 50)
    settings.data.mkdir(parents=True, exist_ok=True)
    backup = _prepare(settings)
    store = _store(settings)
    box = _key_box(settings)
    vault = KeyVault(_master_key(settings, box), box)
    chance = KeyedChance(vault.named("chance"))
    clock = _clock(settings, store)
    http = Http(allowed=settings.private_hosts | _sandbox_host(settings))
    tokens = StoredTokens(
        load=lambda account_id: _load(store, vault, account_id),
        keep=lambda account_id, value: _keep(store, vault, account_id, value),
        renew=lambda account_id, stale: renewals.renew(ctx, account_id, stale),
        lost=lambda account_id, token: renewals.lost(ctx, account_id, token),
    )
    secrets = _WebhookSecrets(lambda: ctx)
    tiktok = TikTok(
        http=http,
        base=settings.platform.base,
        secret=secrets,
        accepted=secrets.accepted,
        tokens=tokens,
        hear=clock.hear,
        now=clock.now,
        pace=_pace(store, clock) if settings.platform.paced else None,
    )
    understood = understanding(settings.semantic)
    shelf = Files(settings.data / "models")
    in_use = InUse(
        shelf,
        asked=lambda: _model_in_use(store),
        hear=lambda digest, trouble: models.hear(ctx, digest, trouble),
        over=understood.over,
    )
    numbers = playbooks.draft_book().numbers
    model = LanguageModel(
        Http(allowed=settings.private_hosts, seconds=numbers.seconds),
        private=settings.private_hosts,
        most=numbers.answer_bytes,
    )
    ctx = Context(
        workspace_id=settings.workspace_id,
        store=store,
        clock=clock,
        chance=chance,
        classifier=Serving(in_use, "nl"),
        homes={"en": Serving(in_use, "en")},
        shelf=shelf,
        serving=in_use,
        vault=vault,
        signer=Ed25519Signer(vault.named("signing")),
        platforms={"tiktok": tiktok},
        authorizers={
            "tiktok": TikTokOAuth(http=http, base=settings.platform.base, page=settings.platform.consent_page)
        },
        given_apps=_given_apps(settings),
        drafter=model,
    )
    store.write(lambda tx: _first_rows(ctx, tx))
    return App(
        settings=replace(settings, public_url=_public_url(settings, store, clock.now())),
        ctx=ctx,
        tokens=tokens,
        clock=clock,
        understanding=understood,
        backup=backup,
        _closers=(secrets.flush, store.close, vault.close),
    )


def _pace(store: Store, clock: SystemClock | DemoClock) -> SharedPace:
    """Return the pace of all processes; a demonstration's platform lives by the same clock as we do."""
    if isinstance(clock, DemoClock):
        return SharedPace(store, "tiktok", limits_at, steady=clock.now, moment=lambda _: clock.now())
    return SharedPace(store, "tiktok", limits_at)


def _public_url(settings: Settings, store: Store, now: int) -> str:
    """Return the public address: what was given, which is remembered (`off` forgets it), else what was before."""
    known = store.read(lambda q: q.setting(PUBLIC_URL)) or ""
    wanted = {"": known, FORGET: ""}.get(settings.public_url, settings.public_url)
    if wanted != known:
        store.write(lambda tx: tx.put_setting(PUBLIC_URL, wanted, now))
    return wanted


def _prepare(settings: Settings) -> Path | None:
    if settings.database:
        prepare_postgres(settings.database)
        return None
    return prepare_sqlite(settings.database_file)


def _store(settings: Settings) -> Store:
    if settings.database:
        return PostgresStore(settings.database, settings.workspace_id)
    settings.database_file.chmod(0o600)
    return SqliteStore(settings.database_file, settings.workspace_id)


def _key_box(settings: Settings) -> KeyBox:
    if settings.database:
        return PostgresKeyBox(settings.database, settings.workspace_id)
    return SqliteKeyBox(settings.keys_file, settings.workspace_id)


def _master_key(settings: Settings, box: KeyBox) -> bytes:
    known = box.named(INTAKE) is not None
    return master_key(settings.data / "master.key", settings.master_key or None, known=known)


def _clock(settings: Settings, store: Store) -> SystemClock | DemoClock:
    persisted = int(store.read(lambda q: q.setting(HIGH_WATER)) or 0)
    if settings.demo_speed > 0:
        return DemoClock(start=max(settings.demo_start, persisted), speed=settings.demo_speed)
    return SystemClock(persisted=persisted)


def _load(store: Store, vault: KeyVault, account_id: int) -> bytes | None:
    kept = store.read(lambda q: q.credentials(account_id))
    return None if kept is None else vault.unlock(0, kept)


def _keep(store: Store, vault: KeyVault, account_id: int, value: bytes) -> None:
    locked = vault.lock(0, value)
    store.write(lambda tx: tx.change_account(account_id, {"credentials": locked}))


def _given_apps(settings: Settings) -> dict[str, AppKeys]:
    """Return the app whose credentials stand in the environment, if they do."""
    platform = settings.platform
    if not platform.secret:
        return {}
    given = AppKeys(
        client_id=platform.client_id,
        secret=platform.secret,
        webhook_secret=platform.secret,
        permissions=platform.permissions,
    )
    return {"tiktok": given}


def _model_in_use(store: Store) -> str | None:
    """Return the digest of the model in use; None when the database does not answer."""
    try:
        return store.read(models.active)
    except StoreUnavailableError:
        return None


class _WebhookSecrets:
    """What signs webhooks, read anew every few seconds: the operator may set it while this process runs.

    Counts what each secret let in and brings the counts to the store now and then; what a process that is killed had
    not brought there yet is lost, and nothing rests on it.
    """

    def __init__(self, context: Callable[[], Context]) -> None:
        self._context = context
        self._value: tuple[WebhookSecret, ...] = ()
        self._until = 0.0
        self._counts: Counter[str] = Counter()

    def __call__(self) -> tuple[WebhookSecret, ...]:
        if time.monotonic() >= self._until:
            ctx = self._context()
            with suppress(StoreUnavailableError):  # what was known goes on holding
                self._value = ctx.store.read(lambda q: apps.webhook_secrets(ctx, q, "tiktok"))
                self.flush()
            self._until = time.monotonic() + SECRET_SECONDS
        return self._value

    def accepted(self, name: str) -> None:
        """Count one webhook let in by this secret."""
        self._counts[name] += 1

    def flush(self) -> None:
        """Bring the counts to the store, without waiting for it."""
        counts, self._counts = dict(self._counts), Counter()
        if counts:
            ctx = self._context()
            ctx.store.submit(lambda tx: apps.count_accepted(ctx, tx, "tiktok", counts))


def _sandbox_host(settings: Settings) -> frozenset[str]:
    """The sandbox lives on the loopback; naming it as the platform allows it."""
    host = urlsplit(settings.platform.base).hostname or ""
    return frozenset({host}) if host in ("127.0.0.1", "localhost", "::1") else frozenset()


def _first_rows(ctx: Context, tx: Transaction) -> None:
    tx.ensure_workspace(ctx.clock.now())
    for name in SHIPPED:
        policies.keep(ctx, tx, playbooks.policy_text(name))


def importer(app: App) -> "Importer":
    """Return what imports need of an open installation; what is left of erased originals goes first."""
    from goodstanding.adapters.files.originals import Originals  # noqa: PLC0415 - needed when asked for
    from goodstanding.adapters.files.reading import open_reading, roles  # noqa: PLC0415 - as above
    from goodstanding.adapters.files.rules import limits  # noqa: PLC0415 - as above
    from goodstanding.usecases.imports import Importer, sweep  # noqa: PLC0415 - as above
    from goodstanding.usecases.regions import stated_country  # noqa: PLC0415 - as above

    vault = app.ctx.vault
    folder = app.settings.data / "originals" / str(app.settings.workspace_id)
    originals = Originals(folder, ensure=vault.ensure, lock=vault.lock, unlock=vault.unlock)
    made = Importer(
        ctx=app.ctx,
        originals=originals,
        open_reading=open_reading,
        roles=roles,
        upload_bytes_max=limits().upload_bytes_max,
        country=stated_country,
    )
    sweep(made)
    return made


def web_parts(app: App) -> "WebParts":
    """Return what the pages need of an open installation."""
    from goodstanding.adapters.evidence.pack import build_pack  # noqa: PLC0415 - needed when asked for
    from goodstanding.adapters.nlp.explaining import Explainers  # noqa: PLC0415 - nor explanations
    from goodstanding.adapters.passwords import Argon2Passwords  # noqa: PLC0415 - a worker alone needs no password hashing
    from goodstanding.adapters.storage.reads import StoredReads  # noqa: PLC0415 - nor pages
    from goodstanding.web.parts import LOOPBACK_HOSTS, WebParts  # noqa: PLC0415 - nor the web stack

    public = urlsplit(app.settings.public_url)
    lan = own_address() if app.settings.lan else ""
    hosts = {one for one in (public.hostname, lan) if one}
    return WebParts(
        ctx=app.ctx,
        passwords=Argon2Passwords(),
        reads=StoredReads(),
        hosts=LOOPBACK_HOSTS | hosts,
        public_url=app.settings.public_url,
        lan=lan,
        metrics_token=app.settings.metrics_token,
        secure=public.scheme == "https",
        confirm_clock=app.clock.confirm if isinstance(app.clock, SystemClock) else None,
        build_pack=build_pack,
        importer=importer(app),
        explains=Explainers(),
        second_opinion=app.understanding.trouble,
    )
