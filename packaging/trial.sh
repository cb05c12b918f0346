#!/bin/sh
# The life of the package in a Debian with systemd: installed, started, killed, misconfigured, upgraded, removed, purged.
# Runs in a machine made for it; `cargo xtask dist` starts it there with the two packages in /trial.
set -eu
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
step=start
trap 'code=$?; [ $code = 0 ] || { echo "failed: $step (code $code)"; journalctl --no-pager -n 40 -u streamer; }' EXIT

# Asks again until it is so, for two minutes: whatever is busy, it ends.
until_so() {
    tries=0
    until "$@" >/dev/null 2>&1; do
        tries=$((tries + 1))
        [ $tries -lt 240 ] || { echo "never so: $*"; return 1; }
        sleep 0.5
    done
}
as_group() { su -s /bin/sh streamer -c "$*"; }
rows() { as_group streamer export machine | wc -l; }
has_rows() { [ "$(rows)" -gt "$1" ]; }
pid() { systemctl show -p MainPID --value streamer; }
other_pid() { [ "$(pid)" != 0 ] && [ "$(pid)" != "$1" ]; }
is_failed() { [ "$(systemctl is-failed streamer)" = failed ]; }

step="the groups of a board"
groupadd --system gpio
groupadd --system i2c
getent group spi && { echo "there must be a group that does not exist"; exit 1; }

step="install, and the service runs"
apt-get install -y /trial/first.deb
systemctl is-enabled streamer
until_so systemctl is-active streamer
until_so as_group streamer status
[ "$(systemctl show -p WatchdogUSec --value streamer)" != 0 ]
until_so has_rows 1

step="user, groups, modes"
id -nG streamer | tr ' ' '\n' | sort > /tmp/groups
grep -qx gpio /tmp/groups
grep -qx i2c /tmp/groups
[ "$(stat -c '%a %U %G' /etc/streamer/streamer.toml)" = "640 root streamer" ]
[ "$(stat -c '%a %U %G' /var/lib/streamer)" = "750 streamer streamer" ]
[ -S "$(find /run/streamer -name control.sock)" ]

step="what the manual and the completions are"
[ -f /usr/share/man/man1/streamer.1.gz ]
[ -f /usr/share/bash-completion/completions/streamer ]

step="a killed service comes again, its runtime folder kept"
before=$(pid)
touch /run/streamer/kept
kill -9 "$before"
until_so other_pid "$before"
until_so as_group streamer status
[ -e /run/streamer/kept ]

step="a wrong configuration is not tried again and again"
cp -p /etc/streamer/streamer.toml /root/right.toml
echo 'nonsense = 1' > /etc/streamer/conf.d/wrong.toml
systemctl restart streamer || true
until_so is_failed
[ "$(systemctl show -p ExecMainStatus --value streamer)" = 2 ]
[ "$(systemctl show -p NRestarts --value streamer)" = 0 ]
rm /etc/streamer/conf.d/wrong.toml

step="a key that only root can read"
mkdir -p /etc/credstore
echo ist_trial > /etc/credstore/streamer.access_key
chmod 600 /etc/credstore/streamer.access_key
printf '[outputs.initial_state]\napi_base = "http://127.0.0.1:9"\n' > /etc/streamer/conf.d/account.toml
systemctl restart streamer
until_so sh -c 'journalctl -u streamer | grep -q "cannot connect"'
# Root reads the credential, too; everybody else is told what to do.
streamer check
until_so streamer status
! as_group streamer check > /tmp/said 2>&1
grep -q 'use sudo, or access_key_file' /tmp/said
rm -r /etc/streamer/conf.d/account.toml /etc/credstore
systemctl restart streamer
until_so as_group streamer status

step="what root logs while the service rests belongs to the service"
systemctl stop streamer
streamer log by_hand 7
[ -z "$(find /var/lib/streamer ! -user streamer)" ]
systemctl start streamer
until_so sh -c 'su -s /bin/sh streamer -c "streamer export machine" | grep -q "by_hand,7"'

step="an upgrade keeps state and configuration"
echo '# my own' >> /etc/streamer/streamer.toml
before=$(pid)
count=$(rows)
apt-get install -y /trial/second.deb
until_so other_pid "$before"
until_so as_group streamer status
grep -q '# my own' /etc/streamer/streamer.toml
has_rows $((count - 1))
[ "$(stat -c '%a %U %G' /etc/streamer/streamer.toml)" = "640 root streamer" ]

step="remove keeps state and configuration"
apt-get remove -y streamer-agent
[ ! -e /usr/bin/streamer ]
[ -e /var/lib/streamer/buckets.db ]
grep -q '# my own' /etc/streamer/streamer.toml
! pidof streamer

step="installed again, it goes on"
apt-get install -y /trial/second.deb
until_so as_group streamer status
has_rows $((count - 1))

step="purge leaves nothing"
apt-get purge -y streamer-agent
[ ! -e /var/lib/streamer ]
[ ! -e /etc/streamer ]
! pidof streamer
! getent passwd streamer
echo "passed"
