#!/bin/sh
# lab.sh DIR COMMAND [ARGUMENT]... - runs COMMAND, as root, where the mail servers unpacked in DIR (fetch.sh) are at home.
# In:    LAB_ADDRESSES, what lo has besides 127.0.0.1 and ::1
# Out:   COMMAND's status; 77, and why, where this cannot be had
# Rules: namespaces of its own for mounts, network, processes, IPC and host name. The servers lie over the system's /usr and
#        /etc, /run and /var are empty or written over in memory: nothing of the machine is changed. There is no network but
#        lo, so that nothing gets out, every port is free and a client may have any address. All that COMMAND leaves behind
#        dies with it.
set -eu

HOST=mx1.example.net
LAB_ADDRESSES=${LAB_ADDRESSES-192.0.2.1 192.0.2.11 192.0.2.12 192.0.2.13 192.0.2.14 192.0.2.15 198.51.100.7}

skip() {
	echo "lab.sh: no lab here: $*" >&2
	exit 77
}

if [ "${1-}" != --inside ]; then
	[ $# -ge 2 ] || { echo "usage: lab.sh DIR COMMAND [ARGUMENT]..." >&2; exit 2; }
	[ "$(id -u)" -eq 0 ] || skip "it needs root"
	for tool in unshare mount ip; do
		command -v $tool >/dev/null || skip "it needs the command $tool"
	done
	set -- --mount --net --ipc --uts --pid --fork --mount-proc --kill-child -- sh "$0" --inside "$@"
	unshare --mount --net --ipc --uts --pid --fork --mount-proc true 2>/dev/null || skip "the system refuses namespaces"
	exec unshare "$@"
fi

# From here on inside.
unpacked=$(cd "$2" && pwd)
shift 2

in_memory() {   # mode, where
	mount -t tmpfs -o mode="$1" tmpfs "$2" 2>/dev/null || skip "the system refuses a file system in memory"
}
# What can be changed, where; the names of the layers cannot be told to mount if they hold a colon, so they are our own.
lay_over() {   # layers, the upper first; where
	mkdir -p "/run/written$2" "/run/work$2"
	mount -t overlay -o "lowerdir=$1,upperdir=/run/written$2,workdir=/run/work$2" overlay "$2" 2>/dev/null ||
		skip "the system refuses overlays"
}
account() {   # name, number, home
	echo "$1:x:$2:" >>/etc/group
	echo "$1:x:$2:$2::$3:/usr/sbin/nologin" >>/etc/passwd
}

in_memory 755 /run
in_memory 1777 /dev/shm
mkdir -m 755 /run/unpacked /run/lab /run/lock
mkdir -m 1777 /run/tmp
# The servers change to users of their own; in a user namespace there may be none.
chown 7001 /run/tmp 2>/dev/null || skip "the system has no other users for us"
chown 0 /run/tmp
mount --bind "$unpacked" /run/unpacked
lay_over /run/unpacked/usr:/usr /usr
lay_over /run/unpacked/etc:/etc /etc
lay_over /var /var

# What the maintainers' scripts would have done. The names are compiled in; the numbers are ours.
account opensmtpd 7001 /var/lib/opensmtpd/empty
account opensmtpq 7002 /var/lib/opensmtpd/empty
account Debian-exim 7003 /var/spool/exim4
account postfix 7004 /var/spool/postfix
account postdrop 7005 /nonexistent
account dovecot 7006 /nonexistent
account dovenull 7007 /nonexistent
account vmail 7008 /nonexistent
mkdir -p /var/lib/opensmtpd/empty /var/spool/smtpd
chmod 711 /var/spool/smtpd

hostname "$HOST"
rm -f /etc/resolv.conf /etc/hosts
echo 'nameserver 127.0.0.1' >/etc/resolv.conf
printf '127.0.0.1 localhost\n::1 localhost\n192.0.2.1 %s\n' "$HOST" >/etc/hosts
echo "$HOST" >/etc/mailname
ip link set lo up
for address in $LAB_ADDRESSES; do
	case $address in
	*:*) ip -6 address add "$address/128" dev lo nodad ;;
	*)   ip address add "$address/32" dev lo ;;
	esac
done

export LAB=/run/lab TMPDIR=/run/tmp
"$@"
