/*-------------------------------------------------------------------------
 *
 * persist.c
 *		Keeping captured statements over a clean restart.
 *
 * The file holds a header, the entries, and a checksum over both.  It exists
 * only while the server is down: it is removed as soon as it is loaded, so a
 * crash starts empty, a base backup has none of it, and a file is never loaded
 * twice.  It is written under another name and then renamed, so there is no
 * half of one either.
 *
 * An entry is its key, its counters, the number of its histogram's buckets
 * that count anything, and each of them with its count.  After the entries
 * come the texts: key, length, encoding and bytes; then the documents, each with
 * its header; and the totals of indexes.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <unistd.h>

#include "capture/document.h"
#include "capture/indexuse.h"
#include "capture/persist.h"
#include "capture/snapshot.h"
#include "catalog/pg_control.h"
#include "common/compat.h"
#include "common/controldata_utils.h"
#include "common/guc.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "port/pg_crc32c.h"
#include "storage/fd.h"
#include "storage/ipc.h"
#include "utils/timestamp.h"

#define ADV_FILE		PGSTAT_STAT_PERMANENT_DIRECTORY "/advisor.stat"
#define ADV_FILE_TMP	ADV_FILE ".tmp"
#define ADV_FILE_MAGIC	0x41445653	/* ADVS */
#define ADV_FILE_FORMAT 2		/* raise with any change of what is below */

typedef struct FileHeader
{
	uint32		magic;
	uint32		format;
	uint32		pg_major;		/* query and plan ids change with it */
	uint32		entry_size;		/* changes with the counters */
	int64		nentries;
	int64		ntexts;
	int64		ndocuments;
	int64		nindexes;
	TimestampTz since;
	AdvLosses	losses;
} FileHeader;

typedef struct FileBucket
{
	int64		bucket;
	int64		count;
} FileBucket;

/* A file being written or read, with the checksum so far. */
typedef struct CheckedFile
{
	FILE	   *file;
	pg_crc32c	crc;
	bool		failed;			/* sticky; errno tells why if it did */
} CheckedFile;

static void
put(CheckedFile *out, const void *data, size_t size)
{
	COMP_CRC32C(out->crc, data, size);
	if (!out->failed && fwrite(data, size, 1, out->file) != 1)
		out->failed = true;
}

static bool
get(CheckedFile *in, void *data, size_t size)
{
	if (!in->failed && fread(data, size, 1, in->file) != 1)
		in->failed = true;
	return !in->failed;
}

/* ---------------------------------------------------------------------
 * Saving
 * ---------------------------------------------------------------------
 */

static void
put_entry(CheckedFile *out, const AdvEntryCopy *entry)
{
	int64		nbuckets = 0;

	for (int i = 0; i < ADV_HIST_BUCKETS; i++)
	{
		if (entry->hist[i] != 0)
			nbuckets++;
	}
	put(out, &entry->key, sizeof(entry->key));
	put(out, &entry->counters, sizeof(entry->counters));
	put(out, &nbuckets, sizeof(nbuckets));
	for (int i = 0; i < ADV_HIST_BUCKETS; i++)
	{
		FileBucket	bucket = {i, entry->hist[i]};

		if (entry->hist[i] != 0)
			put(out, &bucket, sizeof(bucket));
	}
}

/*
 * Copies of the documents of a partition, their bytes in *size.  They come in
 * an order in which they can be put back: a plan before what was measured in it.
 */
static char *
read_documents(int partition, Size *size)
{
	char	   *buffer;

	*size = adv_documents_copy(partition, ADV_ALL_DOCUMENTS, NULL, 0);
	buffer = palloc_extended(*size + 1, MCXT_ALLOC_HUGE);
	(void) adv_documents_copy(partition, ADV_ALL_DOCUMENTS, buffer, *size);
	return buffer;
}

static int64
count_documents(int partition)
{
	Size		size;
	char	   *documents = read_documents(partition, &size);
	int64		n = 0;

	for (Size at = 0; at < size; n++)
		at += ADV_DOCUMENT_SIZE(((const AdvDocument *) (documents + at))->len);
	pfree(documents);
	return n;
}

static void
put_documents(CheckedFile *out, int partition)
{
	Size		size;
	char	   *documents = read_documents(partition, &size);

	for (Size at = 0; at < size;)
	{
		const AdvDocument *document = (const AdvDocument *) (documents + at);

		put(out, document, sizeof(AdvDocument) + document->len);
		at += ADV_DOCUMENT_SIZE(document->len);
	}
	pfree(documents);
}

static void
put_everything(CheckedFile *out)
{
	AdvSnapshot *snapshot = adv_snapshot_begin();
	FileHeader	header = {
		.magic = ADV_FILE_MAGIC,
		.format = ADV_FILE_FORMAT,
		.pg_major = ADV_PG_MAJOR,
		.entry_size = sizeof(AdvKey) + sizeof(AdvCounters),
		.since = adv_store_since()
	};
	AdvEntryCopy **entries;
	AdvTextCopy **texts;
	AdvIndexTotal *indexes;

	/* no backend is left: what is counted now will be there in a moment */
	for (int i = 0; i < adv_store_partitions(); i++)
	{
		header.nentries += adv_snapshot_read(snapshot, i, &entries);
		header.ntexts += adv_snapshot_read_texts(snapshot, i, &texts);
		header.ndocuments += count_documents(i);
	}
	header.nindexes = adv_indexuse_read(&indexes);
	header.losses = *adv_snapshot_losses(snapshot);
	put(out, &header, sizeof(header));

	for (int i = 0; i < adv_store_partitions(); i++)
	{
		int			n = adv_snapshot_read(snapshot, i, &entries);

		for (int j = 0; j < n; j++)
			put_entry(out, entries[j]);
	}
	for (int i = 0; i < adv_store_partitions(); i++)
	{
		int			n = adv_snapshot_read_texts(snapshot, i, &texts);

		for (int j = 0; j < n; j++)
			put(out, texts[j], offsetof(AdvTextCopy, text) + texts[j]->len);
	}
	for (int i = 0; i < adv_store_partitions(); i++)
		put_documents(out, i);
	if (header.nindexes > 0)
		put(out, indexes, header.nindexes * sizeof(AdvIndexTotal));
}

/*
 * Has the server been shut down cleanly?  The postmaster's exit code does not
 * tell: an immediate shutdown ends with 0, too, and backends killed by it may
 * have left locks taken and entries half written.
 */
static bool
is_shut_down(void)
{
	bool		crc_ok;
	ControlFileData *control = get_controlfile(DataDir, &crc_ok);
	bool		shut_down = crc_ok &&
		(control->state == DB_SHUTDOWNED ||
		 control->state == DB_SHUTDOWNED_IN_RECOVERY);

	pfree(control);
	return shut_down;
}

/* on_shmem_exit callback of the postmaster. */
static void
save(int code, Datum arg)
{
	CheckedFile out = {0};
	pg_crc32c	crc;

	if (code != 0 || !adv_save || !is_shut_down())
		return;

	INIT_CRC32C(out.crc);
	out.file = AllocateFile(ADV_FILE_TMP, PG_BINARY_W);
	if (out.file == NULL)
		goto failed;

	put_everything(&out);
	crc = out.crc;
	FIN_CRC32C(crc);
	put(&out, &crc, sizeof(crc));
	if (out.failed)
		goto failed;
	if (FreeFile(out.file) != 0)
	{
		out.file = NULL;
		goto failed;
	}
	(void) durable_rename(ADV_FILE_TMP, ADV_FILE, LOG);
	return;

failed:
	ereport(LOG,
			(errcode_for_file_access(),
			 errmsg("could not write file \"%s\": %m", ADV_FILE_TMP)));
	if (out.file != NULL)
		FreeFile(out.file);
	unlink(ADV_FILE_TMP);
}

/* ---------------------------------------------------------------------
 * Loading
 * ---------------------------------------------------------------------
 */

/*
 * Is the checksum at the end of the file right?  Leaves the file at its
 * beginning.
 */
static bool
verify_checksum(FILE *file)
{
	pg_crc32c	crc;
	pg_crc32c	stored;
	char		buffer[8192];
	long		left;

	if (fseek(file, 0, SEEK_END) != 0 ||
		(left = ftell(file)) < (long) (sizeof(FileHeader) + sizeof(crc)))
		return false;
	rewind(file);

	INIT_CRC32C(crc);
	left -= sizeof(crc);
	while (left > 0)
	{
		size_t		size = Min(left, (long) sizeof(buffer));

		if (fread(buffer, size, 1, file) != 1)
			return false;
		COMP_CRC32C(crc, buffer, size);
		left -= size;
	}
	FIN_CRC32C(crc);
	if (fread(&stored, sizeof(stored), 1, file) != 1 || !EQ_CRC32C(crc, stored))
		return false;
	rewind(file);
	return true;
}

/* Read an entry and add it to the store; false if it makes no sense. */
static bool
load_entry(CheckedFile *in)
{
	AdvKey		key;
	AdvCounters counters;
	int64		hist[ADV_HIST_BUCKETS] = {0};
	int64		nbuckets;

	if (!get(in, &key, sizeof(key)) ||
		!get(in, &counters, sizeof(counters)) ||
		!get(in, &nbuckets, sizeof(nbuckets)) ||
		key.queryid == 0)
		return false;

	for (int64 i = 0; i < nbuckets; i++)
	{
		FileBucket	bucket;

		if (!get(in, &bucket, sizeof(bucket)) ||
			bucket.bucket < 0 || bucket.bucket >= ADV_HIST_BUCKETS)
			return false;
		hist[bucket.bucket] += bucket.count;
	}
	adv_store_merge(&key, adv_key_hash(&key), &counters, hist);
	return true;
}

/* The same with a text. */
static bool
load_text(CheckedFile *in)
{
	AdvTextCopy text;

	if (!get(in, &text, offsetof(AdvTextCopy, text)) ||
		text.key.queryid == 0 || text.len <= 0 || text.len > ADV_TEXT_MAX ||
		!PG_VALID_ENCODING(text.encoding) || !get(in, text.text, text.len))
		return false;

	adv_store_set_text(&text.key, text.text, text.len, text.encoding);
	return true;
}

/* The same with a document. */
static bool
load_document(CheckedFile *in)
{
	AdvDocument document;
	char	   *data;
	bool		loaded;

	if (!get(in, &document, sizeof(document)) || document.key.queryid == 0 ||
		document.kind < 0 || document.kind > ADV_DOCUMENT_WAITS ||
		document.len <= 0 || document.len >= MaxAllocSize ||
		(document.kind == ADV_DOCUMENT_WAITS && document.len != sizeof(int64)))
		return false;

	data = palloc(document.len);
	loaded = get(in, data, document.len);
	if (loaded)
		adv_documents_put(&document, data);
	pfree(data);
	return loaded;
}

/* The same with what is known of an index. */
static bool
load_index(CheckedFile *in)
{
	AdvIndexTotal total;

	if (!get(in, &total, sizeof(total)) || !OidIsValid(total.indexid))
		return false;
	adv_indexuse_restore(&total);
	return true;
}

/* Returns NULL, or what is wrong with the file. */
static const char *
load_everything(FILE *file)
{
	CheckedFile in = {.file = file};
	FileHeader	header;

	if (!verify_checksum(file) || !get(&in, &header, sizeof(header)) ||
		header.magic != ADV_FILE_MAGIC)
		return "It is truncated or corrupt.";
	if (header.format != ADV_FILE_FORMAT ||
		header.pg_major != ADV_PG_MAJOR ||
		header.entry_size != sizeof(AdvKey) + sizeof(AdvCounters))
		return "It was written by another version.";

	adv_store_set_since(header.since);
	adv_store_set_losses(0, &header.losses);
	for (int64 i = 0; i < header.nentries; i++)
	{
		if (!load_entry(&in))
			return "It is truncated or corrupt.";
	}
	for (int64 i = 0; i < header.ntexts; i++)
	{
		if (!load_text(&in))
			return "It is truncated or corrupt.";
	}
	for (int64 i = 0; i < header.ndocuments; i++)
	{
		if (!load_document(&in))
			return "It is truncated or corrupt.";
	}
	for (int64 i = 0; i < header.nindexes; i++)
	{
		if (!load_index(&in))
			return "It is truncated or corrupt.";
	}
	return NULL;
}

static void
load(void)
{
	FILE	   *file = AllocateFile(ADV_FILE, PG_BINARY_R);
	const char *problem;

	if (file == NULL)
	{
		if (errno != ENOENT)
			ereport(WARNING,
					(errcode_for_file_access(),
					 errmsg("could not read file \"%s\": %m", ADV_FILE)));
		return;
	}

	problem = load_everything(file);
	FreeFile(file);
	if (problem == NULL)
		return;

	/* half of it may have got in */
	for (int i = 0; i < adv_store_partitions(); i++)
		adv_store_forget(i, InvalidOid, InvalidOid, 0, true);
	adv_indexuse_forget();
	adv_store_set_since(GetCurrentTimestamp());
	ereport(WARNING,
			(errcode(ERRCODE_DATA_CORRUPTED),
			 errmsg("ignoring statistics in file \"%s\"", ADV_FILE),
			 errdetail_internal("%s", problem)));
}

void
adv_persist_start(void)
{
	on_shmem_exit(save, (Datum) 0);
	if (adv_save)
		load();

	/* whatever was in it, it must not be there when the server runs */
	unlink(ADV_FILE);
	unlink(ADV_FILE_TMP);
}
