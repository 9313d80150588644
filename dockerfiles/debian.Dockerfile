# Builder image on Debian; `factory build --engine docker --image debian` makes it and gives the
# context: toolchain/ (the ziglang package, and LLVM for a release) and the list of programs that
# builds may call.
ARG BASE=debian:trixie-slim
FROM ${BASE}
RUN apt-get update \
    && apt-get install --yes --no-install-recommends clang lld llvm make perl \
    && rm -rf /var/lib/apt/lists/*
COPY link-host-tools host-tools /opt/
RUN ["/opt/link-host-tools", "/opt/host-tools", "/opt/host"]
COPY toolchain /opt/toolchain
