"""Components with a GNU-style configure script."""

from __future__ import annotations

from factory.model.plan import Command
from factory.model.recipe import Component
from factory.recipes.base import Platform, option

KEYS = frozenset({"configure", "make", "install", "cflags", "links"})


def commands(
    component: Component, platform: Platform, more: tuple[str, ...] = ()
) -> tuple[Command, ...]:
    """Configure outside the source tree (with `more` options), make, install into out/.

    A link is `name:target`, both in lib/: another name under which a library is looked for.
    """
    flags = " ".join(("-O2", "-g0", *option(component, "cflags", platform)))
    environment = (("CC", "cc"), ("AR", "ar"), ("RANLIB", "ranlib"), ("CFLAGS", flags))
    configure = Command(
        argv=(
            "../src/configure",
            "--prefix=/",
            *platform.configure_triples,
            *option(component, "configure", platform),
            *more,
        ),
        env=environment,
    )
    make = Command(argv=("make", *option(component, "make", platform)))
    install = option(component, "install", platform) or ("install",)
    return (
        configure,
        make,
        Command(argv=("make", *install, "DESTDIR={work}/out")),
        *(_link(link) for link in option(component, "links", platform)),
    )


def _link(link: str) -> Command:
    name, _, target = link.partition(":")
    return Command(argv=("ln", "-s", target, name), cwd="out/lib")
