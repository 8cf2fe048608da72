#!/bin/sh
# deps.sh - brings what mailguard needs and this machine lacks.
# usage: deps.sh build|check|ci...
# Asks pkg-config and the shell; installs with apt just what is missing, as root or through sudo. Where there is no
# apt, prints the list and stops. No mail server is ever installed.
set -eu

missing=
lacks() {   # package, what it is asked for
	missing="$missing $1"
	echo "deps: $2 is missing (Debian package $1)"
}
need_command() { command -v "$1" >/dev/null 2>&1 || lacks "$2" "$1"; }
need_library() { pkg-config --exists "$1" 2>/dev/null || lacks "$2" "the library $1"; }

for group in "$@"; do
	case $group in
	build)
		need_command cc gcc
		need_command pkg-config pkg-config
		need_library glib-2.0 libglib2.0-dev
		need_library libidn2 libidn2-dev
		need_library libpsl libpsl-dev
		need_library libcares libc-ares-dev
		need_library sqlite3 libsqlite3-dev
		need_library libssl libssl-dev
		# It has no pkg-config file; its headers do not include what they need.
		printf '#include <netinet/in.h>\n#include <spf2/spf.h>\n' | cc -fsyntax-only -x c - 2>/dev/null ||
			lacks libspf2-dev "the library libspf2"
		;;
	check)
		need_command prove perl
		need_command python3 python3
		need_command c++ g++
		need_command readelf binutils
		need_command unshare util-linux
		need_command mount mount
		need_command ip iproute2
		/usr/bin/python3 -c 'import yaml' 2>/dev/null || lacks python3-yaml "yaml for python3"
		;;
	ci)
		need_command clang clang
		echo 'int LLVMFuzzerTestOneInput(void); int LLVMFuzzerTestOneInput(void) { return 0; }' |
			clang -fsanitize=fuzzer -x c - -o /dev/null 2>/dev/null || lacks libclang-rt-dev "libFuzzer for clang"
		;;
	*)
		echo "deps: there is no group '$group'; build, check or ci was expected" >&2
		exit 64
		;;
	esac
done

[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null 2>&1; then
	echo "deps: this system has no apt-get; please install what corresponds to these Debian packages:" >&2
	echo "   $missing" >&2
	exit 1
fi
as_root=
if [ "$(id -u)" -ne 0 ]; then
	if ! command -v sudo >/dev/null 2>&1; then
		echo "deps: neither root nor sudo; please have installed:$missing" >&2
		exit 1
	fi
	as_root=sudo
fi
echo "deps: installing$missing"
install() {
	# shellcheck disable=SC2086 # a list of words
	DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y --no-install-recommends $missing
}
install || { $as_root apt-get update && install; }
