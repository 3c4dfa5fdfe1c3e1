"""Amazon Cognito's triggers for signing in with password and security key (docs/adr/0025).

triggers.py   what each trigger answers: the rule that no token is made without the second factor
handlers.py   the four functions of AWS Lambda, from their environment (deploy/aws/sign-in.yaml)
keys.py       where registered keys are: the Background-Manager-Logic, by its internal routes
The local identity emulation calls triggers.py in its own process (deploy/local/identity/second_factor.py).
"""
