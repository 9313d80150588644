"""OpenSSL: its own Configure, static libraries only."""

from __future__ import annotations

from factory.model.plan import Command
from factory.model.recipe import Component
from factory.recipes.base import Platform, option

KEYS = frozenset({"configure"})


def commands(component: Component, platform: Platform) -> tuple[Command, ...]:
    """Configure with perl, build the libraries, install the development files."""
    configure = Command(
        argv=(
            "perl",
            "../src/Configure",
            platform.arch.value.openssl_target,
            "--prefix=/",
            "--libdir=lib",
            *option(component, "configure", platform),
        ),
        env=(("CC", "cc"), ("AR", "ar"), ("RANLIB", "ranlib"), ("CFLAGS", "-O3 -g0")),
    )
    return (
        configure,
        Command(argv=("make", "build_libs")),
        Command(argv=("make", "install_dev", "DESTDIR={work}/out")),
    )
