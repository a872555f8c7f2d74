"""Where vectors are searched for: VECTOR_INDEX_URL, taken apart. Pure: reads no environment and opens nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

LOCAL_PORTS = {"qdrant": 6333, "milvus": 19530, "weaviate": 8080, "chroma": 8000}  # each engine's default
ENGINES = (*LOCAL_PORTS, "pinecone")
KEY_NAMES = {
    "qdrant": "QDRANT_API_KEY",
    "milvus": "MILVUS_TOKEN",
    "pinecone": "PINECONE_API_KEY",
    "weaviate": "WEAVIATE_API_KEY",
    "chroma": "CHROMA_API_KEY",
}
OPTIONS = {
    "qdrant": {"tls"},
    "milvus": {"tls"},
    "pinecone": {"host"},  # of a stand-in; Pinecone's own otherwise
    "weaviate": {"tls", "grpc_port", "grpc_host"},
    "chroma": {"tls"},
}


@dataclass(frozen=True)
class Place:
    """An engine and where it is.

    `path` is what follows the host, without its slashes around: Milvus's database, Chroma's tenant and database,
    Pinecone's region; of `milvus:///…`, which has no host, the file of Milvus Lite.
    """

    engine: str
    host: str = ""
    port: int = 0
    path: str = ""
    options: Mapping[str, str] = field(default_factory=dict, hash=False)
    api_key: str = field(default="", repr=False, compare=False)

    @property
    def tls(self) -> bool:
        return self.options.get("tls", "0") == "1"

    @property
    def location(self) -> str:
        """Which place this is, for a reader and for comparing; holds no key."""
        port = f":{self.port}" if self.port else ""
        return f"{self.engine}://{self.host}{port}/{self.path}".rstrip("/")


def parse_place(url: str, api_key: str = "") -> Place:
    """`qdrant://host:6333?tls=1`, `milvus://host/database`, `pinecone://aws/us-east-1`, …; raises ValueError."""
    parts = urlsplit(url)
    engine = parts.scheme
    if engine not in ENGINES:
        raise ValueError(f"it must begin with one of {', '.join(f'{name}://' for name in ENGINES)}")
    if parts.username or parts.password:
        raise ValueError(f"it must hold no key: that is {KEY_NAMES[engine]}")
    try:
        port = parts.port or LOCAL_PORTS.get(engine, 0)
    except ValueError:
        raise ValueError("its port is not a number up to 65535") from None
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    if unknown := options.keys() - OPTIONS[engine]:
        raise ValueError(f"{engine} knows no option {', '.join(sorted(unknown))}")
    if options.get("tls", "0") not in ("0", "1"):
        raise ValueError("tls is 0 or 1")
    if not options.get("grpc_port", "0").isdecimal():
        raise ValueError("grpc_port is not a number")
    host, path = parts.hostname or "", unquote(parts.path).strip("/")
    if engine == "milvus" and not host:
        if not path.endswith(".db"):  # by which its client tells a file from an address
            raise ValueError("it names neither a host nor a file that ends with .db")
        return Place(engine, path=f"/{path}", options=options, api_key=api_key)
    if not host:
        raise ValueError("it names no host")
    if engine == "pinecone" and not path:
        raise ValueError("it names no region: pinecone://aws/us-east-1, for example")
    return Place(engine, host, port, path, options, api_key)
