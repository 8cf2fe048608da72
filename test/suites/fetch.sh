#!/bin/sh
# fetch.sh DIR - the SPF suites of others, unpacked from Debian's packages into DIR. They are not ours to keep here.
# Does nothing when all is there; says what is wrong, and exits 1, when they cannot be had.
set -eu

[ $# -eq 1 ] || { echo "usage: fetch.sh DIR" >&2; exit 2; }
mkdir -p "$1"
dir=$(cd "$1" && pwd)

fail() {
	echo "fetch.sh: $*" >&2
	echo "fetch.sh: the suites are in Debian's packages golang-blitiri-go-spf-dev (1.5.1 or newer) and python3-spf;" >&2
	echo "fetch.sh: unpack them with 'dpkg -x PACKAGE $dir' where there is a network" >&2
	exit 1
}

# package, and a file that shows that it is there
fetch() {
	[ ! -e "$dir/$2" ] || return 0
	command -v apt-get >/dev/null && command -v dpkg >/dev/null || fail "no apt-get or dpkg to fetch $1 with"
	packages=$(mktemp -d)
	chmod 755 "$packages"
	if ! (cd "$packages" && apt-get -qq download "$1") >"$packages/log" 2>&1; then
		cat "$packages/log" >&2
		rm -rf "$packages"
		fail "cannot download $1"
	fi
	for package in "$packages"/*.deb; do
		dpkg -x "$package" "$dir" || { rm -rf "$packages"; fail "cannot unpack $1"; }
	done
	rm -rf "$packages"
	[ -e "$dir/$2" ] || fail "$1 has no $2"
}

fetch golang-blitiri-go-spf-dev usr/share/gocode/src/blitiri.com.ar/go/spf/testdata/rfc7208-tests.yml
fetch python3-spf usr/lib/python3/dist-packages/spf.py
fetch python3-dns usr/lib/python3/dist-packages/DNS/__init__.py   # spf.py does not load without it
