#!/bin/sh
# The life of the package in a Debian with systemd: installed while the system rests, started at boot without a network,
# purged, installed while it runs, killed, misconfigured, upgraded, removed, purged.
# Runs in a machine made for it; `cargo xtask dist` starts it there with the two packages in /trial: first with the word
# `resting`, before anything is booted, then at boot. With /trial/emulated there the processor is an emulated one.
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
# That a command fails; by `!` alone the shell would go on.
never() { if "$@"; then echo "should not be: $*"; return 1; fi; }
as_group() { su -s /bin/sh streamer -c "$*"; }
rows() { as_group streamer export machine | wc -l; }
has_rows() { [ "$(rows)" -gt "$1" ]; }
pid() { systemctl show -p MainPID --value streamer; }
other_pid() { [ "$(pid)" != 0 ] && [ "$(pid)" != "$1" ]; }
is_failed() { [ "$(systemctl is-failed streamer)" = failed ]; }

if [ "${1-}" = resting ]; then
    groupadd --system gpio
    groupadd --system i2c
    if getent group spi; then echo "there must be a group that does not exist"; exit 1; fi
    apt-get install -y /trial/first.deb
    exit
fi

step="started at boot, without a network"
[ -z "$(find /sys/class/net -mindepth 1 ! -name lo)" ]
until_so systemctl is-active streamer
until_so as_group streamer status
[ "$(systemctl show -p NRestarts --value streamer)" = 0 ]
until_so has_rows 1

step="the doctor has nothing to complain about, and the configuration is right"
streamer doctor | tee /tmp/doctor
never grep -v '^ok ' /tmp/doctor
as_group streamer doctor
streamer check

step="purged, so that it is new again"
apt-get purge -y streamer-agent

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
printf '[agent]\nlog = "info"\n' > /root/log.toml
chmod 0640 /root/log.toml
cp /root/log.toml /etc/streamer/conf.d/log.toml
as_group streamer check
rm /etc/streamer/conf.d/log.toml
[ -S "$(find /run/streamer -name control.sock)" ]

step="what the manual and the completions are"
[ -f /usr/share/man/man1/streamer.1.gz ]
[ -f /usr/share/bash-completion/completions/streamer ]
[ -f /usr/share/zsh/vendor-completions/_streamer ]
[ -f /usr/share/fish/vendor_completions.d/streamer.fish ]
[ -f /usr/share/doc/streamer-agent/MIGRATION.md.gz ]
for example in /usr/share/doc/streamer-agent/examples/*.toml; do
    HOME=/root IS_ACCESS_KEY=ist_trial streamer --config "$example" check --simulate
done

step="a killed service comes again, its runtime folder kept"
before=$(pid)
touch /run/streamer/kept
kill -9 "$before"
until_so other_pid "$before"
until_so as_group streamer status
[ -e /run/streamer/kept ]

step="a configuration that root reads and the service does not is told by the doctor"
touch /etc/streamer/conf.d/closed.toml
chmod 0600 /etc/streamer/conf.d/closed.toml
never streamer doctor > /tmp/doctor
grep -q 'streamer cannot read /etc/streamer/conf.d/closed.toml' /tmp/doctor
rm /etc/streamer/conf.d/closed.toml

step="a wrong configuration is not tried again and again"
cp -p /etc/streamer/streamer.toml /root/right.toml
echo 'nonsense = 1' > /etc/streamer/conf.d/wrong.toml
systemctl restart streamer || true
until_so is_failed
[ "$(systemctl show -p ExecMainStatus --value streamer)" = 2 ]
[ "$(systemctl show -p NRestarts --value streamer)" = 0 ]
rm /etc/streamer/conf.d/wrong.toml
# What is wrong is found in the journal by its priority.
journalctl -u streamer -p err | grep -q 'unknown key `nonsense`'

step="what root logs without a state_dir belongs to the service all the same"
cp -p /etc/streamer/streamer.toml /root/right.toml
sed -i '/^state_dir/d' /etc/streamer/streamer.toml
systemctl restart streamer || true
streamer check | grep -q '^state folder  /var/lib/streamer$'
cp -p /root/right.toml /etc/streamer/streamer.toml

step="a key that only root can read"
if [ -e /trial/emulated ]; then
    echo "skipped: the service's credential, whose mounts the emulator does not know"
    systemctl restart streamer
    until_so as_group streamer status
else
    mkdir -p /etc/credstore
    echo ist_trial > /etc/credstore/streamer.access_key
    chmod 600 /etc/credstore/streamer.access_key
    printf '[outputs.initial_state]\napi_base = "http://127.0.0.1:9"\n' > /etc/streamer/conf.d/account.toml
    systemctl restart streamer
    until_so sh -c 'journalctl -u streamer | grep -q "cannot connect"'
    # Root reads the credential, too; everybody else is told what to do.
    streamer check
    until_so streamer status
    never as_group streamer check > /tmp/said 2>&1
    grep -q 'use sudo, or access_key_file' /tmp/said
    rm -r /etc/streamer/conf.d/account.toml /etc/credstore
    systemctl restart streamer
    until_so as_group streamer status
fi

step="what root logs while the service rests belongs to the service"
systemctl stop streamer
streamer log by_hand 7
[ -z "$(find /var/lib/streamer ! -user streamer)" ]
systemctl start streamer
until_so sh -c 'su -s /bin/sh streamer -c "streamer export machine" | grep -q "by_hand,7"'

step="one round by hand, of a configuration of one's own"
mkdir /tmp/own
printf '[agent]\nstate_dir = "/tmp/own/state"\n[outputs.local]\n[buckets.own]\n[[inputs.exec]]\ncommand = ["echo", "7"]\nkey = "seven"\n' \
    > /tmp/own/own.toml
streamer --config /tmp/own/own.toml run --once
streamer --config /tmp/own/own.toml export own | grep -q 'seven,7'

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

step="a service that somebody has switched off stays off over an upgrade, and a configuration that is gone stays gone"
systemctl disable --now streamer
mv /etc/streamer/streamer.toml /root/mine.toml
apt-get install -y --allow-downgrades /trial/first.deb
never systemctl is-enabled streamer
never systemctl is-active streamer
[ ! -e /etc/streamer/streamer.toml ]
cp -p /root/mine.toml /etc/streamer/streamer.toml
chmod 0600 /etc/streamer/streamer.toml
apt-get install -y /trial/second.deb
[ "$(stat -c '%a %U %G' /etc/streamer/streamer.toml)" = "600 root streamer" ]
cp -p /root/mine.toml /etc/streamer/streamer.toml
systemctl enable --now streamer
until_so as_group streamer status

step="remove keeps state and configuration"
apt-get remove -y streamer-agent
[ ! -e /usr/bin/streamer ]
[ -e /var/lib/streamer/buckets.db ]
grep -q '# my own' /etc/streamer/streamer.toml
never pidof streamer

step="installed again, it goes on"
apt-get install -y /trial/second.deb
until_so as_group streamer status
has_rows $((count - 1))

step="purge leaves nothing"
apt-get purge -y streamer-agent
[ ! -e /var/lib/streamer ]
[ ! -e /etc/streamer ]
never pidof streamer
never getent passwd streamer
echo "passed"
