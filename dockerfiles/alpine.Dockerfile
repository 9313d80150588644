# Builder image on Alpine; `factory build --engine docker --image alpine` makes it and gives the
# context: toolchain/ (the ziglang package, and LLVM for a release) and the list of programs that
# builds may call.
ARG BASE=alpine:3.22@sha256:14358309a308569c32bdc37e2e0e9694be33a9d99e68afb0f5ff33cc1f695dce
FROM ${BASE}
RUN apk add --no-cache clang lld llvm make perl musl-dev linux-headers
COPY link-host-tools host-tools /opt/
RUN ["/opt/link-host-tools", "/opt/host-tools", "/opt/host"]
COPY toolchain /opt/toolchain
