import json

from click.testing import CliRunner

from goodstanding.cli.understand import understand


def run(body, *options):
    return CliRunner().invoke(understand, ["--jsonl", *options], input=body)


def test_one_object_a_line_with_the_promised_keys():
    result = run(
        '{"text": "wat kost die jas?"}\n{"text": "you are such an idiot"}\n{"text": "bu çok güzel"}\n'
    )
    first, second, third = map(json.loads, result.stdout.splitlines())
    assert result.exit_code == 0
    assert list(first) == ["abuse", "hate", "spam", "sentiment", "lang", "intents", "abstain"]
    assert max(first["abuse"], first["hate"], first["spam"]) < 0.2
    assert (first["sentiment"], first["lang"], first["abstain"]) == ("neutral", "nl", [])
    assert "price" in first["intents"]
    assert (second["abuse"] > 0.5, second["sentiment"]) == (True, "negative")
    assert third["lang"] not in {"nl", "en"}
    assert (third["sentiment"], third["abstain"]) == ("neutral", ["abuse", "hate", "spam", "sentiment"])


def test_broken_lines_are_told_and_stay_aligned():
    body = b'{"text": "link?"}\nnot json\n{"text": 5}\n[]\n\xff\xfe\n\n{"text": "\\ud800"}\n'
    result = run(body)
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert ["error" in row for row in rows] == [False, True, True, True, True, True, False]
    assert [line.split(":")[0] for line in result.stderr.splitlines()] == [f"line {n}" for n in range(2, 7)]
    assert result.exit_code == 1


def test_more_lines_than_a_batch_and_a_byte_order_mark(tmp_path):
    path = tmp_path / "texts.jsonl"
    path.write_text("\ufeff" + '{"text": "hallo"}\n' * 1_100, encoding="utf-8")
    result = CliRunner().invoke(understand, ["--jsonl", str(path)])
    assert (result.exit_code, len(result.stdout.splitlines())) == (0, 1_100)


def test_plain_lines_without_the_option():
    result = CliRunner().invoke(understand, [], input="dankjewel\n")
    assert json.loads(result.stdout)["intents"] == ["thanks"]


def test_one_text_is_explained_with_its_words_marked():
    result = CliRunner().invoke(understand, ["je bent een\x1b[2J sukkel, hoor", "--lang", "nl"])
    assert result.exit_code == 0
    first, *rest = result.stdout.splitlines()
    assert "\x1b" not in result.stdout
    assert first.replace("[", "").replace("]", "").startswith("je bent een")
    assert any(line.startswith("Taal: Nederlands") for line in rest)
    assert any("belediging" in line for line in rest)


def test_one_text_as_json_adds_up():
    result = CliRunner().invoke(understand, ["je bent een sukkel", "--json"])
    found = json.loads(result.stdout)
    assert found["text"] == "je bent een sukkel"
    assert [one["text"] for one in found["words"]] == ["je", "bent", "een", "sukkel"]
    assert len(found["weights"]) == 64
    for name, head in found["heads"].items():
        brought = head["start"] + head["whole"] + sum(word["brings"][name] for word in found["words"])
        assert abs(brought - head["score"]) < 1e-9
    assert found["heads"]["abuse"]["verdict"] in ("automate", "person", "act", "open")


def test_what_nobody_can_read_is_said_with_its_reason():
    result = CliRunner().invoke(understand, ["c'est vraiment magnifique mon ami", "--lang", "en"])
    assert "Abstains: " in result.stdout
    assert "no head was ever taught this language" in result.stdout


def test_a_name_of_a_file_that_is_not_there_is_no_text():
    result = CliRunner().invoke(understand, ["comments-of-june.csv", "--lang", "nl"])
    assert (result.exit_code, result.stdout) == (2, "")
    assert "comments-of-june.csv" in result.stderr
