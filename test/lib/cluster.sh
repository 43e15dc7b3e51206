# cluster.sh: a throwaway cluster.  Sourced after setup.sh, used after setup
# and build_install:
#
#	cluster_start [SETTING=VALUE...]
#	psql ...
#	cluster_stop
#
# The cluster lives in $WORK/data and listens on a Unix socket in $WORK/s
# only.  It survives cluster_stop, so it may be started again with other
# settings; it goes with $WORK.  cluster_start exports PGHOST, PGPORT, PGUSER
# and PGDATABASE and puts the server's programs first on PATH.

cluster_log=$WORK/server.log

cluster_start()
{
	PATH=$BINDIR:$PATH
	PGHOST=$WORK/s PGPORT=5432 PGUSER=postgres PGDATABASE=postgres
	export PATH PGHOST PGPORT PGUSER PGDATABASE
	if [ ! -d "$WORK/data" ]; then
		initdb -D "$WORK/data" --no-sync -U postgres --auth=trust -E UTF8 --locale=C.UTF-8 \
			>"$WORK/initdb.log" 2>&1 || { cat "$WORK/initdb.log" >&2; return 1; }
		mkdir -m 700 "$WORK/s"
		echo "include = 'cluster.conf'" >>"$WORK/data/postgresql.conf"
	fi

	# Nothing here needs to survive a crash of the machine.
	cat >"$WORK/data/cluster.conf" <<-END
		listen_addresses = ''
		unix_socket_directories = '$PGHOST'
		port = $PGPORT
		fsync = off
		shared_preload_libraries = 'pg_stat_statements,advisor'
		compute_query_id = on
		pg_stat_statements.track = all
	END
	for setting in "$@"; do
		printf "%s = '%s'\n" "${setting%%=*}" "$(printf %s "${setting#*=}" | sed "s/'/''/g")"
	done >>"$WORK/data/cluster.conf"

	if ! pg_ctl -s -w -t 60 -D "$WORK/data" -l "$cluster_log" start; then
		cluster_show_log
		return 1
	fi
}

cluster_stop()
{
	pg_ctl -s -w -t 60 -m fast -D "$WORK/data" stop
}

# The end of the server's log, for whoever has to find out what went wrong.
cluster_show_log()
{
	[ ! -s "$cluster_log" ] || {
		echo "---- end of the server's log:"
		tail -n 40 "$cluster_log"
		echo "----"
	} >&2
}
