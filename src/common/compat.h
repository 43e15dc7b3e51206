/*-------------------------------------------------------------------------
 *
 * compat.h
 *		What differs between PostgreSQL 15, 16, 17 and 18, in one place.
 *
 * Each entry takes the form of the newest version and translates downwards.
 * No other file asks for PG_VERSION_NUM.  An entry goes when its version does.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_COMMON_COMPAT_H
#define ADV_COMMON_COMPAT_H

#include "access/stratnum.h"
#include "access/tableam.h"
#include "catalog/pg_attribute.h"
#include "commands/explain.h"
#if PG_VERSION_NUM >= 180000
#include "commands/explain_format.h"
#include "commands/explain_state.h"
#endif
#include "commands/vacuum.h"
#include "executor/executor.h"
#include "executor/instrument.h"
#include "fmgr.h"
#include "nodes/parsenodes.h"
#include "nodes/pathnodes.h"
#include "nodes/plannodes.h"
#include "optimizer/paths.h"
#include "parser/parse_node.h"
#include "parser/parse_relation.h"
#include "pgstat.h"
#include "portability/instr_time.h"
#include "storage/proc.h"
#include "tcop/dest.h"
#include "tcop/pquery.h"
#include "utils/acl.h"
#include "utils/fmgroids.h"

#if PG_VERSION_NUM < 150000 || PG_VERSION_NUM >= 190000
#error "advisor supports PostgreSQL 15 to 18"
#endif

/* Query ids, plan ids and files are those of one major version. */
#define ADV_PG_MAJOR (PG_VERSION_NUM / 10000)

/* 16 hides what a library does not mark, and declares _PG_init in fmgr.h. */
#if PG_VERSION_NUM < 160000
#ifndef WIN32
#undef PGDLLEXPORT
#define PGDLLEXPORT __attribute__((visibility("default")))
#endif
extern PGDLLEXPORT void _PG_init(void);
#endif

/* 16 exports the functions that it is told of. */
#define ADV_FUNCTION_INFO_V1(function) \
	extern PGDLLEXPORT Datum function(PG_FUNCTION_ARGS); \
	PG_FUNCTION_INFO_V1(function)

/* 16 moved the query jumbling from utils to nodes. */
#if PG_VERSION_NUM >= 160000
#include "nodes/queryjumble.h"
#else
#include "utils/queryjumble.h"
#endif

/*
 * Does the server look for referencing rows, by equality?  18 has foreign keys
 * that are not enforced, and temporal ones.
 */
#if PG_VERSION_NUM >= 180000
#define ADV_FOREIGN_KEY_BY_EQUALITY(form) ((form)->conenforced && !(form)->conperiod)
#else
#define ADV_FOREIGN_KEY_BY_EQUALITY(form) true
#endif

/* 17 has a global for the number of this backend's PGPROC. */
#if PG_VERSION_NUM >= 170000
#define ADV_MY_PROCNO() ((int) MyProcNumber)
#else
#define ADV_MY_PROCNO() (MyProc->pgprocno)
#endif

/*
 * Where the status of the process of a PGPROC is in the array of all; negative
 * if there is none.  17 numbers both alike.
 */
#if PG_VERSION_NUM >= 170000
#define ADV_STATUS_INDEX(procno) (procno)
#else
#define ADV_STATUS_INDEX(procno) (ProcGlobal->allProcs[procno].backendId - 1)
#endif

/* 18 tells the library's name and version to pg_get_loaded_modules(). */
#ifdef PG_MODULE_MAGIC_EXT
#define ADV_MODULE_MAGIC(modname, modversion) \
	PG_MODULE_MAGIC_EXT(.name = modname, .version = modversion)
#else
#define ADV_MODULE_MAGIC(modname, modversion) PG_MODULE_MAGIC
#endif

/* 18 dropped the execute_once argument of ExecutorRun. */
#if PG_VERSION_NUM >= 180000
#define ADV_EXECUTOR_RUN_ARGS \
	QueryDesc *queryDesc, ScanDirection direction, uint64 count
#define ADV_EXECUTOR_RUN_PASS queryDesc, direction, count
#else
#define ADV_EXECUTOR_RUN_ARGS \
	QueryDesc *queryDesc, ScanDirection direction, uint64 count, \
	bool execute_once
#define ADV_EXECUTOR_RUN_PASS queryDesc, direction, count, execute_once
#endif

/*
 * 18 carries a plan identifier in the PlannedStmt, for any extension to set;
 * before, there is none to get, and setting it does nothing.
 */
#define ADV_PLAN_ID_TRAVELS (PG_VERSION_NUM >= 180000)

static inline uint64
adv_planned_stmt_get_plan_id(const PlannedStmt *stmt)
{
#if ADV_PLAN_ID_TRAVELS
	return (uint64) stmt->planId;
#else
	return 0;
#endif
}

static inline void
adv_planned_stmt_set_plan_id(PlannedStmt *stmt, uint64 planid)
{
#if ADV_PLAN_ID_TRAVELS
	stmt->planId = (int64) planid;
#endif
}

/* 16 counts instr_time in nanoseconds; before, it was a timespec. */
static inline int64
adv_instr_time_ns(instr_time t)
{
#if PG_VERSION_NUM >= 160000
	return INSTR_TIME_GET_NANOSEC(t);
#elif !defined(WIN32)
	return (int64) t.tv_sec * INT64CONST(1000000000) + t.tv_nsec;
#else
	return (int64) (INSTR_TIME_GET_DOUBLE(t) * 1e9);
#endif
}

/* Monotonic clock, in nanoseconds. */
static inline int64
adv_clock_ns(void)
{
	instr_time	now;

	INSTR_TIME_SET_CURRENT(now);
	return adv_instr_time_ns(now);
}

/*
 * Time spent reading (writing) blocks of relations since the backend started,
 * in nanoseconds.  17 counts local relations apart from shared ones.
 */
static inline int64
adv_block_read_ns(const BufferUsage *usage)
{
#if PG_VERSION_NUM >= 170000
	return adv_instr_time_ns(usage->shared_blk_read_time) +
		adv_instr_time_ns(usage->local_blk_read_time);
#else
	return adv_instr_time_ns(usage->blk_read_time);
#endif
}

static inline int64
adv_block_write_ns(const BufferUsage *usage)
{
#if PG_VERSION_NUM >= 170000
	return adv_instr_time_ns(usage->shared_blk_write_time) +
		adv_instr_time_ns(usage->local_blk_write_time);
#else
	return adv_instr_time_ns(usage->blk_write_time);
#endif
}

/* 16 renamed the counters that a backend keeps of a relation. */
#if PG_VERSION_NUM >= 160000
#define ADV_RELATION_COUNT(info, name) ((info)->counts.name)
#else
#define ADV_RELATION_COUNT(info, name) ((info)->t_counts.t_##name)
#endif

/* Tuples returned by scans of a relation, and fetched from it by index scans. */
static inline int64
adv_tuples_returned(const PgStat_TableStatus *info)
{
	return ADV_RELATION_COUNT(info, tuples_returned);
}

static inline int64
adv_tuples_fetched(const PgStat_TableStatus *info)
{
	return ADV_RELATION_COUNT(info, tuples_fetched);
}

/* 18 moved the pages of a bitmap heap scan into a struct for workers. */
#if PG_VERSION_NUM >= 180000
#define ADV_EXACT_PAGES(state) ((int64) (state)->stats.exact_pages)
#define ADV_LOSSY_PAGES(state) ((int64) (state)->stats.lossy_pages)
#else
#define ADV_EXACT_PAGES(state) ((int64) (state)->exact_pages)
#define ADV_LOSSY_PAGES(state) ((int64) (state)->lossy_pages)
#endif

/* 17 has the transaction's local number in a struct. */
#if PG_VERSION_NUM >= 170000
#define ADV_MY_LXID() (MyProc->vxid.lxid)
#else
#define ADV_MY_LXID() (MyProc->lxid)
#endif

/* Database of the process that has a PGPROC. */
static inline Oid
adv_proc_database(int procno)
{
	return ProcGlobal->allProcs[procno].databaseId;
}

/* 17 has two functions random(). */
#ifdef F_RANDOM_
#define ADV_F_RANDOM F_RANDOM_
#else
#define ADV_F_RANDOM F_RANDOM
#endif

/* 18 keeps the run-time pruning of an Append elsewhere, and here its number. */
#if PG_VERSION_NUM >= 180000
#define ADV_PRUNES_PARTITIONS(append) ((append)->part_prune_index >= 0)
#else
#define ADV_PRUNES_PARTITIONS(append) ((append)->part_prune_info != NULL)
#endif

/*
 * What the columns of a range table entry are other names for, NIL if it has
 * columns of its own.  18 has one for the expressions of GROUP BY.
 */
static inline List *
adv_rte_alias_expressions(const RangeTblEntry *rte)
{
#if PG_VERSION_NUM >= 180000
	if (rte->rtekind == RTE_GROUP)
		return rte->groupexprs;
#endif
	return rte->rtekind == RTE_JOIN ? rte->joinaliasvars : NIL;
}

/* Can the table be read by a bitmap scan?  18 asks for rows instead of blocks. */
static inline bool
adv_table_has_bitmap_scan(Relation table)
{
#if PG_VERSION_NUM >= 180000
	return table->rd_tableam->scan_bitmap_next_tuple != NULL;
#else
	return table->rd_tableam->scan_bitmap_next_block != NULL;
#endif
}

/* 17 and 18 have more to be told of. */
static inline void
adv_explain_one_plan(PlannedStmt *stmt, ExplainState *es, const char *text)
{
#if PG_VERSION_NUM >= 170000
	ExplainOnePlan(stmt, NULL, es, text, NULL, NULL, NULL, NULL, NULL);
#else
	ExplainOnePlan(stmt, NULL, es, text, NULL, NULL, NULL, NULL);
#endif
}

/*
 * 16 lets updates stay on their page, without new index entries, if what they
 * change is only in indexes that summarize.  The attributes of the others.
 */
#if PG_VERSION_NUM >= 160000
#define ADV_AM_BLOCKS_HOT(routine) (!(routine)->amsummarizing)
#define ADV_HOT_BLOCKING_ATTRS INDEX_ATTR_BITMAP_HOT_BLOCKING
#else
#define ADV_AM_BLOCKS_HOT(routine) true
#define ADV_HOT_BLOCKING_ATTRS INDEX_ATTR_BITMAP_ALL
#endif

/* 16 renamed what the cumulative statistics say of a table. */
#if PG_VERSION_NUM >= 160000
#define ADV_LIVE_TUPLES(stats) ((stats)->live_tuples)
#define ADV_DEAD_TUPLES(stats) ((stats)->dead_tuples)
#define ADV_MODIFIED_SINCE_ANALYZE(stats) ((stats)->mod_since_analyze)
#define ADV_ANALYZE_COUNT(stats) ((stats)->analyze_count + (stats)->autoanalyze_count)
#define ADV_PENDING_DEAD_TUPLES(status) ((status)->counts.delta_dead_tuples)
#else
#define ADV_LIVE_TUPLES(stats) ((stats)->n_live_tuples)
#define ADV_DEAD_TUPLES(stats) ((stats)->n_dead_tuples)
#define ADV_MODIFIED_SINCE_ANALYZE(stats) ((stats)->changes_since_analyze)
#define ADV_ANALYZE_COUNT(stats) ((stats)->analyze_count + (stats)->autovac_analyze_count)
#define ADV_PENDING_DEAD_TUPLES(status) ((status)->t_counts.t_delta_dead_tuples)
#endif

/* 16 marks Vars with the outer joins above them that can make them null. */
static inline void
adv_var_forget_joins(Var *var)
{
#if PG_VERSION_NUM >= 160000
	var->varnullingrels = NULL;
#endif
}

/* 18 keeps the members of an equivalence class for children apart. */
static inline List *
adv_eclass_members(EquivalenceClass *ec, Relids relids)
{
#if PG_VERSION_NUM >= 180000
	List	   *members = NIL;
	EquivalenceMemberIterator it;
	EquivalenceMember *member;

	setup_eclass_member_iterator(&it, ec, relids);
	while ((member = eclass_member_iterator_next(&it)) != NULL)
		members = lappend(members, member);
	return members;
#else
	return ec->ec_members;
#endif
}

/* 18 names the direction of a sort by kind of comparison. */
static inline bool
adv_pathkey_descends(const PathKey *pathkey)
{
#if PG_VERSION_NUM >= 180000
	return pathkey->pk_cmptype == COMPARE_GT;
#else
	return pathkey->pk_strategy == BTGreaterStrategyNumber;
#endif
}

/* May the current role, or the owners of views, execute the plan?  Errors if not. */
static inline void
adv_check_permissions(const PlannedStmt *stmt)
{
#if PG_VERSION_NUM >= 160000
	(void) ExecCheckPermissions(stmt->rtable, stmt->permInfos, true);
#else
	(void) ExecCheckRTPerms(stmt->rtable, true);
#endif
}

/* Let nodes of a plan have all their partitions, whatever the parameters. */
static inline void
adv_append_keep_all(Append *append)
{
#if PG_VERSION_NUM >= 180000
	append->part_prune_index = -1;
#else
	append->part_prune_info = NULL;
#endif
}

static inline void
adv_merge_append_keep_all(MergeAppend *append)
{
#if PG_VERSION_NUM >= 180000
	append->part_prune_index = -1;
#else
	append->part_prune_info = NULL;
#endif
}

static inline void
adv_plan_forget_pruning(PlannedStmt *stmt)
{
#if PG_VERSION_NUM >= 180000
	stmt->partPruneInfos = NIL;
	stmt->unprunableRelids = bms_add_range(NULL, 1, list_length(stmt->rtable));
#endif
}

/* 18 dropped an argument of the executor's own run function, too. */
static inline void
adv_standard_executor_run(QueryDesc *desc)
{
#if PG_VERSION_NUM >= 180000
	standard_ExecutorRun(desc, ForwardScanDirection, 0);
#else
	standard_ExecutorRun(desc, ForwardScanDirection, 0, true);
#endif
}

/* 16 moved the rights that a range table entry asks for into a list of the query. */
static inline Bitmapset **
adv_selected_columns(ParseState *pstate, RangeTblEntry *rte)
{
#if PG_VERSION_NUM >= 160000
	return &getRTEPermissionInfo(pstate->p_rteperminfos, rte)->selectedCols;
#else
	return &rte->selectedCols;
#endif
}

/* A query's range table, from the state of the parser. */
static inline void
adv_query_set_range_table(Query *query, ParseState *pstate)
{
	query->rtable = pstate->p_rtable;
#if PG_VERSION_NUM >= 160000
	query->rteperminfos = pstate->p_rteperminfos;
#endif
}

/* 17 has the statistics target of a column apart from its pg_attribute row. */
static inline void
adv_vacattrstats_set_default_target(VacAttrStats *stats)
{
#if PG_VERSION_NUM >= 170000
	stats->attstattarget = -1;
#else
	stats->attr = (Form_pg_attribute) palloc0(ATTRIBUTE_FIXED_PART_SIZE);
	stats->attr->attstattarget = -1;
	stats->attr->atttypid = stats->attrtypid;
	stats->attr->atttypmod = stats->attrtypmod;
	stats->attr->attcollation = stats->attrcollid;
#endif
}

/* In which operator families of btrees (and, later, others) an operator is, and as what */
#if PG_VERSION_NUM >= 180000
#define ADV_OP_INTERPRETATION(opno) get_op_index_interpretation(opno)
#else
#define ADV_OP_INTERPRETATION(opno) get_op_btree_interpretation(opno)
#endif

/* 16 lets a membership be had without the right to become the role. */
static inline bool
adv_can_set_role(Oid member, Oid role)
{
#if PG_VERSION_NUM >= 160000
	return member_can_set_role(member, role);
#else
	return is_member_of_role(member, role);
#endif
}

/* 17 lets background workers connect as roles that may not log in. */
#ifdef BGWORKER_BYPASS_ROLELOGINCHECK
#define ADV_BGWORKER_ANY_ROLE BGWORKER_BYPASS_ROLELOGINCHECK
#else
#define ADV_BGWORKER_ANY_ROLE 0
#endif

/* Run a utility statement as a client's.  18 dropped the run_once argument. */
static inline void
adv_portal_run_utility(Portal portal)
{
#if PG_VERSION_NUM >= 180000
	(void) PortalRun(portal, FETCH_ALL, true, None_Receiver, None_Receiver, NULL);
#else
	(void) PortalRun(portal, FETCH_ALL, true, true, None_Receiver, None_Receiver, NULL);
#endif
}

#endif							/* ADV_COMMON_COMPAT_H */
