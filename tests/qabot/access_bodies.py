"""What the requests of the access matrix bring: forms, files and JSON that name one of the World's ids."""

import json
from collections.abc import Callable
from typing import Any

from tests.qabot.access_world import QUESTION, Actor, World

Body = Callable[[World, Actor, str], dict[str, Any]]


def chosen_body(world: World, actor: Actor, target: str) -> dict[str, Any]:
    """A question about one document: nothing is changed before its answer."""
    chosen = f"action=delete&document={world.ids[actor.name, target]['document']}"
    return {"data": chosen, "content_type": "application/x-www-form-urlencoded"}


def file_body(world: World, actor: Actor, target: str) -> dict[str, Any]:
    """A form with one file, new to every collection."""
    lines = [
        *("--b", 'Content-Disposition: form-data; name="collection"', "", world.ids[actor.name, target]["collection"]),
        *(
            "--b",
            'Content-Disposition: form-data; name="file"; filename="a.txt"',
            "",
            "Words of a new file.",
            "--b--",
            "",
        ),
    ]
    return {"data": "\r\n".join(lines).encode(), "content_type": "multipart/form-data; boundary=b"}


def form_body(**names: str) -> Body:
    def body(world: World, actor: Actor, target: str) -> dict[str, Any]:
        ids = world.ids[actor.name, target]
        pairs = "&".join(f"{name}={ids[value]}" for name, value in names.items())
        return {"data": f"question={QUESTION}&{pairs}", "content_type": "application/x-www-form-urlencoded"}

    return body


def json_body(**fields: Any) -> Body:
    """A JSON body; where a value names one of the World's ids, its own is sent."""

    def body(world: World, actor: Actor, target: str) -> dict[str, Any]:
        ids = world.ids[actor.name, target]
        data = {name: ids.get(value, value) if isinstance(value, str) else value for name, value in fields.items()}
        if "documents" in data:
            data["documents"] = [data["documents"]]
        return {"data": json.dumps(data), "content_type": "application/json"}

    return body
