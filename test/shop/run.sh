#!/bin/sh
# Runs the workload of the shop: all scripts of simple/, extended/ and
# prepared/ at the same time, each folder in the pgbench protocol it is named
# after, each script as often as its "-- weight:" line says.
#
#     sh run.sh SECONDS CLIENTS
#
# Connects as the PG* environment variables say. PGBENCH is the program to run
# (default: pgbench), SEED the random seed (default: 1), SHOP_LOG a directory
# to keep the full output of pgbench in (default: removed at the end). At least
# one client per protocol runs, so CLIENTS below 3 counts as 3. Returns 1 if
# any client was aborted.

set -u
LC_ALL=C
export LC_ALL

if [ $# -ne 2 ]; then
	echo "usage: sh run.sh SECONDS CLIENTS" >&2
	exit 2
fi
seconds=$1
clients=$2
case "$seconds$clients" in
*[!0-9]* | '')
	echo "run.sh: SECONDS and CLIENTS are whole numbers" >&2
	exit 2
	;;
esac
[ "$clients" -ge 3 ] || clients=3

here=$(cd "$(dirname "$0")" && pwd) || exit 2
pgbench=${PGBENCH:-pgbench}
seed=${SEED:-1}
if [ -n "${SHOP_LOG:-}" ]; then
	out=$SHOP_LOG
	mkdir -p "$out" || exit 2
else
	out=$(mktemp -d) || exit 2
fi

pids=
# A run that is interrupted takes its pgbench processes along.
cleanup() {
	[ -z "$pids" ] || kill $pids 2>/dev/null
	[ -n "${SHOP_LOG:-}" ] || rm -rf "$out"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

# name of the protocol, number of its clients
start() {
	# Into the positional parameters, since the path may contain blanks.
	protocol=$1
	n=$2
	set --
	for file in "$here/$protocol"/*.pgbench; do
		weight=$(sed -n 's/^-- weight: *\([0-9][0-9]*\)$/\1/p' "$file")
		if [ -z "$weight" ]; then
			echo "run.sh: $file has no weight" >&2
			exit 2
		fi
		set -- "$@" -f "$file@$weight"
	done
	# Own seeds, so that the protocols do not walk through the same numbers.
	seed=$((seed + 1))
	"$pgbench" -n -M "$protocol" -c "$n" -j 1 -T "$seconds" -P 5 \
		--random-seed="$seed" "$@" >"$out/$protocol.out" 2>"$out/$protocol.err" &
	pids="$pids $!"
	eval "pid_$protocol=$!"
}

third=$((clients / 3))
start simple "$third"
start extended $(((clients - third) / 2))
start prepared $((clients - third - (clients - third) / 2))

failed=0
summary=
for protocol in simple extended prepared; do
	eval "wait \$pid_$protocol" || failed=1
	sed -n "s/^progress: \([0-9.]*\) s, \([0-9.]*\) tps, lat \([0-9.]*\) ms.*/$protocol: \1 s, \2 tps, \3 ms/p" "$out/$protocol.err"
	# pgbench before 17 may end well although a client was aborted.
	if grep -E 'aborted|error:|FATAL' "$out/$protocol.err" >&2; then
		failed=1
	fi
	count=$(sed -n 's/^number of transactions actually processed: \([0-9]*\).*/\1/p' "$out/$protocol.out" | head -n 1)
	summary="$summary $protocol=${count:-0}"
done
pids=
echo "transactions:$summary"
exit $failed
