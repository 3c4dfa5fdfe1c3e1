"""CSV and PDF beside the file with the proofs: both carry its hash, and a signature over all their bytes."""

from __future__ import annotations

import hashlib
import re
from typing import Final

from auditor.settlement import files
from auditor.settlement.errors import Invalid
from auditor.settlement.files import Key
from auditor.settlement.tables import as_csv

_COMMENT: Final = {"csv": b"#", "pdf": b"%"}


def csv_of(proof: bytes, key: Key) -> bytes:
    """The statement of a settlement file as signed CSV."""
    table = as_csv(files.read(proof)["statement"], hashlib.sha256(proof).hexdigest())
    return files.with_trailer(table, _COMMENT["csv"], key)


def pdf_of(proof: bytes, key: Key) -> bytes:
    """The statement of a settlement file as signed PDF; the signature stands in a comment after its end."""
    from auditor.settlement.paper import as_pdf  # noqa: PLC0415 - verifying needs no library for PDF

    content = files.read(proof)
    paper = as_pdf(content["statement"], hashlib.sha256(proof).hexdigest(), content["signature"]["key"])
    return files.with_trailer(paper, _COMMENT["pdf"], key)


def check_copy(copy: bytes, proof: bytes, signer: str) -> None:
    """Raises Invalid unless the CSV or PDF is signed by `signer` and is that of the (verified) file `proof`."""
    document, key = files.check_trailer(copy)
    if key != signer:
        raise Invalid(f"it is signed by {key}, the file with the proofs by {signer}")
    hashed = hashlib.sha256(proof).hexdigest()
    if document.startswith(b"%PDF-"):
        named = re.search(rb"/Subject \(sha256:([0-9a-f]{64})\)", document)
        if named is None or named[1].decode() != hashed:
            raise Invalid("it names another file with proofs than this one")
    elif document != as_csv(files.read(proof)["statement"], hashed):
        raise Invalid("it says something else than the file with the proofs")
