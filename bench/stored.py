"""An installation with many comments, all decided by the real path; built once, outside the tree."""

import shutil
from pathlib import Path

from bench.measuring import cache, crowd, installation, keep, open_accounts, read_all

PART = 20_000


def stored(count: int) -> Path:
    """Return the folder of an installation with `count` decided comments."""
    from goodstanding import __version__

    folder = cache() / f"comments-{count}-{__version__}-{_shape()}"
    if not (folder / "ready").exists():
        shutil.rmtree(folder, ignore_errors=True)
        app = installation(folder)
        [open_id] = open_accounts(app, 1)
        for first in range(0, count, PART):
            bodies = crowd(min(PART, count - first), open_id, seed=first, first=first)
            keep(app, bodies)
            read_all(app)
        app.close()
        (folder / "ready").touch()
    return folder


def _shape() -> str:
    """Return a digest of what decides how a stored installation looks, so that an old one is never measured."""
    import hashlib

    from goodstanding.adapters.storage.schema import spine as schema
    from goodstanding.adapters.storage.statements import audit, intake, outbox
    from goodstanding.core.policy import decide, document, model, sealing
    from goodstanding.usecases import playbooks

    digest = hashlib.sha256(playbooks.policy_text("careful").encode())
    for module in (schema, audit, intake, outbox, decide, document, model, sealing):
        digest.update(Path(str(module.__file__)).read_bytes())
    return digest.hexdigest()[:12]
