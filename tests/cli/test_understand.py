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
    assert first == {
        "abuse": 0.0,
        "hate": 0.0,
        "spam": 0.0,
        "sentiment": "neutral",
        "lang": "nl",
        "intents": ["price", "question"],
        "abstain": [],
    }
    assert (second["abuse"] > 0.5, second["sentiment"]) == (True, "negative")
    assert third == {
        "sentiment": "neutral",
        "lang": "und",
        "intents": [],
        "abstain": ["abuse", "hate", "spam", "sentiment"],
    }


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
