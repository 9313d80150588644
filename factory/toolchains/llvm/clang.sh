# Sourced by cc: LLVM's clang, without what a distribution has configured.
exec "$FACTORY_LLVM/bin/clang" --no-default-config "$@"
