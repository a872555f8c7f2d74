"""The OpenAPI document is complete, and its page runs under the content security policy."""

import re

import pytest
from django.core.management import call_command
from django.test import Client


def test_every_endpoint_is_described_without_a_warning(tmp_path):
    schema = tmp_path / "schema.yml"

    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(schema))

    assert re.findall(r"^  (/api/\S+):", schema.read_text(), re.MULTILINE) == [
        "/api/answers/{id}",
        "/api/answers/{id}/feedback",
        "/api/answers/{id}/passages",
        "/api/ask",
        "/api/collections",
        "/api/collections/{slug}",
        "/api/conversations",
        "/api/conversations/{id}",
        "/api/documents",
        "/api/documents/{id}",
        "/api/documents/{id}/original",
        "/api/documents/{id}/pages/{number}",
        "/api/documents/{id}/retry",
        "/api/search",
    ]


@pytest.mark.django_db
def test_the_page_has_nothing_inline(client: Client):
    page = client.get("/api/docs").content.decode()
    [script] = re.findall(r'<script src="(/api/docs[^"]*)"', page)
    init = client.get(script)

    assert re.findall(r"<style|<script>|\sstyle=|\son\w+=", page) == []
    assert (init.status_code, init["Content-Type"].split(";")[0]) == (200, "application/javascript")
    assert 'url: "/api/schema"' in init.content.decode()
