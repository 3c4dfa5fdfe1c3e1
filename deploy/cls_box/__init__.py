"""A box in the field: its containers' file, how it comes to a version, how it is set up, and what vouches for it.

docker-compose.yml   made from the plan (deploy/containers)
rollout/             brings boxes to a version, and back
authority/           our own certificates: issued, renewed, revoked
provision/           a new box, a box that is retired or stolen
openems/             OpenEMS on ARMv7, which has no image
"""
