"""The pages of imports: a form that streams, questions, results, what is refused, both languages."""

import re

import pytest
from world import World

from goodstanding.usecases import connections, imports
from tests import exports

BOUNDARY = "----gs"


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path / "w")
    made.owner()
    yield made
    made.close()


@pytest.fixture(params=["en", "nl"])
def client(world, request):
    from world import Client

    return Client(world, language=request.param).sign_in()


def form(
    client,
    content,
    *,
    kind="tiktok-export",
    name="TikTok_Data.zip",
    token=None,
    order=("token", "kind", "file"),
):
    parts = {
        "token": f'name="_csrf_token"\r\n\r\n{client.jar["gs_csrf"] if token is None else token}'.encode(),
        "kind": f'name="kind"\r\n\r\n{kind}'.encode(),
        "file": f'name="file"; filename="{name}"\r\nContent-Type: application/zip\r\n\r\n'.encode() + content,
    }
    line = f"--{BOUNDARY}\r\nContent-Disposition: form-data; ".encode()
    return b"".join(line + parts[part] + b"\r\n" for part in order) + f"--{BOUNDARY}--\r\n".encode()


def sent(client, content, *, body=None, **more):
    body = form(client, content, **more) if body is None else body
    headers = [
        ("content-type", f"multipart/form-data; boundary={BOUNDARY}"),
        ("content-length", str(len(body))),
    ]
    chunks = [body[start : start + 50_000] for start in range(0, len(body), 50_000)]
    return client.request("POST", "/imports", headers=headers, chunks=chunks)


def files(world):
    return world.ctx.store.read(lambda q: q.imported_files(account_id=None, before=0, limit=10))


def test_from_the_file_to_the_result_and_back(world, client):
    dutch = client.language == "nl"
    assert ("Er is nog niets geïmporteerd" if dutch else "Nothing has been imported") in client.get(
        "/imports"
    ).words
    page = client.follow(sent(client, exports.export_zip(2026, count=700)))
    assert ("dingen zouden nieuw zijn" if dutch else "things would be new") in page.words
    assert files(world)[0].state == "checked"
    done = client.follow(client.post("/imports/1/run"))
    assert ("714 dingen zijn nieuw" if dutch else "714 things are new") in done.words
    assert "NL" in done.words
    assert world.woken >= 1
    original = client.get("/imports/1/original")
    assert original.status == 200
    assert "attachment" in original.header("content-disposition")
    undone = client.follow(client.post("/imports/1/undo"))
    assert ("Teruggenomen." if dutch else "Taken back.") in undone.words
    assert "TikTok_Data.zip" in client.get("/imports").words
    assert client.get("/audit?kind=import").status == 200


def test_questions_are_asked_as_a_form_and_answered(world, client):
    content = b"Date,Video Views,Shares\nJanuary 1,1.500,2\nJanuary 2,3,seven\n"
    page = client.follow(sent(client, content, kind="studio", name="Overview.csv"))
    assert page.text.count('type="radio" name="numbers"') == 2
    assert 'name="year"' in page.text
    assert "1500" in page.words
    bad = client.follow(client.post("/imports/1/answers", numbers="1.500,00", year="1850"))
    assert files(world)[0].state == "asked"
    assert 'class="toast tone-danger"' in bad.text
    good = client.follow(
        client.post("/imports/1/answers", **{"map.2": "none"}, numbers="1.500,00", year="2026")
    )
    assert files(world)[0].state == "checked"
    assert "<select" in good.text
    client.post("/imports/1/run")
    rows = world.ctx.store.read(lambda q: q.metrics_of_file(1, after=0, limit=10))
    assert sorted((one.day, one.metric, one.value) for one in rows) == [
        ("2026-01-01", "views", 1500),
        ("2026-01-02", "views", 3),
    ]


def test_problems_are_shown_and_downloaded(world, client):
    page = client.follow(
        sent(client, b"text,date\n,2026-01-01\nhoi,never\nok,2026-01-01\n", kind="comments", name="c.csv")
    )
    assert "never" in page.words
    client.post("/imports/1/run")
    text = client.get("/imports/1/problems.csv")
    assert text.body.startswith(b"\xef\xbb\xbf")
    assert text.text.count("\n") == 3
    assert imports.counts_of(files(world)[0]).added == 1


@pytest.mark.parametrize(
    "content", [exports.zipped(a__json=b"0" * 30_000_000), b"hello", exports.zipped(x__zip=b"PK")]
)
def test_a_refused_file_says_why_and_can_be_removed(world, client, content):
    page = client.follow(sent(client, content))
    assert files(world)[0].state == "refused"
    assert ("geweigerd" if client.language == "nl" else "refused") in page.words
    gone = client.follow(client.post("/imports/1/undo", original="yes"))
    assert (
        "het origineel is hier niet meer" if client.language == "nl" else "the original is no longer here"
    ) in gone.words


def kept(world):
    return [path for path in (world.app.settings.data / "originals").rglob("*") if path.is_file()]


def test_a_form_of_somebody_else_is_not_taken(world, client):
    for token in (
        "",
        "x" * 128,
        client.jar["gs_csrf"][:-1] + ("1" if client.jar["gs_csrf"].endswith("0") else "0"),
    ):
        answer = sent(client, b"{}", token=token)
        assert answer.status == 422, token
    assert sent(client, b"{}", order=("kind", "file", "token")).status == 422, "the token comes first"
    client.jar.pop("gs_session", None)
    assert sent(client, b"{}", token="").status in (303, 403)
    assert (files(world), kept(world)) == ([], [])


def test_a_form_that_breaks_off_leaves_nothing(world, client):
    whole = form(client, exports.export_zip(2026))
    assert sent(client, b"", body=whole[: len(whole) // 2]).status == 422
    assert sent(client, b"", body=b"").status in (303, 422)
    assert client.follow(sent(client, b"")).text.count("toast tone-danger") == 1
    assert (files(world), kept(world)) == ([], [])


def test_a_file_beyond_the_bound_is_not_kept(world, client, monkeypatch):
    from goodstanding.adapters.files.originals import Originals

    plain = Originals.writer
    monkeypatch.setattr(Originals, "writer", lambda self, _most=0: plain(self, 1000))
    answer = sent(client, b"x" * 5000)
    assert answer.status == 413
    assert (files(world), kept(world)) == ([], [])


def test_names_from_outside_stay_text(world, client):
    page = client.follow(sent(client, b"{}", name="../../<img src=x>.zip"))
    assert "<img" not in page.text
    assert files(world)[0].name == "<img src=x>.zip"
    assert re.search(r"&lt;img src=x&gt;", page.text)
    header = client.get("/imports/1/original").header("content-disposition")
    assert "<" not in header


def test_what_is_not_there_is_not_there(world, client):
    for path in ("/imports/9", "/imports/9/problems.csv", "/imports/9/original"):
        assert client.get(path).status == 404
    assert client.post("/imports/9/run").status == 404


def test_without_a_session_nothing_is_shown(world):
    from world import Client

    stranger = Client(world)
    assert stranger.get("/imports").status == 303
    assert stranger.get("/imports/1").status == 303


def test_the_account_page_offers_the_country_that_the_export_tells(world, client):
    sent(client, exports.export_zip(2026))
    connections.state_facts(world.ctx, 1, who=("system", "test"), country="ID")
    number = files(world)[0].id
    client.post(f"/imports/{number}/run")
    told = client.get(f"/imports/{number}")
    assert 'href="/accounts/1"' in told.text
    page = client.get("/accounts/1")
    assert ("stated is Indonesia" in page.words) or ("opgegeven is Indonesië" in page.words)
    assert client.post("/accounts/1/country", country="Nederland").status == 422
    assert client.post("/accounts/1/country", country="NL").status == 303
    assert world.ctx.store.read(lambda q: q.connection(1)).country == "NL"
    page = client.get("/accounts/1")
    assert ("confirms its country" in page.words) or ("bevestigt het land" in page.words)
