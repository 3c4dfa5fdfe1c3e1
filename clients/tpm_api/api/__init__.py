# flake8: noqa

# import apis into api package
from clients.tpm_api.api.tpm_api_api import TpmApiApi

