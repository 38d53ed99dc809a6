"""Imports: a file comes in as a stream, is looked through, asks what it must, goes in, and can be taken back."""

import asyncio
from collections.abc import Callable
from datetime import date
from typing import Any, get_args
from urllib.parse import quote

import msgspec
from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.response import Redirect, Stream
from multipart import (  # type: ignore[import-untyped]  # it carries no types
    MultipartSegment,
    ParserError,
    ParserLimitReached,
    PushMultipartParser,
)

from goodstanding.kernel.problems import GoodstandingError
from goodstanding.locale import Lang, sentence
from goodstanding.usecases import imports
from goodstanding.usecases.context import Who
from goodstanding.usecases.import_words import problems_csv, refusal_words, stored_problem_words
from goodstanding.usecases.imports import Counts, Importer, OriginalGoneError
from goodstanding.usecases.ports import Queries
from goodstanding.usecases.ports.imports import (
    Answers,
    ImportedFile,
    ImportKind,
    OriginalWriter,
    RefusedFileError,
)
from goodstanding.web.audit import PATIENCE
from goodstanding.web.desk import Desk, Form, Web, actor, back, field, lang_of, trouble, whole
from goodstanding.web.gate import form_token_holds
from goodstanding.web.jobs import Job
from goodstanding.web.login import FormBody

KINDS: tuple[ImportKind, ...] = get_args(ImportKind)
PAGE = 50
PROBLEMS_SHOWN = 100
ENVELOPE_BYTES = 1 << 20
"""What a form takes around its file."""
FIELD_BYTES_MAX = 4096
PIECE = 1 << 20
_FIELDS_MAX = 12


def routes(desk: Desk) -> list[HTTPRouteHandler]:
    """Return the pages of this feature; none where this installation takes no files in."""
    importer = desk.parts.importer
    if importer is None:
        return []
    running: dict[int, Job] = {}
    return [*_coming_in(desk, importer, running), *_one(desk, importer, running), *_files(desk, importer)]


def _coming_in(desk: Desk, importer: Importer, running: dict[int, Job]) -> list[HTTPRouteHandler]:
    @get("/imports", sync_to_thread=True)
    def listed(request: Web) -> Response[Any]:
        before = whole(request.query_params.get("before", ""))

        def work(q: Queries) -> dict[str, Any]:
            files = q.imported_files(account_id=None, before=before, limit=PAGE + 1)
            return {
                "files": [(one, imports.counts_of(one)) for one in files[:PAGE]],
                "next": files[PAGE - 1].id if len(files) > PAGE else 0,
                "first_page": not before,
            }

        return desk.page(request, "imports.html", work, kinds=KINDS, limit=importer.upload_bytes_max)

    @post(
        "/imports",
        exclude_from_csrf=True,  # a file may be larger than memory; its form token is checked as it streams by
        request_max_body_size=importer.upload_bytes_max + ENVELOPE_BYTES,
    )
    async def upload(request: Web) -> Response[Any]:
        form = _Upload(desk, importer, request)
        try:
            file = await form.take(actor(request))
        except RefusedFileError as refusal:
            words = refusal_words(lang_of(request), refusal.code, refusal.fields)
            status = 413 if refusal.fields.get("reason") == "FILE_TOO_LARGE" else 422
            return await asyncio.to_thread(_refusal_page, desk, request, words, status)
        finally:
            form.close()
        if file is None:
            return back({}, "/imports", said="error", code="NO_FILE")
        answers = msgspec.structs.replace(imports.answers_of(file), confirmed=file.kind != "studio")
        await asyncio.to_thread(_look, desk, importer, running, file, answers, actor(request))
        return Redirect(f"/imports/{file.id}", status_code=303)

    return [listed, upload]


def _refusal_page(desk: Desk, request: Web, words: str, status: int) -> Response[Any]:
    return desk.page(request, "import-refused.html", status=status, words_=words)


def _one(desk: Desk, importer: Importer, running: dict[int, Job]) -> list[HTTPRouteHandler]:
    @get("/imports/{file_id:int}", sync_to_thread=True)
    def one(request: Web, file_id: FromPath[int]) -> Response[Any]:
        lang = lang_of(request)

        def work(q: Queries) -> dict[str, Any]:
            file = q.imported_file(file_id)
            if file is None:
                raise NotFoundException
            counts = imports.counts_of(file)
            rows = q.import_problems(file_id, after=0, limit=PROBLEMS_SHOWN)
            original = q.original(file.account_id, file.digest)
            account = next((a for a in q.accounts() if a.id == file.account_id), None)
            return {
                "file": file,
                "counts": counts,
                "answers": imports.answers_of(file),
                "roles": importer.roles(file.kind),
                "problems": [(r.place, stored_problem_words(lang, r.code, r.fields)) for r in rows],
                "original": original if original and original.erased_at is None else None,
                "account": account,
                "refusal": _refusal(lang, file, counts),
            }

        job = running.get(file_id)
        failed = job.error if job is not None and job.state == "failed" else ""
        job = job if job is not None and job.state == "running" else None
        return desk.page(request, "import.html", work, job=job, failed=failed, **_words(lang))

    @post("/imports/{file_id:int}/answers", sync_to_thread=True)
    def answer(request: Web, file_id: FromPath[int], data: FormBody) -> Response[Any]:
        file = _found(desk, file_id)
        try:
            answers = _answers(importer, file, data)
        except ValueError:
            return back({}, f"/imports/{file_id}", said="error", code="BAD_ANSWER")
        _look(desk, importer, running, file, answers, actor(request))
        return back({}, f"/imports/{file_id}")

    @post("/imports/{file_id:int}/run", sync_to_thread=True)
    def run(request: Web, file_id: FromPath[int]) -> Response[Any]:
        file = _found(desk, file_id)
        who = actor(request)

        def work(job: Job) -> None:
            imports.run(importer, file.id, who=who, progress=_stepping(job))
            desk.wake()

        if not _start(desk, importer, running, file, work):
            return back({}, f"/imports/{file_id}", said="error", code="IMPORT_BUSY")
        return back({}, f"/imports/{file_id}")

    @post("/imports/{file_id:int}/undo", sync_to_thread=True)
    def undo(request: Web, file_id: FromPath[int], data: FormBody) -> Response[Any]:
        _found(desk, file_id)
        try:
            imports.undo(importer, file_id, who=actor(request), original=field(data, "original") == "yes")
        except GoodstandingError as error:
            return back({}, f"/imports/{file_id}", said="error", code=trouble(error))
        return back({}, f"/imports/{file_id}", said="import_undone")

    return [one, answer, run, undo]


def _files(desk: Desk, importer: Importer) -> list[HTTPRouteHandler]:
    @get("/imports/{file_id:int}/problems.csv", sync_to_thread=True)
    def problems(request: Web, file_id: FromPath[int]) -> Response[Any]:
        _found(desk, file_id)
        text = problems_csv(imports.all_problems(desk.ctx, file_id), lang_of(request))
        name = f"import-{file_id}-problems.csv"
        return Response(
            content=text.encode("utf-8-sig"),
            media_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

    @get("/imports/{file_id:int}/original", sync_to_thread=True)
    def original(file_id: FromPath[int]) -> Response[Any] | Stream:
        file = _found(desk, file_id)
        try:
            source = imports.open_original(importer, file)
        except OriginalGoneError as error:
            return back({}, f"/imports/{file_id}", said="error", code=trouble(error))

        def pieces() -> Any:
            with source:
                while piece := source.read(PIECE):
                    yield piece

        return Stream(
            pieces(),
            media_type="application/octet-stream",
            headers={"Content-Disposition": f"attachment; filename*=UTF-8''{quote(file.name, safe='')}"},
        )

    return [problems, original]


def _found(desk: Desk, file_id: int) -> ImportedFile:
    found = desk.read(lambda q: q.imported_file(file_id))
    if found is None:
        raise NotFoundException
    return found


def _words(lang: Lang) -> dict[str, Any]:
    return {
        "role_word": lambda role: sentence(lang, f"import_role.{role}"),
        "section_word": lambda name: sentence(lang, f"import_section.{name}"),
    }


def _refusal(lang: Lang, file: ImportedFile, counts: Counts) -> str:
    if file.state != "refused":
        return ""
    return refusal_words(lang, "FILE_REFUSED", {**counts.fields, "reason": file.code})


# -- long work --


def _look(
    desk: Desk, importer: Importer, running: dict[int, Job], file: ImportedFile, answers: Answers, who: Who
) -> None:
    def work(job: Job) -> None:
        imports.look(importer, file.id, answers, who=who, progress=_stepping(job))

    _start(desk, importer, running, file, work)


def _start(
    desk: Desk, importer: Importer, running: dict[int, Job], file: ImportedFile, work: Callable[[Job], None]
) -> bool:
    """Start the work on a file and wait a moment for it; False when another file is being read."""
    row = importer.ctx.store.read(lambda q: q.original(file.account_id, file.digest))
    job = desk.jobs.start("import", work, total=row.size if row else 0, about={"file": file.id})
    if job.about["file"] != file.id:
        return False
    running[file.id] = job
    job.wait(PATIENCE)
    for old in [one for one, job in running.items() if job.state != "running" and one != file.id]:
        del running[old]
    return True


def _stepping(job: Job) -> Callable[[int], None]:
    """Return what notes how many bytes have been read."""
    return lambda done: job.step(max(0, done - job.done))


# -- what a person answers --


def _answers(importer: Importer, file: ImportedFile, data: Form) -> Answers:
    """Return the answers of a form on top of those given before. Raises `ValueError`."""
    before, columns = imports.answers_of(file), imports.counts_of(file).columns
    maps = dict(before.maps)
    for number, one in enumerate(columns):
        role = field(data, f"map.{number}", most=60)
        if role in importer.roles(file.kind):
            maps[one.column] = role
        elif role == "none":
            maps.pop(one.column, None)
            if file.kind == "studio":
                maps[one.column] = "-"
    first, last = _day(data, "first"), _day(data, "last")
    if bool(first) != bool(last) or (first and not 0 <= (_date(last) - _date(first)).days <= 365):  # noqa: PLR2004 - a year
        raise ValueError(first)
    values: dict[str, Any] = {
        "maps": maps,
        "confirmed": True,
        "numbers": field(data, "numbers") or before.numbers,
        "dates": field(data, "dates") or before.dates,
        "year": whole(field(data, "year")) or before.year,
        "first": first or before.first,
        "last": last or before.last,
        "written": _day(data, "written") or before.written,
    }
    if values["year"] and not 2014 <= values["year"] <= 2099:  # noqa: PLR2004 - the years a report can be of
        raise ValueError(values["year"])
    return msgspec.convert(values, Answers)


def _day(data: Form, name: str) -> str:
    text = field(data, name, most=20)
    return _date(text).isoformat() if text else ""


def _date(text: str) -> date:
    return date.fromisoformat(text)


# -- the stream --


class _Upload:
    """A multipart form that is read as it comes: its file goes straight into the store, encrypted."""

    def __init__(self, desk: Desk, importer: Importer, request: Web) -> None:
        self._desk, self._importer, self._request = desk, importer, request
        self._fields: dict[str, bytearray] = {}
        self._segment: MultipartSegment | None = None
        self._writer: OriginalWriter | None = None
        self._name = ""

    async def take(self, who: Who) -> ImportedFile | None:
        """Read the form and keep its file; None when it has none. Raises `RefusedFileError`."""
        _, options = self._request.content_type
        boundary = options.get("boundary", "")
        if not boundary:
            return None
        try:
            with PushMultipartParser(boundary, max_segment_count=_FIELDS_MAX) as parser:
                async for chunk in self._request.stream():
                    for part in parser.parse(chunk):
                        await self._part(part)
        except (ParserError, ParserLimitReached) as error:
            raise RefusedFileError(reason="UPLOAD_CUT") from error
        self._check_token()
        if self._writer is None or self._writer.size == 0:
            return None
        return await asyncio.to_thread(self._keep, self._writer, who)

    def close(self) -> None:
        """Let go of what was not kept."""
        if self._writer is not None:
            self._writer.drop()

    async def _part(self, part: Any) -> None:
        if isinstance(part, MultipartSegment):
            self._segment = part
            if part.filename is not None and self._writer is None:
                self._check_token()
                self._name = part.filename
                self._writer = self._importer.originals.writer(self._importer.upload_bytes_max)
        elif part and self._segment is not None:
            if self._segment.filename is not None:
                assert self._writer is not None
                await asyncio.to_thread(self._writer.write, bytes(part))
            else:
                kept = self._fields.setdefault(self._segment.name, bytearray())
                kept += part[: FIELD_BYTES_MAX - len(kept)]

    def _check_token(self) -> None:
        """The token stands before the file in our own form; another's form has none."""
        token = self._fields.get("_csrf_token", bytearray()).decode("utf-8", "replace")
        if not form_token_holds(self._desk.ctx, self._request.scope, token):
            raise RefusedFileError(reason="UPLOAD_FORM")

    def _keep(self, writer: OriginalWriter, who: Who) -> ImportedFile | None:
        kind = next((one for one in KINDS if one == self._text("kind")), None)
        accounts = [one.id for one in self._desk.read(lambda q: q.accounts())]
        account_id = whole(self._text("account")) or (accounts[0] if len(accounts) == 1 else 0)
        if kind is None or account_id not in accounts:
            return None
        name = self._name.replace("\\", "/").rsplit("/", 1)[-1] or "file"
        return imports.keep(self._importer, writer, account_id=account_id, kind=kind, name=name, who=who)

    def _text(self, name: str) -> str:
        return self._fields.get(name, bytearray()).decode("utf-8", "replace").strip()
