/*-------------------------------------------------------------------------
 *
 * system.c
 *		The machine that the server runs on, as far as this process may use it.
 *
 * Linux tells in files.  A control group may limit what its descendants use,
 * so limits are looked for in the group of this process and in all above it,
 * as far as they can be seen from inside a container.  Both versions of control
 * groups name the group of a process in /proc/self/cgroup; version 2 has a line
 * "0::path", version 1 one for each controller, "number:controllers:path".
 *
 * Files are opened without the server's bookkeeping, which may raise errors.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <fcntl.h>
#include <unistd.h>
#ifdef __linux__
#include <sched.h>
#endif
#ifndef WIN32
#include <sys/statvfs.h>
#endif

#include "health/system.h"
#include "miscadmin.h"
#include "storage/fd.h"

#define ADV_CGROUP_ROOT "/sys/fs/cgroup"

/* What the files of a controller are called in one version of control groups. */
typedef struct AdvCgroupFiles
{
	const char *controller;		/* NULL in version 2, which has one hierarchy */
	const char *root;			/* where it is mounted */
	const char *limit;
	const char *usage;
	const char *cache_name;		/* in memory.stat: cache that is easily given up */
} AdvCgroupFiles;

static const AdvCgroupFiles memory_v2 = {
	NULL, ADV_CGROUP_ROOT, "memory.max", "memory.current", "inactive_file"
};
static const AdvCgroupFiles memory_v1 = {
	"memory", ADV_CGROUP_ROOT "/memory", "memory.limit_in_bytes",
	"memory.usage_in_bytes", "total_inactive_file"
};
static const AdvCgroupFiles cpu_v2 = {NULL, ADV_CGROUP_ROOT};
static const AdvCgroupFiles cpu_v1 = {"cpu", ADV_CGROUP_ROOT "/cpu"};

/* ---------------------------------------------------------------------
 * Files
 * ---------------------------------------------------------------------
 */

/* Read the beginning of a small file into text; false if there is none. */
static bool
read_file(const char *path, char *text, size_t size)
{
	int			fd = BasicOpenFile(path, O_RDONLY | PG_BINARY);
	size_t		len = 0;
	ssize_t		n;

	if (fd < 0)
		return false;
	while (len < size - 1 && (n = read(fd, text + len, size - 1 - len)) > 0)
		len += n;
	close(fd);
	text[len] = '\0';
	return len > 0;
}

/* The number at the beginning of a text, or unknown if it says "max" or the like. */
static int64
number_at(const char *text)
{
	char	   *end;
	int64		number;

	errno = 0;
	number = strtoll(text, &end, 10);
	return end == text || errno != 0 ? ADV_SYSTEM_UNKNOWN : number;
}

/* The number behind a name that begins a line, as in "name: 12 kB". */
static int64
number_of(const char *text, const char *name)
{
	size_t		len = strlen(name);

	for (const char *line = text; line != NULL && *line != '\0';)
	{
		if (strncmp(line, name, len) == 0 && strchr(": \t", line[len]) != NULL &&
			line[len] != '\0')
			return number_at(line + len + 1);
		line = strchr(line, '\n');
		if (line)
			line++;
	}
	return ADV_SYSTEM_UNKNOWN;
}

static int64
number_in(const char *directory, const char *file)
{
	char		path[MAXPGPATH];
	char		text[64];

	snprintf(path, sizeof(path), "%s/%s", directory, file);
	return read_file(path, text, sizeof(text)) ? number_at(text) : ADV_SYSTEM_UNKNOWN;
}

/* The lesser of two of which either may be unknown. */
static int64
lesser(int64 a, int64 b)
{
	if (a < 0 || b < 0)
		return Max(a, b);
	return Min(a, b);
}

/* ---------------------------------------------------------------------
 * Control groups
 * ---------------------------------------------------------------------
 */

/* Is name one of a list that is separated by commas, of len bytes? */
static bool
is_listed(const char *name, const char *list, size_t len)
{
	size_t		name_len = strlen(name);
	const char *end = list + len;

	for (const char *item = list; item < end;)
	{
		const char *item_end = memchr(item, ',', end - item);

		if (item_end == NULL)
			item_end = end;
		if (item_end - item == name_len && memcmp(item, name, name_len) == 0)
			return true;
		item = item_end + 1;
	}
	return false;
}

/* Does a line of /proc/self/cgroup tell the group of a controller?  Then its path. */
static const char *
group_in_line(const char *line, const char *controller)
{
	const char *list = strchr(line, ':');
	const char *path = list ? strchr(list + 1, ':') : NULL;

	if (path == NULL)
		return NULL;
	list++;
	if (controller == NULL ? (path != list || strncmp(line, "0:", 2) != 0)
		: !is_listed(controller, list, path - list))
		return NULL;
	return path + 1;
}

/* Directory of the group of this process in a hierarchy; false if it has none. */
static bool
find_group(const AdvCgroupFiles *files, char *directory, size_t size)
{
	char		text[8192];
	char	   *state;

	if (!read_file("/proc/self/cgroup", text, sizeof(text)))
		return false;
	for (char *line = strtok_r(text, "\n", &state); line; line = strtok_r(NULL, "\n", &state))
	{
		const char *path = group_in_line(line, files->controller);

		if (path != NULL)
		{
			snprintf(directory, size, "%s%s", files->root, strcmp(path, "/") == 0 ? "" : path);
			return true;
		}
	}
	return false;
}

/* Make it the directory above, as long as that is still below root. */
static bool
go_up(const char *root, char *directory)
{
	char	   *slash = strrchr(directory, '/');

	if (strlen(directory) <= strlen(root) || slash == NULL)
		return false;
	*slash = '\0';
	return true;
}

/*
 * The lowest limit of memory in a hierarchy, and what is still free of it,
 * counting cache that has not been used lately as free.
 */
static void
read_memory_limit(const AdvCgroupFiles *files, int64 *limit, int64 *available)
{
	char		directory[MAXPGPATH];
	char		path[MAXPGPATH + 16];
	char		stat[8192];

	if (!find_group(files, directory, sizeof(directory)))
		return;
	do
	{
		int64		here = number_in(directory, files->limit);
		int64		usage = number_in(directory, files->usage);
		int64		cache = 0;

		if (here < 0)
			continue;
		*limit = lesser(*limit, here);
		snprintf(path, sizeof(path), "%s/memory.stat", directory);
		if (read_file(path, stat, sizeof(stat)))
			cache = Max(number_of(stat, files->cache_name), 0);
		if (usage >= 0)
			*available = lesser(*available, Max(here - Max(usage - cache, 0), 0));
	} while (go_up(files->root, directory));
}

/* What a group may use of processors, in thousandths; unknown if there is no quota. */
static int64
read_quota(const AdvCgroupFiles *files, const char *directory)
{
	char		path[MAXPGPATH];
	char		text[64];
	int64		quota;
	int64		period;

	if (files->controller != NULL)
	{
		quota = number_in(directory, "cpu.cfs_quota_us");
		period = number_in(directory, "cpu.cfs_period_us");
	}
	else
	{
		snprintf(path, sizeof(path), "%s/cpu.max", directory);
		if (!read_file(path, text, sizeof(text)))
			return ADV_SYSTEM_UNKNOWN;
		quota = number_at(text);
		period = strchr(text, ' ') ? number_at(strchr(text, ' ') + 1) : 100000;
	}
	if (quota <= 0 || period <= 0)
		return ADV_SYSTEM_UNKNOWN;
	return (int64) (1000.0 * quota / period);
}

/* The lowest quota in a hierarchy, as a number of processors. */
static int64
read_cpu_limit(const AdvCgroupFiles *files)
{
	char		directory[MAXPGPATH];
	int64		quota = ADV_SYSTEM_UNKNOWN;

	if (!find_group(files, directory, sizeof(directory)))
		return ADV_SYSTEM_UNKNOWN;
	do
		quota = lesser(quota, read_quota(files, directory));
	while (go_up(files->root, directory));
	return quota < 0 ? ADV_SYSTEM_UNKNOWN : Max((quota + 999) / 1000, 1);
}

/* ---------------------------------------------------------------------
 * Parts
 * ---------------------------------------------------------------------
 */

static void
read_memory(AdvSystem *system)
{
	char		text[4096];
	int64		in_limit = ADV_SYSTEM_UNKNOWN;

	if (read_file("/proc/meminfo", text, sizeof(text)))
	{
		int64		total = number_of(text, "MemTotal");
		int64		available = number_of(text, "MemAvailable");

		if (total > 0)
			system->memory_total = total * 1024;
		if (available >= 0)
			system->memory_available = available * 1024;
	}
	read_memory_limit(&memory_v2, &system->memory_limit, &in_limit);
	read_memory_limit(&memory_v1, &system->memory_limit, &in_limit);

	/* version 1 says "no limit" by a very large one */
	if (system->memory_total > 0 && system->memory_limit >= system->memory_total)
		system->memory_limit = ADV_SYSTEM_UNKNOWN;
	system->memory_available = lesser(system->memory_available, in_limit);
}

/* Processors that the scheduler may put this process on. */
static int64
count_allowed_cpus(void)
{
#ifdef __linux__
	cpu_set_t	allowed;

	if (sched_getaffinity(0, sizeof(allowed), &allowed) == 0)
		return CPU_COUNT(&allowed);
#endif
#ifdef _SC_NPROCESSORS_ONLN
	/* also of a machine with more processors than a cpu_set_t has room for */
	return sysconf(_SC_NPROCESSORS_ONLN);
#else
	return ADV_SYSTEM_UNKNOWN;
#endif
}

static void
read_cpus(AdvSystem *system)
{
	system->cpus = count_allowed_cpus();
	system->cpus = lesser(system->cpus, read_cpu_limit(&cpu_v2));
	system->cpus = lesser(system->cpus, read_cpu_limit(&cpu_v1));
}

/* Size of the file system that a path leads to, and what is free there. */
static void
read_disk(const char *path, int64 *size, int64 *free_size)
{
#ifndef WIN32
	struct statvfs disk;

	if (statvfs(path, &disk) != 0 || disk.f_blocks == 0)
		return;
	*size = (int64) disk.f_blocks * (int64) disk.f_frsize;
	*free_size = (int64) disk.f_bavail * (int64) disk.f_frsize;
#endif
}

void
adv_system_read(AdvSystem *system)
{
	char		wal[MAXPGPATH];

	system->memory_total = system->memory_limit = system->memory_available =
		system->cpus = system->data_disk_size = system->data_disk_free =
		system->wal_disk_size = system->wal_disk_free = ADV_SYSTEM_UNKNOWN;

	read_memory(system);
	read_cpus(system);
	read_disk(DataDir, &system->data_disk_size, &system->data_disk_free);
	snprintf(wal, sizeof(wal), "%s/pg_wal", DataDir);
	read_disk(wal, &system->wal_disk_size, &system->wal_disk_free);
}
