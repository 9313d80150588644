#!/bin/sh
# Install a static Python: install.sh VERSION DIRECTORY [FLAVOR]
#
#   install.sh 3.13 "$HOME/python"              the tree with pip: DIRECTORY/bin/python3
#   install.sh 3.13 /usr/local/bin single       the executable alone: DIRECTORY/python3.13
#
# Needs curl or wget, sha256sum, and tar with gzip; nothing else, and no root.
set -eu

url=${STATIC_PYTHON_URL:-@URL@}

fail() {
    echo "install.sh: $*" >&2
    exit 1
}

fetch() {
    if command -v curl >/dev/null; then
        curl --fail --silent --show-error --location --output "$2" "$1"
    elif command -v wget >/dev/null; then
        wget -q -O "$2" "$1"
    else
        fail "wanted curl or wget, found neither"
    fi
}

[ $# -ge 2 ] || fail "usage: install.sh VERSION DIRECTORY [install_only|single|embed]"
version=$1 directory=$2 flavor=${3:-install_only}

case $(uname -m) in
x86_64 | amd64) machine=x86_64 ;;
aarch64 | arm64) machine=aarch64 ;;
*) fail "no Python for $(uname -m)" ;;
esac
case $flavor in
single) suffix= ;;
*) suffix=.tar.gz ;;
esac

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM

fetch "$url/SHA256SUMS" "$scratch/SHA256SUMS" || fail "no list of files at $url/SHA256SUMS"
# The newest patch release: the third number of the name decides.
pattern="cpython-$version\(\.[0-9]*\)\{0,1\}-$machine-unknown-linux-musl-$flavor$suffix"
name=$(sed -n "s/^[0-9a-f]*  \($pattern\)\$/\1/p" "$scratch/SHA256SUMS" |
    sort -t . -k 3n | tail -n 1)
[ -n "$name" ] || fail "no Python $version ($flavor, $machine) in $url/SHA256SUMS"

echo "downloading $url/$name"
fetch "$url/$name" "$scratch/$name" || fail "cannot download $url/$name"
(cd "$scratch" && grep "  $name\$" SHA256SUMS | sha256sum -c - >/dev/null) ||
    fail "$name: its SHA-256 is not the one of SHA256SUMS; nothing was installed"

mkdir -p "$directory"
if [ "$flavor" = single ]; then
    minor=$(echo "$name" | sed 's/^cpython-\([0-9]*\.[0-9]*\).*/\1/')
    chmod 755 "$scratch/$name"
    cp "$scratch/$name" "$directory/.python$minor.$$"
    mv "$directory/.python$minor.$$" "$directory/python$minor"
    echo "installed $directory/python$minor"
else
    tar -xzf "$scratch/$name" -C "$scratch"
    (cd "$scratch/python" && tar -cf - .) | (cd "$directory" && tar -xf -)
    echo "installed $directory"
fi
