"""What it means that a server answers as its OpenAPI description says; the same for the product and the sandbox."""

import copy

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = [not_a_server_error, response_schema_conformance, status_code_conformance, content_type_conformance]


def repeatable(examples):
    """Settings that try so many examples, the same in each run."""
    return settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


def check_that_a_lie_is_found(document, lie, path, *, url, session, **sent):
    """Change what the description says of a schema's property; an answer that was right must now be called wrong."""
    schema, name, kind = lie
    lying = copy.deepcopy(document)
    properties = lying["components"]["schemas"][schema]["properties"]
    assert name in properties
    operation = schemathesis.openapi.from_dict(copy.deepcopy(document))[path]["get"]
    operation.Case(**sent).call_and_validate(base_url=url, session=session, checks=CHECKS, timeout=10)
    properties[name] = {"type": kind}
    case = schemathesis.openapi.from_dict(lying)[path]["get"].Case(**sent)
    with pytest.raises(BaseExceptionGroup, match="Schemathesis"):
        case.call_and_validate(base_url=url, session=session, checks=CHECKS, timeout=10)
