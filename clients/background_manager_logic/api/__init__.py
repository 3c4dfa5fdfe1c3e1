# flake8: noqa

# import apis into api package
from clients.background_manager_logic.api.background_manager_logic_api import BackgroundManagerLogicApi

