# One look at a runner host. It changes nothing, runs as the body of one function
# with standard input at /dev/null, as root or not, and answers records on
# standard output: tab-separated fields, the name last, each record ended by NUL.
# The last one holds the number of those before it, so a cut answer shows.
#
# Arguments: VERSION MAXDIRS BUDGET, then for each root: R PATH RUNPREFIX
# REPOPREFIX REPOSUFFIX, then for each dir to measure: D ROOT UID PATH, with ROOT
# counting from 0 and PATH below it. BUDGET is in seconds, for all measuring.
#
# Records (RI is a root's number; STAT is dev inode uid gid rawmode mtime
# mtime-with-fraction ctime birth):
#   andon-sweep VERSION            first
#   H KEY VALUE                    a fact of the host
#   R RI STAT PATH                 the root itself;  P RI PATH its real path
#   B RI LINE, I RI LINE           df of the root, KiB and inodes
#   D RI STAT ./PATH               a run dir;  A: a folder above one;  T: a dir in the trash
#   Q RI NAME JSON                 where a dir in the trash came from
#   K RI HIDDEN CUT UNREAD         what the listing left out
#   L PID VIA TARGET               a process using something below a root
#   O DEV ROOT POINT OPTIONS       a line of this namespace's mountinfo
#   N PID DEV ROOT POINT OPTIONS   one of another mount namespace
#   G PID UID START CGROUP COMMAND a process named by L or N
#   U UNIT STATE FILESTATE LAST DIR   systemctl show;  J UNIT JSON: its .runner;  V UNIT HOOK
#   M TIMER SCHEDULE               when a timer runs;  W TIMER LINES: newest of its journal
#   C MTIME JSON                   statistics of a compiler cache, newest first
#   Y RI DEV INODE KIB FILES FOREIGN NEWEST ./PATH   a measured dir
#   S RI PATH-OF-SAMPLE TAB ./PATH a foreign entry of it;  Z RI WHY ./PATH  not measured
#   X WHAT                         something this login cannot see
#   E COUNT CLOCK                  last
#
# External tools and all that is asked of them. Needed:
#   stat -c FMT FILE...  (%d %i %u %g %f %Y %y %Z %W %n %h %b, and -L with %i)
#   df -Pk .   df -Pi .   date +%s   uname -s|-n|-r|-m   id -u
#   cut -d ' ' -f LIST   cut -d / -f LIST   grep -F -e S...   grep -l -F -e S...   grep -h -e S   head -n N   head -c N   tr A B   tr -cd '\0'   wc -c
#   find DIR -xdev [!] [-type d] [-user N] -print0 | -exec stat -c FMT {} +
#   du -skx DIR   sort -rn   sort -u   ls -l DIR...   ls -t DIR
# Used where they are there: awk, GNU find (-printf, -lname), nproc, nice,
#   ionice, timeout, systemctl, journalctl.

# Words are split on purpose wherever a list is taken apart, always with globbing
# off and IFS set.
# shellcheck disable=SC2086,SC2046
LC_ALL=C
PATH=/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin
export LC_ALL PATH
unset CDPATH ENV BASH_ENV POSIXLY_CORRECT QUOTING_STYLE
set +e +u
nl='
'
tab=$(printf '\t')
ifs0=" $tab$nl"
IFS=$ifs0
n=0

rec() {
	n=$((n + 1))
	printf '%s\0' "$1"
}

# lines TAG TEXT: one record for each line of TEXT.
lines() {
	set -f
	IFS=$nl
	set -- "$1" $2
	IFS=$ifs0
	set +f
	tag=$1
	shift
	for line in "$@"; do
		rec "$tag$tab$line"
	done
}

# number WORD DEFAULT: the word where it is a number.
number() {
	case $1 in
	'' | *[!0-9]*) printf '%s' "$2" ;;
	*) printf '%s' "$1" ;;
	esac
}

# ---- run dirs: everything below works from the root, on names with ./ before them

fields="%d${tab}%i${tab}%u${tab}%g${tab}%f${tab}%Y${tab}%y${tab}%Z${tab}%W${tab}"
dirs='' adirs='' dirn=0

# show TAG NAMES: stats the names, one a line, and gives a record each.
show() {
	set -f
	IFS=$nl
	set -- "$1" $2
	tag=$1
	shift
	set -- $(stat -c "$tag$tab$ri$tab$fields%n" "$@" 2>/dev/null)
	IFS=$ifs0
	set +f
	[ $# -gt 0 ] || return 0
	n=$((n + $#))
	printf '%s\0' "$@"
}

flush() {
	[ -z "$dirs" ] || show D "$dirs"
	[ -z "$adirs" ] || show A "$adirs"
	dirs='' adirs='' dirn=0
}

# one TAG NAME: for a name that holds a newline.
one() {
	st=$(stat -c "$1$tab$ri$tab$fields" "$2" 2>/dev/null) && rec "$st$2"
}

add() {
	if [ "$shown" -ge "$max" ]; then
		hidden=$((hidden + 1))
		return 0
	fi
	shown=$((shown + 1))
	case $1 in
	*"$nl"*) one D "$1" ;;
	*)
		dirs=$dirs$nl$1
		dirn=$((dirn + 1))
		[ "$dirn" -lt 200 ] || flush
		;;
	esac
}

# above PATH: a folder that run dirs lie in.
above() {
	[ "$shown" -lt "$max" ] || return 0
	case $1 in
	*"$nl"*) one A "$1" ;;
	*)
		adirs=$adirs$nl$1
		dirn=$((dirn + 1))
		[ "$dirn" -lt 200 ] || flush
		;;
	esac
}

# counts PATH: a folder, or a link that does not lead to a plain file.
counts() {
	if [ -L "$1" ]; then
		[ ! -f "$1" ]
	else
		[ -d "$1" ]
	fi
}

# real PATH: a folder, not a link to one.
real() { [ -d "$1" ] && [ ! -L "$1" ]; }

# closed PATH: counts a folder this login cannot list.
closed() {
	if [ -r "$1" ] && [ -x "$1" ]; then
		return 1
	fi
	unread=$((unread + 1))
}

# holds PATH DEPTH: run dirs lie below. Without this a folder of another shape
# would be listed down to its last corner.
holds() {
	visits=$((visits + 1))
	if [ "$visits" -gt "$maxvisits" ]; then
		cut=1
		return 1
	fi
	for q in "$1/$runp"[1-9]*; do
		[ ! -d "$q" ] || return 0
	done
	[ "$2" -lt 6 ] || return 1
	for q in "$1"/*; do
		if real "$q" && holds "$q" $(($2 + 1)); then
			return 0
		fi
	done
	return 1
}

# ref PATH DEPTH: a repository's folder (depth 0), or below it a ref or a part
# of one. The third parameter becomes y once something was found in it.
ref() {
	if closed "$1"; then
		add "$1"
		return 0
	fi
	set -- "$1" "$2" ''
	for p in "$1"/* "$1"/.[!.]* "$1"/..?*; do
		counts "$p" || continue
		[ -n "$3" ] || above "$1"
		set -- "$1" "$2" y
		case ${p##*/} in
		"$runp"[1-9]* | debug | release) add "$p" ;;
		*)
			if [ "$p" = ./cargo-ci/registry ] && real "$p"; then
				registry "$p" 1
			elif real "$p" && { [ ! -r "$p" ] || [ ! -x "$p" ] || profile "$p" "$2" || holds "$p" "$2"; }; then
				ref "$p" $(($2 + 1))
			else
				add "$p"
			fi
			;;
		esac
	done
	[ -n "$3" ] || add "$1"
}

# profile PATH DEPTH: the folder of a pull request of the shared era.
profile() {
	[ "$2" = 0 ] && { [ -d "$1/debug" ] || [ -d "$1/release" ]; }
}

# registry PATH DEPTH: one cargo registry for each ref; refs may hold slashes.
registry() {
	if closed "$1"; then
		add "$1"
		return 0
	fi
	set -- "$1" "$2" ''
	for p in "$1"/* "$1"/.[!.]* "$1"/..?*; do
		counts "$p" || continue
		[ -n "$3" ] || above "$1"
		set -- "$1" "$2" y
		if [ -L "$p" ] || [ "$2" -ge 6 ] || [ -d "$p/cache" ] || [ -d "$p/index" ] || [ -d "$p/src" ]; then
			add "$p"
		else
			registry "$p" $(($2 + 1))
		fi
	done
	[ -n "$3" ] || add "$1"
}

# children PATH: a folder whose own folders are the run dirs.
children() {
	if closed "$1"; then
		add "$1"
		return 0
	fi
	set -- "$1" ''
	for p in "$1"/* "$1"/.[!.]* "$1"/..?*; do
		counts "$p" || continue
		[ -n "$2" ] || above "$1"
		set -- "$1" y
		add "$p"
	done
	[ -n "$2" ] || add "$1"
}

# work PATH: a runner's own work folder.
work() {
	case $1 in
	./eph-*/_work)
		add "$1"
		return 0
		;;
	esac
	if closed "$1"; then
		add "$1"
		return 0
	fi
	set -- "$1" ''
	for p in "$1"/*; do
		real "$p" || continue
		[ -n "$2" ] || above "$1"
		set -- "$1" y
		b=${p##*/}
		if real "$p/$b/target"; then
			above "$p"
			above "$p/$b"
			add "$p/$b/target"
		elif real "$p/_github_home"; then
			above "$p"
			add "$p/_github_home"
		else
			add "$p"
		fi
	done
	[ -n "$2" ] || add "$1"
}

# top PATH: an entry directly below the root.
top() {
	if [ -L "$1" ]; then
		add "$1"
		return 0
	fi
	case ${1#./} in
	.andon-trash)
		if [ -r "$1" ] && [ -x "$1" ]; then
			for t in "$1"/*; do
				real "$t" || continue
				one T "$t"
				t=${t%.purging}
				[ ! -f "$t.json" ] || rec "Q$tab$ri$tab${t##*/}$tab$(head -c 4096 "$t.json" 2>/dev/null)"
			done
		else
			rec "X${tab}trash of root $root"
		fi
		return 0
		;;
	_work)
		work "$1"
		return 0
		;;
	esac
	if real "$1/_work"; then
		above "$1"
		work "$1/_work"
		return 0
	fi
	case ${1#./} in
	sovereign-ci-?*) children "$1" ;;
	cargo-ci | "$repop"?*"$repos") ref "$1" 0 ;;
	*) add "$1" ;;
	esac
}

# list ROOT: the whole listing of one root. The working directory stays there.
list() {
	root=$1
	if ! cd "$root" 2>/dev/null || [ ! -r . ]; then
		rec "X${tab}root $root: no such folder, or not readable by this login"
		cd / || return 0
		return 0
	fi
	st=$(stat -c "R$tab$ri$tab$fields" . 2>/dev/null) || {
		rec "X${tab}root $root: stat failed"
		return 0
	}
	rec "$st$root"
	where=$(pwd -P 2>/dev/null)
	case $where in
	/*) ;;
	*) where=$root ;;
	esac
	rec "P$tab$ri$tab$where"
	reals=$reals$nl$where
	for o in k i; do
		case $o in k) tag=B ;; i) tag=I ;; esac
		df=$(df -P$o . 2>/dev/null | tr '\t' ' ')
		rec "$tag$tab$ri$tab${df#*"$nl"}"
	done
	shown=0 hidden=0 cut=0 unread=0 visits=0
	for e in ./* ./.[!.]* ./..?*; do
		if counts "$e"; then
			top "$e"
		fi
	done
	flush
	rec "K$tab$ri$tab$hidden$tab$cut$tab$unread"
}

# ---- processes

# links: who has a working directory, a program or an open file below a root.
links() {
	IFS=$nl
	set -f
	set -- $reals
	IFS=$ifs0
	set +f
	plain=y
	for r in "$@"; do
		case $r in *[][*?\\]*) plain= ;; esac
	done
	if [ -n "$plain" ] && find / -maxdepth 0 -printf '' 2>/dev/null; then
		k=$#
		for r in "$@"; do
			set -- "$@" -o -lname "$r/*"
		done
		shift "$k"
		shift
		found=$(find /proc/[0-9]*/cwd /proc/[0-9]*/root /proc/[0-9]*/exe /proc/[0-9]*/fd -maxdepth 1 \( "$@" \) \
			-printf '%p %l\n' 2>/dev/null | head -n "$maxlinks")
	else
		k=$#
		for r in "$@"; do
			set -- "$@" -e "-> $r/"
		done
		shift "$k"
		found=$({
			ls -l /proc/[0-9]*/cwd /proc/[0-9]*/root /proc/[0-9]*/exe 2>/dev/null
			ls -l /proc/[0-9]*/fd 2>/dev/null
		} | grep -F "$@" -e /fd: | head -n "$maxls")
	fi
	IFS=$nl
	set -f
	set -- $found
	IFS=$ifs0
	set +f
	[ $# -lt "$maxlinks" ] || rec "X${tab}processes: too many open files below the roots"
	fdof=''
	for line in "$@"; do
		link "$line"
	done
}

# link LINE: a line of find -printf or of ls -l.
link() {
	case $1 in
	/proc/*/fd:)
		fdof=${1#/proc/}
		fdof=${fdof%/fd:}
		return 0
		;;
	/proc/[0-9]*' '/*)
		left=${1%%" "*}
		right=${1#* }
		;;
	*' -> '*)
		left=${1%%" -> "*}
		left=${left##* }
		right=${1#*" -> "}
		case $left in
		/proc/*) ;;
		*) left=/proc/$fdof/fd/$left ;;
		esac
		;;
	*) return 0 ;;
	esac
	left=${left#/proc/}
	pid=${left%%/*}
	left=${left#*/}
	rec "L$tab$pid$tab${left%%/*}$tab$right"
	pids="$pids$pid "
}

# maps: mappings that no open file shows.
maps() {
	IFS=$nl
	set -f
	set -- $reals
	k=$#
	for r in "$@"; do
		set -- "$@" -e " $r/"
	done
	shift "$k"
	set +f
	mapped=$(grep -l -F "$@" /proc/[0-9]*/maps 2>/dev/null)
	[ -n "$mapped" ] || {
		IFS=$ifs0
		return 0
	}
	set -f
	found=$(grep -F "$@" /dev/null $mapped 2>/dev/null | cut -d / -f 3,5- | sort -u | head -n "$maxls")
	set -- $found
	IFS=$ifs0
	set +f
	[ $# -lt "$maxls" ] || rec "X${tab}processes: too many mappings below the roots"
	for line in "$@"; do
		pid=${line%%/*}
		rec "L$tab$pid${tab}map$tab/${line#*/}"
		pids="$pids$pid "
	done
}

# mounts: what other mount namespaces have mounted, one process for each.
mounts() {
	lines O "$(cut -d ' ' -f 3-6 /proc/self/mountinfo 2>/dev/null | head -n "$maxls")"
	own=$(stat -L -c %i /proc/self/ns/mnt 2>/dev/null)
	[ -n "$own" ] || {
		rec "X${tab}processes: mount namespaces cannot be told apart"
		return 0
	}
	seen=" $own " reps=
	found=$(stat -L -c '%i %n' /proc/[0-9]*/ns/mnt 2>/dev/null)
	set -f
	IFS=$nl
	set -- $found
	IFS=$ifs0
	set +f
	for line in "$@"; do
		ns=${line%% *}
		case $seen in *" $ns "*) continue ;; esac
		seen="$seen$ns "
		pid=${line#*/proc/}
		reps="$reps ${pid%%/*}"
	done
	for pid in $reps; do
		lines "N$tab$pid" "$(cut -d ' ' -f 3-6 "/proc/$pid/mountinfo" 2>/dev/null | head -n "$maxls")"
		pids="$pids$pid "
	done
}

# hiddenprocs: says which processes live but cannot be looked at, and whether
# there may be others that are not even listed.
hiddenprocs() {
	denied=0 which=''
	for p in /proc/[0-9]*; do
		if [ -e "$p/cwd" ] || [ ! -d "$p" ]; then
			continue
		fi
		st=''
		read -r st 2>/dev/null <"$p/stat" || continue
		case ${st##*") "} in
		Z* | X*) continue ;;
		esac
		[ -d "$p" ] || continue
		denied=$((denied + 1))
		[ "$denied" -gt 3 ] || which="$which ${p#/proc/}"
	done
	[ "$denied" = 0 ] || rec "X${tab}processes: $denied cannot be looked at even by root, pid$which"
	# The first PID namespace has a fixed number (PROC_PID_INIT_INO).
	st=$(stat -L -c %i /proc/self/ns/pid 2>/dev/null)
	case $st in
	'' | 4026531836) ;;
	*) rec "X${tab}processes outside this PID namespace" ;;
	esac
	u='' v=''
	if read -r u v 2>/dev/null </proc/self/uid_map; then
		set -- $u $v
		[ "$*" = '0 0 4294967295' ] || rec "X${tab}processes outside this user namespace"
	fi
}

# details: who the processes are. Beyond the first hundred the short name has to
# do, since a command line costs two processes to read.
details() {
	seen=' '
	set --
	for pid in $pids; do
		case $seen in *" $pid "*) continue ;; esac
		seen="$seen$pid "
		set -- "$@" "/proc/$pid"
	done
	[ $# -gt 0 ] || return 0
	k=0
	for line in $(stat -c '%n:%u' "$@" 2>/dev/null); do
		k=$((k + 1))
		p=${line%:*}
		detail "${p#/proc/}" "${line##*:}"
	done
}

# detail PID UID
detail() {
	pid=$1 u=$2
	st='' start='' cg='' cmd=''
	read -r st 2>/dev/null <"/proc/$pid/stat"
	case $st in
	*") "*)
		set -- ${st##*") "}
		[ $# -lt 20 ] || {
			shift 19
			start=$1
		}
		;;
	esac
	while read -r line; do
		cg=${line##*/}
	done 2>/dev/null <"/proc/$pid/cgroup"
	case $cg in *[!A-Za-z0-9_.:@=\\-]*) cg='' ;; esac
	[ "$k" -gt 100 ] || cmd=$(tr '\000\011\012' '   ' 2>/dev/null <"/proc/$pid/cmdline" | head -c 300)
	[ -n "$cmd" ] || read -r cmd 2>/dev/null <"/proc/$pid/comm"
	rec "G$tab$pid$tab$u$tab$start$tab$cg$tab$cmd"
}

writers() {
	[ -n "$reals" ] || return 0
	if [ ! -d /proc/self/fd ] && [ ! -d /proc/1/fd ]; then
		rec "X${tab}processes: no /proc on this host"
		return 0
	fi
	pids=''
	links
	maps
	mounts
	if [ "$uid" = 0 ]; then
		hiddenprocs
	else
		rec "X${tab}processes of other users"
	fi
	details
}

# ---- the host

facts() {
	for o in s n r m; do
		rec "H${tab}uname_$o$tab$(uname -$o 2>/dev/null)"
	done
	rec "H${tab}uid$tab$uid"
	rec "H${tab}clock$tab$(date +%s)"
	u='' v=''
	read -r u v 2>/dev/null </proc/uptime && rec "H${tab}uptime$tab$u"
	read -r u v 2>/dev/null </proc/loadavg && rec "H${tab}load1$tab$u"
	u=$(nproc 2>/dev/null) && rec "H${tab}cpus$tab$u"
	while read -r u v; do
		case $u in btime) rec "H${tab}btime$tab$v" ;; esac
	done 2>/dev/null </proc/stat
	h=/usr/local/libexec/andon-host
	if [ -x "$h" ] && [ ! -L "$h" ]; then
		# Only a plain file of root's that nobody else may write is run.
		case $(stat -c '%u %f' "$h" 2>/dev/null) in
		"0 81"[02468ace][014589cd])
			rec "H${tab}helper$tab$("$h" --version 2>/dev/null | head -n 1 | head -c 200)"
			;;
		esac
	fi
}

# services: runners' units, their .runner file and the job hook they name; and
# timers whose names sound like cleaning up.
services() {
	if ! command -v systemctl >/dev/null 2>&1; then
		rec "X${tab}runner services: no systemctl"
		return 0
	fi
	set --
	for p in /etc/systemd/system/actions.runner.*.service; do
		[ ! -f "$p" ] || set -- "$@" "${p##*/}"
	done
	found=$(systemctl show --no-pager -p Id -p ActiveState -p WorkingDirectory -p Environment \
		"$@" 'actions.runner.*.service' 2>/dev/null) || {
		rec "X${tab}runner services: systemctl does not answer"
		return 0
	}
	units "$found"
	set -- '*disk-guard*.timer' '*clean*.timer' '*reap*.timer' '*sweep*.timer' '*prune*.timer' '*janitor*.timer'
	found=$(systemctl show --no-pager --timestamp=unix -p Id -p ActiveState -p UnitFileState -p LastTriggerUSec -p Unit -p TimersCalendar "$@" 2>/dev/null) ||
		found=$(systemctl show --no-pager -p Id -p ActiveState -p UnitFileState -p Unit -p TimersCalendar "$@" 2>/dev/null)
	journals=0
	units "$found"
}

# journal TIMER SERVICE: what a cleaner's service said last. Few lines, by the
# journal's own index, and not for long.
journal() {
	journals=$((journals + 1))
	if ! command -v journalctl >/dev/null 2>&1; then
		[ "$journals" -gt 1 ] || rec "X${tab}journal of cleaners: no journalctl"
		return 0
	fi
	[ "$journals" -gt 1 ] || gentle
	[ "$journals" -le 4 ] || return 0
	run=$low
	[ -z "$limit" ] || run="$low $limit 2"
	said=$({ $run journalctl --no-pager -q -o short-unix -n 20 -u "$2" 2>/dev/null || echo '!'; } | head -c 16384)
	case $said in
	'!' | *"$nl!")
		rec "X${tab}journal of $1: not readable, or slow"
		journals=9 # one slow answer is enough for a sweep
		;;
	'')
		if [ "$uid" = 0 ]; then
			rec "W$tab$1$tab"
		else
			rec "X${tab}journal of $1: not readable by this login"
		fi
		;;
	*) rec "W$tab$1$tab$said" ;;
	esac
}

# units TEXT: records for the blocks of systemctl show, which an empty line parts.
# The lines of a block come in no certain order.
units() {
	text=$1
	while [ -n "$text" ]; do
		case $text in
		*"$nl$nl"*)
			block=${text%%"$nl$nl"*}
			text=${text#*"$nl$nl"}
			;;
		*)
			block=$text
			text=''
			;;
		esac
		unit='' state='' wd='' file='' last='' hook='' starts='' when=''
		set -f
		IFS=$nl
		set -- $block
		IFS=$ifs0
		set +f
		for line in "$@"; do
			case $line in
			Id=*) unit=${line#*=} ;;
			ActiveState=*) state=${line#*=} ;;
			WorkingDirectory=*) wd=${line#*=} ;;
			UnitFileState=*) file=${line#*=} ;;
			LastTriggerUSec=*) last=${line#*=} ;;
			Unit=*) starts=${line#*=} ;;
			TimersCalendar=*) [ -n "$when" ] || when=${line#*=} ;;
			Environment=*ACTIONS_RUNNER_HOOK_JOB_STARTED=*)
				# The rest of the environment may hold secrets and stays on the host.
				hook=${line#*ACTIONS_RUNNER_HOOK_JOB_STARTED=}
				hook=${hook%% *}
				;;
			esac
		done
		[ -n "$unit" ] || continue
		rec "U$tab$unit$tab$state$tab$file$tab$last$tab$wd"
		[ -z "$hook" ] || rec "V$tab$unit$tab$hook"
		case $unit in
		systemd-*) ;;
		*.timer)
			[ -z "$when" ] || rec "M$tab$unit$tab$when"
			journal "$unit" "${starts:-${unit%.timer}.service}"
			;;
		esac
		case $wd in /*) runner "$unit" "$wd" ;; esac
	done
}

# runner UNIT DIR
runner() {
	if [ -r "$2/.runner" ]; then
		rec "J$tab$1$tab$(head -c 4096 "$2/.runner" 2>/dev/null)"
	fi
	if [ -r "$2/.env" ]; then
		hook=$(grep -h -e '^ACTIONS_RUNNER_HOOK_JOB_STARTED=' "$2/.env" 2>/dev/null | head -n 1)
		[ -z "$hook" ] || rec "V$tab$1$tab${hook#*=}"
	fi
}

# caches: the newest statistics that jobs left here, each with its time. A cache
# server lives in the job's container, so asking one on the host would answer zeros.
# Jobs write here: a link may lead anywhere, and a pipe would hold the sweep.
caches() {
	[ -r /var/log/ci-metrics ] || return 0
	# shellcheck disable=SC2012 # newest first, which find cannot sort by
	found=$(ls -t /var/log/ci-metrics 2>/dev/null | head -n 100)
	set -f
	IFS=$nl
	set -- $found
	IFS=$ifs0
	set +f
	k=0
	for c in "$@"; do
		case $c in
		sccache-*.json) ;;
		*) continue ;;
		esac
		c=/var/log/ci-metrics/$c
		if [ -f "$c" ] && [ ! -L "$c" ]; then
			rec "C$tab$(stat -c %Y "$c" 2>/dev/null)$tab$(head -c 16384 "$c" 2>/dev/null)"
			k=$((k + 1))
			[ "$k" -lt 8 ] || return 0
		fi
	done
}

# ---- measuring

# left: sets left to the seconds that remain.
left() {
	left=$((began + budget - $(date +%s)))
	[ "$left" -gt 0 ]
}

# gentle: sets low to what runs a command at low priority and, where the tool is
# there, for at most $left seconds. GNU timeout leaves the process group, and so
# the reach of a cancelled call, unless told not to.
gentle() {
	low=''
	! nice -n 19 true 2>/dev/null || low='nice -n 19'
	! ionice -c 3 true 2>/dev/null || low="$low ionice -c 3"
	limit=''
	if timeout --foreground 1 true 2>/dev/null; then
		limit='timeout --foreground'
	elif timeout 1 true 2>/dev/null; then
		limit=timeout
	fi
}

# measure UID PATH: sets kib, files, foreign, newest, or why.
measure() {
	kib='' files='' foreign='' newest='' why=''
	if [ "$uid" != 0 ]; then
		u=$(find "$2" -xdev -type d 2>&1 >/dev/null | grep -F -e 'ermission denied' | head -n 1)
		[ -z "$u" ] || {
			why='some folders below are not readable by this login'
			return 0
		}
	fi
	run=$low
	[ -z "$limit" ] || run="$low $limit $left"
	if [ "$byawk" = y ]; then
		set -- "$1" "$2" "$(passes "$2" "$1")"
		set -f
		set -- $3
		set +f
		kib=$1 files=$2 foreign=$3 newest=$4
		case $5 in
		124 | 137 | 143) why='out of time' ;;
		esac
	else
		kib=$($run du -skx "$2" 2>/dev/null)
		case $? in 124 | 137 | 143) why='out of time' ;; esac
		kib=${kib%%"$tab"*}
		files=$($run find "$2" -xdev ! -type d -print0 2>/dev/null | tr -cd '\000' | wc -c)
		foreign=$($run find "$2" -xdev ! -user "$1" -print0 2>/dev/null | tr -cd '\000' | wc -c)
		newest=$($run find "$2" -xdev -exec stat -c %Y {} + 2>/dev/null | sort -rn | head -n 1)
		left || why='out of time'
	fi
	files=$(number ${files:-x} x) foreign=$(number ${foreign:-x} x) newest=$(number ${newest:-x} x) kib=$(number ${kib:-x} x)
	case $kib$files$foreign$newest in *x*) [ -n "$why" ] || why='it vanished or could not be walked' ;; esac
}

# passes PATH UID: all figures in one walk, then the walk's own exit status.
passes() {
	{
		if [ -n "$printf" ]; then
			$run find "$1" -xdev -printf '%D:%i %n %y %b %U %T@\n' 2>/dev/null
		else
			$run find "$1" -xdev -exec stat -c '%d:%i %h %f %b %u %Y' {} + 2>/dev/null
		fi
		echo "status $?"
	} | awk -v want="$2" '
		$1 == "status" { status = $2; next }
		{
			t = $6 + 0
			if (t < 0) t = 0
			if (t > newest) newest = t
			if ($5 != want) foreign++
			dir = ($3 == "d" || $3 ~ /^4/)
			if (!dir) {
				files++
				if ($2 > 1) { if ($1 in seen) next; seen[$1] = 1 }
			}
			blocks += $4
		}
		END { printf "%.0f %.0f %.0f %.0f %s\n", int((blocks + 1) / 2), files, foreign, int(newest), status }'
}

# deep ROOT-NUMBER UID ./PATH
deep() {
	if [ -L "$3" ] || [ ! -d "$3" ]; then
		rec "Z$tab$1${tab}gone$tab$3"
		return 0
	fi
	if ! left; then
		rec "Z$tab$1${tab}out of time$tab$3"
		return 0
	fi
	id=$(stat -c "%d$tab%i" "$3" 2>/dev/null)
	measure "$2" "$3"
	if [ -n "$why" ] || [ -z "$id" ]; then
		rec "Z$tab$1$tab${why:-gone}$tab$3"
		return 0
	fi
	rec "Y$tab$1$tab$id$tab$kib$tab$files$tab$foreign$tab$newest$tab$3"
	[ "$foreign" != 0 ] || return 0
	# Samples are shown, never acted on: a newline in one becomes a question mark.
	# They are sorted so that every find names the same three.
	found=$($run find "$3" -xdev ! -user "$2" -print0 2>/dev/null | tr '\t\n\000' '??\n' | sort -rn | head -n 3)
	IFS=$nl
	set -f
	set -- "$1" "$3" $found
	IFS=$ifs0
	set +f
	r=$1 d=$2
	shift 2
	for line in "$@"; do
		line=${line#"$d"}
		line=${line#/}
		rec "S$tab$r$tab${line:-.}$tab$d"
	done
}

# ---- the sweep

rec "andon-sweep${tab}1"
if [ "$1" != 1 ]; then
	rec "X${tab}asked in another version"
	printf 'E\t%s\t%s\0' "$n" "$(date +%s)"
	exit 0
fi
max=$2 budget=$3
shift 3
uid=$(id -u)
maxvisits=$((max * 10)) maxlinks=4000 maxls=8000
began=$(date +%s)
if ! stat -c %f / >/dev/null 2>&1; then
	rec "H${tab}unfit${tab}stat without -c: GNU or busybox tools are needed"
fi
facts
reals='' ri=0
while [ "$1" = R ]; do
	runp=$3 repop=$4 repos=$5
	eval "root$ri=\$2"
	list "$2"
	ri=$((ri + 1))
	shift 5
done
cd /
writers
services
caches
if [ "$1" = D ]; then
	began=$(date +%s)
	gentle
	byawk='' printf=''
	[ "$(echo 1 | awk '{ printf "%.0f", $1 }' 2>/dev/null)" != 1 ] || byawk=y
	! find / -maxdepth 0 -printf '' 2>/dev/null || printf=y
	while [ "$1" = D ]; do
		case $2 in
		'' | *[!0-9]*) ;;
		*)
			eval "cd \"\$root$2\"" 2>/dev/null && deep "$2" "$3" "./$4"
			cd /
			;;
		esac
		shift 4
	done
fi
printf 'E\t%s\t%s\0' "$n" "$(date +%s)"
