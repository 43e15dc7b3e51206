# setup.sh: what every script under test/ does first.  Sourced, like this:
#
#	top=$(cd "$(dirname "$0")/.." && pwd)
#	. "$top/test/lib/setup.sh"
#	setup test/NAME "$@"
#
# setup runs the script a second time, in a private copy, and returns only in
# that second run.  Before, it
#
#   - installs the Debian packages that are missing,
#   - makes a temporary directory with a copy of the sources (src) and of the
#     PostgreSQL server (server), so that the real server, its extensions and
#     clusters are never touched, and no rights are needed to install into it,
#   - as root, hands that directory to an unprivileged user: PostgreSQL
#     refuses to run as root, and the checkout may be unreadable for others.
#
# The second run has a clean environment (no PG* variables, locale C.UTF-8,
# short TMPDIR for sockets), the copy of the sources as current directory, and
#
#	WORK		the temporary directory
#	PG_CONFIG	pg_config of the private server
#	BINDIR		its programs, PG_MAJOR its version
#	CI, TEST_*	as the caller has them
#	AS_USER		what makes a command of the caller run as the same user
#
# shellcheck shell=sh disable=SC2034,SC2154,SC2086
#
# When it ends, however it ends, everything in WORK is stopped and removed,
# but for WORK/keep (the files stay) and WORK/keep-running (processes, too).

ADVISOR_T0=${ADVISOR_T0:-$(date +%s)}

# say TEXT: a line of progress, with the seconds since the start.
say()
{
	printf '[%3ds] %s\n' "$(($(date +%s) - ADVISOR_T0))" "$*"
}

die()
{
	printf '%s: %s\n' "${script:-setup}" "$*" >&2
	exit 1
}

setup()
{
	script=$1
	shift
	if [ -n "${ADVISOR_WORK:-}" ] && [ "$top" = "$ADVISOR_WORK/src" ]; then
		WORK=$ADVISOR_WORK
		BINDIR=$("$PG_CONFIG" --bindir)
		PG_MAJOR=$(major_of "$PG_CONFIG")
		cd "$top" || exit
		return
	fi

	umask 022
	work=
	apt_pid=
	trap cleanup EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM

	# The path of a Unix socket may have about 100 bytes.
	tmp=${TMPDIR:-/tmp}
	[ "${#tmp}" -le 40 ] || tmp=/tmp
	work=$(mktemp -d "$tmp/advisor.XXXXXX")

	choose_server
	install_missing
	check_server
	mkdir "$work/src" "$work/tmp"
	copy_sources "$work/src"
	copy_server
	run_in_copy "$@"
}

# ---------------------------------------------------------------------------
# Which server, and which packages
# ---------------------------------------------------------------------------

major_of()
{
	"$1" --version | sed 's/^[^0-9]*\([0-9]*\).*/\1/'
}

# The server that PG_CONFIG names, or the one whose pg_config is on PATH, or
# the newest of Debian's that is installed, or the one that this Debian ships.
# Sets debian to the major version if it is, or will be, one of Debian's.
choose_server()
{
	debian=
	if [ -z "${PG_CONFIG:-}" ]; then
		if command -v pg_config >/dev/null && [ -x "$(pg_config --bindir)/postgres" ]; then
			PG_CONFIG=$(command -v pg_config)
		else
			newest=$(ls -d /usr/lib/postgresql/*/bin/postgres 2>/dev/null | sort -V | tail -n 1)
			[ -n "$newest" ] || newest=/usr/lib/postgresql/$(suite_version)/bin/postgres
			PG_CONFIG=${newest%/postgres}/pg_config
		fi
	fi
	if bindir=$("$PG_CONFIG" --bindir 2>/dev/null); then
		:
	else
		bindir=${PG_CONFIG%/pg_config}
	fi
	case $bindir in
		/usr/lib/postgresql/*/bin)
			debian=${bindir#/usr/lib/postgresql/}
			debian=${debian%/bin}
			# Debian's wrapper in /usr/bin only knows the newest version.
			PG_CONFIG=$bindir/pg_config
			;;
		*)
			command -v "$PG_CONFIG" >/dev/null || die "PG_CONFIG=$PG_CONFIG is no program"
			;;
	esac
}

# The major version that this Debian ships.
suite_version()
{
	command -v apt-cache >/dev/null ||
		die "no PostgreSQL found, and no apt-get to install it; set PG_CONFIG to the pg_config of a server"
	version=$(apt_cache_version)
	if [ -z "$version" ]; then
		# The package lists of a fresh machine may be empty.
		need_rights "apt-get update"
		say "updating the package lists" >&2
		$as_root apt-get -qq update >&2 || :
		version=$(apt_cache_version)
	fi
	[ -n "$version" ] || die "the package source of this machine has no package postgresql"
	echo "$version"
}

apt_cache_version()
{
	LC_ALL=C apt-cache depends postgresql 2>/dev/null |
		sed -n 's/^ *Depends: postgresql-\([0-9][0-9]*\)$/\1/p' | sort -n | tail -n 1
}

installed()
{
	dpkg-query -W -f '${Status}\n' "$1" 2>/dev/null | grep -q '^install ok installed'
}

# A test wants pg_cron, and skips itself where this Debian has none.  Nobody has
# to become root for what can be done without.
add_optional()
{
	optional=postgresql-$debian-cron
	case " $missing " in *" $optional "*) return 0 ;; esac
	[ -n "$debian" ] && ! installed "$optional" && command -v apt-cache >/dev/null &&
		[ -n "$(apt-cache --names-only search "^$optional\$" 2>/dev/null)" ] || return 0
	[ "$(id -u)" -eq 0 ] || { command -v sudo >/dev/null && sudo -n true 2>/dev/null; } || return 0
	missing="$missing $optional"
}

# need_rights COMMAND: sets as_root to what makes a command run as root, or
# shows COMMAND for somebody who may.
need_rights()
{
	if [ "$(id -u)" -eq 0 ]; then
		as_root=
	elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
		as_root='sudo -n'
	else
		printf '%s\n' "$script: this needs root; run as root, then start again:" "" "  $1" "" >&2
		exit 1
	fi
}

install_missing()
{
	missing=
	want=
	[ -z "$debian" ] || want="postgresql-$debian postgresql-client-$debian postgresql-server-dev-$debian"
	for package in $want; do
		installed "$package" || missing="$missing $package"
	done
	# What counts of these is that they are there, from wherever.
	command -v gcc >/dev/null || missing="$missing gcc"
	command -v make >/dev/null || missing="$missing make"
	[ -e /usr/include/stdio.h ] || missing="$missing libc6-dev"
	perl -MTest::More -e 1 2>/dev/null || missing="$missing perl"
	perl -MIPC::Run -e 1 2>/dev/null || missing="$missing libipc-run-perl"
	[ -n "$missing" ] || add_optional
	missing=${missing# }
	[ -n "$missing" ] || return 0

	command -v apt-get >/dev/null || die "missing, and no apt-get to install it: $missing"
	say "missing on this machine: $missing"
	need_rights "apt-get update && apt-get install -y --no-install-recommends $missing"
	say "installing them (server and headers, compiler, what the tests are written in)"
	$as_root apt-get -qq update || say "warning: apt-get update failed, trying with the old package lists"
	# What there is to be had may be known only now.
	add_optional
	case " $missing" in
		*" postgresql-$debian"*)
			# Left alone, Debian's package would create and start a cluster.
			installed postgresql-common || apt_install postgresql-common
			no_main_cluster
			;;
	esac
	apt_install "$missing"
	restore_createcluster
}

# apt_install "PACKAGE ...", with less noise than apt-get makes.
apt_install()
{
	{
		# shellcheck disable=SC2086 # as_root and the list are meant to split
		$as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 \
			-y -q --no-install-recommends install $1 2>&1 </dev/null && echo 0 || echo $?
	} >"$work/apt.log" &
	apt_pid=$!
	# apt-get runs in the background, so that there is progress to be seen.
	while sleep 3; kill -0 "$apt_pid" 2>/dev/null; do
		say "  packages to install: $(sed -n 's/.* \([0-9]*\) newly installed.*/\1/p' "$work/apt.log")," \
			"unpacked: $(grep -c '^Unpacking' "$work/apt.log" || :), set up: $(grep -c '^Setting up' "$work/apt.log" || :)"
	done
	apt_pid=
	if [ "$(tail -n 1 "$work/apt.log")" != 0 ]; then
		tail -n 30 "$work/apt.log" >&2
		die "apt-get could not install: $1"
	fi
}

createcluster=/etc/postgresql-common/createcluster.conf
no_main_cluster()
{
	$as_root cp -p "$createcluster" "$createcluster.advisor"
	echo 'create_main_cluster = false' | $as_root tee -a "$createcluster" >/dev/null
}

restore_createcluster()
{
	[ -e "$createcluster.advisor" ] || return 0
	$as_root mv "$createcluster.advisor" "$createcluster"
}

check_server()
{
	PG_MAJOR=$(major_of "$PG_CONFIG")
	[ "$PG_MAJOR" -ge 15 ] || die "advisor needs PostgreSQL 15 or later, this is $PG_MAJOR: $PG_CONFIG"
	bindir=$("$PG_CONFIG" --bindir)
	pgxs=$("$PG_CONFIG" --pgxs)
	for file in "$bindir/postgres" "$bindir/pgbench" "$pgxs" \
		"${pgxs%/makefiles/pgxs.mk}/test/regress/pg_regress" \
		"$("$PG_CONFIG" --sharedir)/extension/pg_stat_statements.control"
	do
		[ -e "$file" ] || die "$PG_CONFIG belongs to an incomplete installation: there is no $file"
	done
	say "PostgreSQL: $("$PG_CONFIG" --version), $PG_CONFIG"
}

# ---------------------------------------------------------------------------
# The private copy
# ---------------------------------------------------------------------------

# copy_sources DIR: the sources, without what was built from them.
copy_sources()
{
	(
		cd "$top" || exit
		# safe.directory: root may test the checkout of somebody else
		if [ -e .git ] && files=$(git -c safe.directory='*' -c core.quotePath=off \
			ls-files -co --exclude-standard 2>/dev/null)
		then
			printf '%s\n' "$files" | while IFS= read -r file; do
				# git also lists what has been deleted since the last commit
				[ ! -e "$file" ] || printf '%s\n' "$file"
			done | tar -c -f - -T -
		else
			tar -c -f - --exclude=./.git --exclude='*.o' --exclude='*.bc' --exclude='*.so' \
				--exclude=./results --exclude=./tmp_check .
		fi
	) | tar -x -f - -C "$1" --no-same-owner
}

# A PostgreSQL finds its files relative to its programs, so a copy of the
# programs, with links to everything else, is a server of its own.
copy_server()
{
	pkglibdir=$("$PG_CONFIG" --pkglibdir)
	sharedir=$("$PG_CONFIG" --sharedir)
	includedir=$("$PG_CONFIG" --includedir)
	root=$work/server
	mkdir -p "$root${bindir%/*}" "$root${pkglibdir%/*}" "$root${sharedir%/*}" "$root${includedir%/*}"
	cp -a "$bindir" "$root$bindir"
	cp -rs "$pkglibdir" "$root$pkglibdir"
	cp -rs "$sharedir" "$root$sharedir"
	ln -s "$includedir" "$root$includedir"
	# An advisor that is installed already is not the one to be tested.
	rm -rf "$root$pkglibdir/advisor.so" "$root$pkglibdir/bitcode/advisor"* "$root$sharedir/extension/advisor"*
	PG_CONFIG=$root$bindir/pg_config
	[ "$("$PG_CONFIG" --pkglibdir)" = "$root$pkglibdir" ] && [ "$("$PG_CONFIG" --sharedir)" = "$root$sharedir" ] ||
		die "this PostgreSQL cannot be relocated: $bindir"
}

# run_in_copy ARGUMENT...: the second run.
run_in_copy()
{
	user=$(id -un)
	AS_USER=
	if [ "$user" = root ]; then
		user=postgres
		id "$user" >/dev/null 2>&1 || user=nobody
		say "running as user $user in $work"
		chown -hR "$user" "$work"
		AS_USER="runuser -u $user -- "
		set -- $AS_USER env ADVISOR_WORK="$work" sh "$work/src/$script" "$@"
	else
		say "running in $work"
		set -- env ADVISOR_WORK="$work" sh "$work/src/$script" "$@"
	fi
	# words for eval, CI="${CI:-}" and so on
	kept=
	for name in CI $(env | sed -n 's/^\(TEST_[A-Z_]*\)=.*/\1/p'); do
		kept="$kept $name=\"\${$name:-}\""
	done
	# In the background, because a shell does not heed signals while it waits
	# for a command in the foreground; but then it must not ignore SIGINT.
	(
		cd "$work/src" || exit
		eval 'set -- '"$kept"' "$@"'
		exec env -i --default-signal=INT,QUIT PATH="$PATH" HOME="$work" USER="$user" LOGNAME="$user" \
			TERM="${TERM:-dumb}" LANG=C.UTF-8 LC_ALL=C.UTF-8 TMPDIR="$work/tmp" \
			${LD_LIBRARY_PATH:+LD_LIBRARY_PATH="$LD_LIBRARY_PATH"} \
			PG_CONFIG="$PG_CONFIG" AS_USER="$AS_USER" ADVISOR_T0="$ADVISOR_T0" "$@"
	) &
	status=0
	wait $! || status=$?
	exit "$status"
}

cleanup()
{
	trap '' HUP INT TERM
	# To interrupt apt-get would leave half-installed packages.
	[ -z "$apt_pid" ] || wait "$apt_pid" || :
	restore_createcluster
	[ -n "$work" ] || return 0
	[ -e "$work/keep-running" ] || stop_all
	[ -e "$work/keep-running" ] || [ -e "$work/keep" ] || rm -rf --one-file-system "$work"
}

# Stops whatever runs in the copy.  To PostgreSQL, SIGINT is a fast shutdown.
stop_all()
{
	for signal in INT INT KILL; do
		pids=$(running_in_copy)
		[ -n "$pids" ] || return 0
		# shellcheck disable=SC2086
		kill -s "$signal" $pids 2>/dev/null || :
		for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
			[ -n "$(running_in_copy)" ] || return 0
			sleep 0.2
		done
	done
}

running_in_copy()
{
	find /proc -maxdepth 2 -path '/proc/[0-9]*/cwd' -lname "$work/*" 2>/dev/null |
		sed 's,^/proc/\([0-9]*\)/.*,\1,'
}

# ---------------------------------------------------------------------------
# For the second run
# ---------------------------------------------------------------------------

# build_install [VARIABLE=VALUE...]: builds the copy and installs it into the
# private server.
build_install()
{
	make -s -j "$(nproc)" install PG_CONFIG="$PG_CONFIG" "$@"
}
