"""The trigger service: one thin handler a function. Where each runs and when: deploy/aws/trigger-service.yaml."""
