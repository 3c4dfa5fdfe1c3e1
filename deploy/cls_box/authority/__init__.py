"""Our own authority: who may speak as which box, or as the gateway. docs/adr/0029.

certificates.py  what stands in a certificate, a request, a list of revoked ones
authority.py     the folder: root, issuing authority, what was issued and revoked
__main__.py      `python -m deploy.cls_box.authority make | issue | gateway | revoke | list | crl`

The root's key signs the issuing authority and its own list, nothing else: it may lie elsewhere, and comes back
once a year for the list.
"""

from deploy.cls_box.authority.authority import Authority, AuthorityError, Issued

__all__ = ["Authority", "AuthorityError", "Issued"]
