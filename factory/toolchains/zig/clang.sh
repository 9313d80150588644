# Sourced by cc: the clang inside the zig executable.
exec "$FACTORY_ZIG" clang -resource-dir "${FACTORY_ZIG%/*}/lib" "$@"
