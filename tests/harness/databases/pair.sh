# Creates two PostgreSQL servers, one the synchronous standby of the other, and obeys one order a line until its standard
# input ends; then stops and removes both. Arguments: directory of the programs, two ports, superuser, owner, database.
set -eu
trap '' PIPE
programs="$1"; primary_port="$2"; standby_port="$3"; superuser="$4"; owner="$5"; database="$6"
directory="$(mktemp -d "${TMPDIR:-/tmp}/campo-pair-XXXXXX")"
primary=first; standby=second

stop_and_remove() {
    for server in first second; do
        "$programs/pg_ctl" -D "$directory/$server" -m immediate -w stop >/dev/null 2>&1 || true
    done
    rm -rf "$directory"
}
trap stop_and_remove EXIT
cd "$directory"

launch() { # server, port
    "$programs/pg_ctl" -D "$1" -l "$1.log" -w -t 60 -o "-p $2 -c listen_addresses=127.0.0.1 \
        -c unix_socket_directories=$directory -c max_connections=100 -c wal_retrieve_retry_interval=100ms" \
        start >/dev/null 2>&1 || { cat "$1.log" >&2; exit 1; }
}
ask_primary() { # statement
    "$programs/psql" --no-psqlrc --quiet --no-align --tuples-only --set=ON_ERROR_STOP=1 \
        --dbname "host=127.0.0.1 port=$primary_port user=$superuser dbname=postgres" --command "$1"
}
follow() {
    "$programs/pg_basebackup" -h 127.0.0.1 -p "$primary_port" -U "$superuser" -D "$standby" -R -X stream \
        --checkpoint=fast >backup.log 2>&1 || { cat backup.log >&2; exit 1; }
    launch "$standby" "$standby_port"
    ask_primary "ALTER SYSTEM SET synchronous_standby_names = '*'"
    ask_primary "SELECT pg_reload_conf()" >/dev/null
    until [ "$(ask_primary "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'")" = 1 ]; do
        sleep 0.05
    done
}

"$programs/initdb" -D "$primary" -U "$superuser" --auth=trust --encoding=UTF8 --locale=C --no-sync >initdb.log 2>&1 \
    || { cat initdb.log >&2; exit 1; }
launch "$primary" "$primary_port"
ask_primary "CREATE ROLE $owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE"
ask_primary "CREATE DATABASE $database OWNER $owner"
follow
echo ready

while read -r order; do
    case "$order" in
        stop) "$programs/pg_ctl" -D "$primary" -m immediate -w stop >/dev/null 2>&1 ;;
        start) launch "$primary" "$primary_port" ;;
        promote)
            # Nobody follows the promoted server yet; waiting for a follower would stop every commit.
            echo "synchronous_standby_names = ''" >>"$standby/postgresql.auto.conf"
            "$programs/pg_ctl" -D "$standby" reload >/dev/null 2>&1
            "$programs/pg_ctl" -D "$standby" -w promote >/dev/null 2>&1
            left="$primary"; primary="$standby"; standby="$left"
            left="$primary_port"; primary_port="$standby_port"; standby_port="$left"
            ;;
        rejoin) rm -rf "$standby"; follow ;;
        *) echo "unknown order: $order" >&2; exit 1 ;;
    esac
    echo done
done
