from goodstanding.kernel.problems import GoodstandingError, Invalid, Problem


def test_an_error_carries_its_code_and_fields():
    error = GoodstandingError(limit=3, what="x")
    assert (error.code, error.fields) == ("ERROR", {"limit": 3, "what": "x"})


def test_invalid_input_tells_every_line():
    invalid = Invalid((Problem(code="A", line=2, fields={"name": "b"}), Problem(code="C")))
    assert str(invalid) == "line 2: A {'name': 'b'}; line None: C {}"
    assert invalid.fields == {"count": 2}
