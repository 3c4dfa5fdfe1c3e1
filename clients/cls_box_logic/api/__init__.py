# flake8: noqa

# import apis into api package
from clients.cls_box_logic.api.cls_box_logic_api import ClsBoxLogicApi

