#!/bin/sh
# fetch.sh DIR - the mail servers of the lab, unpacked from Debian's packages into DIR, with those of their libraries that
# this machine lacks. Nothing is installed: the packages exclude one another, and would start daemons. Says what is wrong,
# and exits 1, when they cannot be had. That it ran is remembered by make.
set -eu

[ $# -eq 1 ] || { echo "usage: fetch.sh DIR" >&2; exit 2; }

SERVERS="opensmtpd exim4-daemon-heavy postfix dovecot-lmtpd"
PARTS="exim4-base dovecot-core"   # what they are nothing without
SIGNS="usr/sbin/smtpd usr/sbin/exim4 usr/sbin/exim_dumpdb usr/sbin/postfix usr/lib/dovecot/lmtp usr/sbin/dovecot"
# Names that each of them has: here they mean nothing.
SHARED="usr/sbin/sendmail usr/lib/sendmail usr/bin/mailq usr/bin/newaliases usr/sbin/newaliases usr/sbin/rmail usr/bin/rmail"

mkdir -p "$1"
dir=$(cd "$1" && pwd)
packages=

fail() {
	[ -z "$packages" ] || { cat "$packages/log" >&2; rm -rf "$packages"; }
	echo "fetch.sh: $*" >&2
	echo "fetch.sh: the lab's mail servers are Debian's packages $SERVERS $PARTS" >&2
	exit 1
}

# The libraries that apt would install along with a package. It is asked for one at a time, since they exclude one another,
# and plans only: that needs no right. Debian names a library's package lib...
libraries_of() {
	plan=$(apt-get -qq --simulate -o Debug::NoLocking=1 --no-install-recommends install "$1") || return 1
	echo "$plan" | sed -n 's/^Inst \(lib[^ ]*\) .*/\1/p'
}

download() {
	wanted="$SERVERS $PARTS"
	for server in $SERVERS; do
		libraries=$(libraries_of "$server") || return 1
		wanted="$wanted $libraries"
	done
	# shellcheck disable=SC2086 # a list of words
	(cd "$packages" && apt-get -qq download $wanted)
}

# An old list of packages names files that the archive has no more; only root can have a new one.
update() {
	if [ "$(id -u)" -eq 0 ]; then
		apt-get -qq update
	else
		command -v sudo >/dev/null && sudo apt-get -qq update
	fi
}

command -v apt-get >/dev/null && command -v dpkg >/dev/null || fail "no apt-get or dpkg to fetch them with"
packages=$(mktemp -d)
chmod 755 "$packages"
download >"$packages/log" 2>&1 || { update && download; } >>"$packages/log" 2>&1 || fail "they cannot be downloaded"
# One tree, as the system's: /lib is /usr/lib.
mkdir -p "$dir/usr/bin" "$dir/usr/sbin" "$dir/usr/lib" "$dir/etc"
for name in bin sbin lib; do
	ln -sfn "usr/$name" "$dir/$name"
done
for package in "$packages"/*.deb; do
	dpkg -x "$package" "$dir" >>"$packages/log" 2>&1 || fail "${package##*/} cannot be unpacked"
done
for name in $SHARED; do
	rm -f "$dir/$name"
done
for sign in $SIGNS; do
	[ -e "$dir/$sign" ] || fail "the packages lack $sign"
done
rm -rf "$packages"
