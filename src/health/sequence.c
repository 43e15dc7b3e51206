/*-------------------------------------------------------------------------
 *
 * sequence.c
 *		How far the sequences of this database have got.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/relation.h"
#include "access/table.h"
#include "access/xlog.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "commands/sequence.h"
#include "common/access.h"
#include "common/compat.h"
#include "health/sequence.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/rel.h"

/* In the special space of a sequence's page; the server's sequence.c has it, too. */
#define SEQUENCE_MAGIC 0x1717

/*
 * Sequences as pg_class has them, with no lock on any.  Gathering them first
 * keeps the scan of the catalog apart from locking what is in it.
 */
static List *
list_sequences(bool reads_all_stats)
{
	Relation	catalog = table_open(RelationRelationId, AccessShareLock);
	SysScanDesc scan = systable_beginscan(catalog, InvalidOid, false, NULL, 0, NULL);
	List	   *sequences = NIL;
	HeapTuple	tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_class form = (Form_pg_class) GETSTRUCT(tuple);
		AdvSequence *sequence;

		if (form->relkind != RELKIND_SEQUENCE || isOtherTempNamespace(form->relnamespace))
			continue;
		sequence = palloc0(sizeof(AdvSequence));
		sequence->seqid = form->oid;
		sequence->visible = reads_all_stats ||
			pg_class_aclmask(form->oid, GetUserId(), ACL_SELECT | ACL_USAGE, ACLMASK_ANY) != 0;
		sequences = lappend(sequences, sequence);
	}
	systable_endscan(scan);
	table_close(catalog, AccessShareLock);
	return sequences;
}

/* Does the page look like that of a sequence?  Its only row is the first item then. */
static bool
is_sequence_page(Page page)
{
	return !PageIsNew(page) &&
		PageGetSpecialSize(page) >= sizeof(uint32) &&
		*(uint32 *) PageGetSpecialPointer(page) == SEQUENCE_MAGIC &&
		PageGetMaxOffsetNumber(page) >= FirstOffsetNumber &&
		ItemIdIsNormal(PageGetItemId(page, FirstOffsetNumber));
}

/*
 * Our lock does not keep ALTER SEQUENCE from giving the sequence a new file, and
 * the old one, emptied, may be what we have open: hence the look at its size.
 */
static void
read_row(Relation rel, AdvSequence *sequence, BufferAccessStrategy strategy)
{
	Buffer		buffer;
	Page		page;

	if (RelationGetNumberOfBlocks(rel) == 0)
		return;
	buffer = ReadBufferExtended(rel, MAIN_FORKNUM, 0, RBM_NORMAL, strategy);
	LockBuffer(buffer, BUFFER_LOCK_SHARE);
	page = BufferGetPage(buffer);
	if (is_sequence_page(page))
	{
		HeapTupleHeader row = (HeapTupleHeader) PageGetItem(page, PageGetItemId(page, FirstOffsetNumber));
		Form_pg_sequence_data data = (Form_pg_sequence_data) ((char *) row + row->t_hoff);

		sequence->last_value = data->last_value;
		sequence->is_called = data->is_called;
		sequence->known = true;
	}
	UnlockReleaseBuffer(buffer);
}

/* Other sessions' temporary ones are in their memory; unlogged ones are not on a standby. */
static bool
has_contents(Relation rel)
{
	return rel->rd_rel->relkind == RELKIND_SEQUENCE &&
		!RELATION_IS_OTHER_TEMP(rel) &&
		(RelationIsPermanent(rel) || !RecoveryInProgress());
}

/* Read a sequence if it can be locked at once; false if there is none any more. */
static bool
read_sequence(AdvSequence *sequence, BufferAccessStrategy strategy)
{
	Relation	rel;

	if (!ConditionalLockRelationOid(sequence->seqid, AccessShareLock))
		return true;
	rel = try_relation_open(sequence->seqid, NoLock);
	if (rel)
	{
		if (has_contents(rel))
			read_row(rel, sequence, strategy);
		relation_close(rel, NoLock);
	}
	UnlockRelationOid(sequence->seqid, AccessShareLock);
	return rel != NULL;
}

List *
adv_sequences_read(void)
{
	List	   *sequences = list_sequences(adv_reads_all_stats());
	/* a page of each of thousands must not push everybody's out of memory */
	BufferAccessStrategy strategy = GetAccessStrategy(BAS_BULKREAD);
	ListCell   *lc;

	foreach(lc, sequences)
	{
		AdvSequence *sequence = lfirst(lc);

		CHECK_FOR_INTERRUPTS();
		if (sequence->visible && !read_sequence(sequence, strategy))
			sequences = foreach_delete_current(sequences, lc);
	}
	FreeAccessStrategy(strategy);
	return sequences;
}
