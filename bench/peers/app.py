"""A question-answering app of the usual kind: FastAPI, LangChain and Chroma, as their documentation puts them together.

    uvicorn bench.peers.app:app

Loader, splitter, vector store, retriever and model have their own defaults; chunks are of 1,000 characters with 200 of
overlap, as in LangChain's tutorial. Chroma runs inside of the process unless CHROMA_PORT names a server, which is what
several processes need. Knows nothing of QABot but, with LOCAL_MODEL, its local embeddings.
"""

import json
import os
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated

from fastapi import FastAPI, UploadFile
from fastapi.responses import StreamingResponse
from langchain_chroma import Chroma
from langchain_community.document_loaders import PyPDFLoader
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from langchain_text_splitters import RecursiveCharacterTextSplitter
from pydantic import BaseModel

from bench.peers.local_embeddings import LocalEmbeddings

PROMPT = ChatPromptTemplate.from_messages(
    [
        (
            "system",
            "You are an assistant for question-answering tasks. Use the following pieces of retrieved context to "
            "answer the question. If you don't know the answer, just say that you don't know. Use three sentences "
            "maximum and keep the answer concise.\n\n{context}",
        ),
        ("human", "{question}"),
    ]
)


def embeddings() -> Embeddings:
    if os.environ.get("LOCAL_MODEL"):
        return LocalEmbeddings()
    # As LangChain says for servers that are not OpenAI's: else it sends tokens in place of texts.
    return OpenAIEmbeddings(
        model="text-embedding-3-small",
        dimensions=int(os.environ["EMBEDDING_DIMENSIONS"]),
        check_embedding_ctx_length=False,
    )


def vector_store() -> Chroma:
    if port := os.environ.get("CHROMA_PORT"):
        return Chroma("documents", embeddings(), host="127.0.0.1", port=int(port))
    return Chroma("documents", embeddings(), persist_directory=os.environ["CHROMA_FOLDER"])


app = FastAPI()
store = vector_store()
splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200, add_start_index=True)
retriever = store.as_retriever()
writing = PROMPT | ChatOpenAI(model=os.environ.get("CHAT_MODEL", "fake-chat")) | StrOutputParser()


class Question(BaseModel):
    question: str


@app.get("/healthz")
def healthz() -> dict[str, str]:
    return {"status": "ok"}


@app.post("/api/documents")
def upload(file: Annotated[UploadFile, "a PDF"]) -> dict[str, int]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "upload.pdf"
        path.write_bytes(file.file.read())
        pages = PyPDFLoader(path).load()
    chunks = splitter.split_documents(pages)
    store.add_documents(chunks)
    return {"pages": len(pages), "chunks": len(chunks)}


@app.post("/api/ask")
async def ask(question: Question) -> StreamingResponse:
    return StreamingResponse(events(question.question), media_type="text/event-stream")


async def events(question: str) -> AsyncIterator[str]:
    found = await retriever.ainvoke(question)
    yield event("passages", [source(document) for document in found])
    context = "\n\n".join(document.page_content for document in found)
    answer = ""
    async for text in writing.astream({"question": question, "context": context}):
        answer += text
        yield event("delta", text)
    yield event("done", answer)


def source(document: Document) -> dict[str, object]:
    return {"page": document.metadata.get("page"), "text": document.page_content}


def event(name: str, data: object) -> str:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n"
