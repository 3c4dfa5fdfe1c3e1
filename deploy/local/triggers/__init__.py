"""The trigger service on one machine: deploy/aws/trigger-service.yaml, run as EventBridge and Lambda run it.

template.py   the functions, their schedules and patterns, as the file says
schedule.py   when a schedule expression falls due
runner.py     events kept until a function took them, tried again, set aside at last
door.py       the way in for events (EventBridge's PutEvents), health, what was set aside
"""
