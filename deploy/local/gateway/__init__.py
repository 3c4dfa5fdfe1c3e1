"""The gateway: nginx before the cloud side's services and the portal, in the foreground, as the supervisor's user.

nginx.conf.template, headers.conf   what it is told; configuration.py fills it in from the plan
boxes.py                            a listener of its own for boxes, with certificates
unbuilt.html                        stands at / until the portal has been built
"""

from deploy.local.gateway.boxes import Listener
from deploy.local.gateway.configuration import DOCS, PORTAL, configuration, write, write_pool

__all__ = ["DOCS", "PORTAL", "Listener", "configuration", "write", "write_pool"]
