"""The JSON of an OpenAI-compatible provider, right or wrong as the mode says. Knows nothing of HTTP."""

from typing import Any

from tests.fakes.provider_answers import vector

DIMENSIONS = {"text-embedding-3-large": 3072, "cohere-embed-multilingual": 1024}  # 1536 if not named here


def embeddings(body: dict[str, Any], mode: str) -> dict[str, Any]:
    texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
    dimensions = body.get("dimensions") or DIMENSIONS.get(body["model"], 1536)
    rows = [vector(text, dimensions) for text in texts]
    if mode == "wrong_count":
        rows = rows[:-1]
    if mode == "wrong_dimension":
        rows = [row[:-1] for row in rows]
    if mode == "nan":
        rows[-1][0] = float("nan")
    data = [{"object": "embedding", "index": index, "embedding": row} for index, row in enumerate(rows)]
    return {"object": "list", "model": body["model"], "data": data[::-1]}  # the index counts, not the order


def completion(mode: str, body: dict[str, Any], text: str) -> dict[str, Any]:
    reason = mode if mode in ("length", "content_filter") else "stop"
    choices = [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": reason}]
    reply = {"object": "chat.completion", "model": body["model"], "choices": choices}
    if mode == "empty_choices":
        reply["choices"] = []
    if mode != "no_usage":
        reply["usage"] = usage(body, len(text.split()))
    return reply


def chunk(delta: dict[str, str], finish_reason: str | None = None) -> dict[str, Any]:
    choices = [{"index": 0, "delta": delta, "finish_reason": finish_reason}]
    return {"object": "chat.completion.chunk", "choices": choices}


def usage(body: dict[str, Any], completion_tokens: int) -> dict[str, int]:
    prompt_tokens = sum(len(message["content"].split()) for message in body["messages"])
    return {
        "prompt_tokens": prompt_tokens,
        "completion_tokens": completion_tokens,
        "total_tokens": prompt_tokens + completion_tokens,
    }


def error(message: str, code: str | None = None) -> dict[str, Any]:
    return {"error": {"message": message, "type": "fake", "param": None, "code": code}}
