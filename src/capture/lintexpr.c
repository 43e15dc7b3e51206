/*-------------------------------------------------------------------------
 *
 * lintexpr.c
 *		Looking at expressions, for lint.
 *
 * Indexes and statistics are read from the system caches rather than opened:
 * whoever opens an index locks it, and then waits for a REINDEX.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/relation.h"
#include "access/sysattr.h"
#include "capture/lintexpr.h"
#include "catalog/partition.h"
#include "catalog/pg_am.h"
#include "catalog/pg_class.h"
#include "catalog/pg_index.h"
#include "catalog/pg_statistic_ext.h"
#include "catalog/pg_type.h"
#include "common/compat.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "rewrite/rewriteManip.h"
#include "utils/builtins.h"
#include "utils/catcache.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/ruleutils.h"
#include "utils/syscache.h"

/*
 * Stand-ins for what is not to be shown: numbers of parameters that nobody
 * uses, and what to write for them.
 */
#define HIDDEN_VALUE	2147480001
#define HIDDEN_QUERY	2147480002
#define HIDDEN_VALUE_TEXT	"$2147480001"
#define HIDDEN_QUERY_TEXT	"$2147480002"

/* A longer text is cut. */
#define MAX_TEXT 1000

/* ---------------------------------------------------------------------
 * Relations
 * ---------------------------------------------------------------------
 */

RangeTblEntry *
adv_lint_rte(const AdvLint *lint, int rti)
{
	if (rti <= 0 || rti > list_length(lint->rtable))
		return NULL;
	return rt_fetch(rti, lint->rtable);
}

/* Enter the children of the plan's relations under their numbers. */
static void
find_parents(AdvLint *lint)
{
	ListCell   *lc;
	int			n = list_length(lint->rtable);

	lint->parents = (AppendRelInfo **) palloc0(sizeof(AppendRelInfo *) * (n + 1));
	foreach(lc, lint->appendRelations)
	{
		AppendRelInfo *info = lfirst_node(AppendRelInfo, lc);

		if (info->child_relid <= n && OidIsValid(info->parent_reloid))
			lint->parents[info->child_relid] = info;
	}
}

Index
adv_lint_table(AdvLint *lint, Index rti, AttrNumber *attnum)
{
	AppendRelInfo *info;

	if (lint->appendRelations == NIL)
		return rti;
	if (lint->parents == NULL)
		find_parents(lint);

	while (rti <= list_length(lint->rtable) && (info = lint->parents[rti]) != NULL)
	{
		RangeTblEntry *parent = adv_lint_rte(lint, info->parent_relid);

		/* a parent by inheritance has neither the indexes nor all the rows */
		if (parent == NULL || parent->relkind != RELKIND_PARTITIONED_TABLE)
			break;
		if (*attnum > 0)
		{
			if (*attnum > info->num_child_cols ||
				info->parent_colnos[*attnum - 1] == 0)
				break;
			*attnum = info->parent_colnos[*attnum - 1];
		}
		rti = info->parent_relid;
	}
	return rti;
}

/* ---------------------------------------------------------------------
 * Base form
 * ---------------------------------------------------------------------
 */

typedef struct BaseContext
{
	AdvLint    *lint;
	const Plan *plan;			/* the node it is in, NULL in a query */
} BaseContext;

static Param *
hidden(const Node *expr, int paramid)
{
	Param	   *param = makeNode(Param);

	param->paramkind = PARAM_EXTERN;
	param->paramid = paramid;
	param->paramtype = exprType(expr);
	param->paramtypmod = exprTypmod(expr);
	param->paramcollid = exprCollation(expr);
	param->location = -1;
	return param;
}

/* The node whose output a column stands for, NULL if it is not known. */
static const Plan *
input_of(const Plan *plan, const Var *var)
{
	if (var->varno == INNER_VAR)
		return innerPlan(plan);
	if (IsA(plan, SubqueryScan) &&
		var->varno == ((const SubqueryScan *) plan)->scan.scanrelid)
		return ((const SubqueryScan *) plan)->subplan;
	if (var->varno != OUTER_VAR)
		return NULL;

	/* what is true of the first of several is taken for true of all */
	if (IsA(plan, Append) && ((const Append *) plan)->appendplans != NIL)
		return (const Plan *) linitial(((const Append *) plan)->appendplans);
	if (IsA(plan, MergeAppend) && ((const MergeAppend *) plan)->mergeplans != NIL)
		return (const Plan *) linitial(((const MergeAppend *) plan)->mergeplans);
	return outerPlan(plan);
}

/* Column of a target list, NULL if there is none. */
static const Node *
list_column(const List *targetlist, AttrNumber attno)
{
	if (attno <= 0 || attno > list_length(targetlist))
		return NULL;
	return (const Node *) list_nth_node(TargetEntry, targetlist, attno - 1)->expr;
}

/*
 * What a column of a plan's node is made of, and in which node; NULL if that is
 * not known.
 */
static const Node *
plan_source(const Plan **plan, const Var *var)
{
	const Plan *input;

	if (var->varno == INDEX_VAR && IsA(*plan, IndexOnlyScan))
		return list_column(((const IndexOnlyScan *) *plan)->indextlist,
						   var->varattno);
	input = input_of(*plan, var);
	if (input == NULL)
		return NULL;
	*plan = input;
	return list_column(input->targetlist, var->varattno);
}

/* What a column of a query is another name for, NULL if for nothing. */
static const Node *
alias_source(const AdvLint *lint, const Var *var)
{
	const RangeTblEntry *rte = adv_lint_rte(lint, var->varno);
	List	   *sources;

	if (rte == NULL)
		return NULL;
	sources = adv_rte_alias_expressions(rte);
	if (var->varattno <= 0 || var->varattno > list_length(sources))
		return NULL;
	return (const Node *) list_nth(sources, var->varattno - 1);
}

/* A column of the range table, without what else the planner notes down. */
static Node *
plain_var(const AdvLint *lint, const Var *var)
{
	int			varno = var->varno;
	AttrNumber	attno = var->varattno;

	if (IS_SPECIAL_VARNO(varno))
	{
		varno = var->varnosyn;
		attno = var->varattnosyn;
	}
	if (adv_lint_rte(lint, varno) == NULL)
		return (Node *) hidden((const Node *) var, HIDDEN_VALUE);
	return (Node *) makeVar(varno, attno, var->vartype, var->vartypmod,
							var->varcollid, 0);
}

static Node *
base_mutator(Node *node, void *arg)
{
	BaseContext *context = (BaseContext *) arg;

	if (node == NULL)
		return NULL;
	if (IsA(node, Var))
	{
		Var		   *var = (Var *) node;
		BaseContext below = *context;
		const Node *source;

		/* a column from outside of the query does not change in it */
		if (var->varlevelsup > 0)
			return (Node *) hidden(node, HIDDEN_VALUE);
		check_stack_depth();
		if (context->plan != NULL)
			source = plan_source(&below.plan, var);
		else
			source = alias_source(context->lint, var);
		if (source != NULL)
			return base_mutator(unconstify(Node *, source), &below);
		return plain_var(context->lint, var);
	}
	if (IsA(node, SubLink) || IsA(node, SubPlan) || IsA(node, AlternativeSubPlan))
		return (Node *) hidden(node, HIDDEN_QUERY);
	return expression_tree_mutator(node, base_mutator, arg);
}

Node *
adv_lint_base(AdvLint *lint, const Plan *plan, const Node *expr)
{
	BaseContext context = {lint, plan};

	return base_mutator(unconstify(Node *, expr), &context);
}

Node *
adv_lint_query_base(AdvLint *lint, const Node *expr)
{
	return adv_lint_base(lint, NULL, expr);
}

/* ---------------------------------------------------------------------
 * Text
 * ---------------------------------------------------------------------
 */

/* Is it the name of a field of a date? */
static bool
is_date_field(const Const *value)
{
	static const char *const fields[] = {
		"microseconds", "milliseconds", "second", "minute", "hour", "day",
		"week", "month", "quarter", "year", "decade", "century", "millennium",
		"dow", "isodow", "doy", "isoyear", "epoch", "utc"
	};
	char	   *word;

	if (value->constisnull || value->consttype != TEXTOID)
		return false;
	word = TextDatumGetCString(value->constvalue);
	for (size_t i = 0; i < lengthof(fields); i++)
	{
		if (pg_strcasecmp(word, fields[i]) == 0)
			return true;
	}
	return false;
}

/* Is this first argument of a function a word of the language? */
static bool
is_word(const FuncExpr *func, const Node *arg)
{
	static const char *const names[] = {
		"date_trunc", "date_part", "extract", "timezone"
	};
	char	   *name;

	if (!IsA(arg, Const) || func->funcid >= FirstGenbkiObjectId ||
		!is_date_field((const Const *) arg))
		return false;
	name = get_func_name(func->funcid);
	for (size_t i = 0; name != NULL && i < lengthof(names); i++)
	{
		if (strcmp(name, names[i]) == 0)
			return true;
	}
	return false;
}

/* A list of constants is shown as one, whatever its length. */
static bool
is_constant_array(const Node *node)
{
	ListCell   *lc;

	if (!IsA(node, ArrayExpr))
		return false;
	foreach(lc, ((const ArrayExpr *) node)->elements)
	{
		if (!IsA(lfirst(lc), Const))
			return false;
	}
	return true;
}

/* Can its text not be made without the query it is from? */
static bool
is_unprintable(const Node *node)
{
	return IsA(node, XmlExpr) ||
		(IsA(node, FieldSelect) &&
		 exprType((Node *) ((const FieldSelect *) node)->arg) == RECORDOID);
}

/* A column that there is no name for. */
static bool
is_nameless(const AdvLint *lint, const Var *var)
{
	const RangeTblEntry *rte = adv_lint_rte(lint, var->varno);

	return rte == NULL || rte->rtekind == RTE_JOIN ||
		(rte->rtekind != RTE_RELATION &&
		 (var->varattno <= 0 || rte->eref == NULL ||
		  var->varattno > list_length(rte->eref->colnames)));
}

/* What is needed to hide the constants of an expression. */
typedef struct HideContext
{
	const AdvLint *lint;
	List	   *rtis;			/* relations that it reads */
	List	   *rtable;			/* their entries, in the same order */
} HideContext;

static Node *hide_mutator(Node *node, void *arg);

/*
 * A column, renumbered to a range table of only those relations that are read:
 * naming all columns of all relations takes seconds for 200 joins.
 */
static Node *
hide_column(const Var *var, HideContext *context)
{
	Var		   *copy;
	int			n = 0;

	if (is_nameless(context->lint, var))
		return (Node *) hidden((const Node *) var, HIDDEN_VALUE);
	while (n < list_length(context->rtis) &&
		   list_nth_int(context->rtis, n) != var->varno)
		n++;
	if (n == list_length(context->rtis))
	{
		context->rtis = lappend_int(context->rtis, var->varno);
		context->rtable = lappend(context->rtable,
								  adv_lint_rte(context->lint, var->varno));
	}
	copy = (Var *) copyObject(var);
	copy->varno = copy->varnosyn = n + 1;
	return (Node *) copy;
}

static Node *
hide_function(FuncExpr *func, HideContext *context)
{
	FuncExpr   *copy = (FuncExpr *) expression_tree_mutator((Node *) func,
															hide_mutator, context);

	/* what has a syntax of its own insists on constants in it */
	if (func->args != NIL && is_word(func, linitial(func->args)))
		linitial(copy->args) = linitial(func->args);
	else if (copy->funcformat == COERCE_SQL_SYNTAX)
		copy->funcformat = COERCE_EXPLICIT_CALL;
	return (Node *) copy;
}

static Node *
hide_mutator(Node *node, void *arg)
{
	HideContext *context = (HideContext *) arg;

	if (node == NULL)
		return NULL;
	if (IsA(node, Const))
	{
		/* the name of a text search configuration is that of an object */
		if (((Const *) node)->consttype == REGCONFIGOID &&
			!((Const *) node)->constisnull)
			return node;
		return (Node *) hidden(node, HIDDEN_VALUE);
	}
	if (is_constant_array(node) || is_unprintable(node))
		return (Node *) hidden(node, HIDDEN_VALUE);
	if (IsA(node, Param) && ((Param *) node)->paramkind != PARAM_EXTERN)
		return (Node *) hidden(node, HIDDEN_VALUE);
	if (IsA(node, Var))
		return hide_column((const Var *) node, context);
	if (IsA(node, FuncExpr))
		return hide_function((FuncExpr *) node, context);
	return expression_tree_mutator(node, hide_mutator, arg);
}

/* Names for the relations of a range table; it need not be that of a plan. */
static List *
naming_context(List *rtable)
{
	PlannedStmt *stmt = makeNode(PlannedStmt);
	Bitmapset  *all = NULL;

	if (rtable != NIL)
		all = bms_add_range(NULL, 1, list_length(rtable));
	stmt->rtable = rtable;
	return deparse_context_for_plan_tree(stmt,
										 select_rtable_names_for_explain(rtable, all));
}

/* Replace the stand-ins by what is to be seen of them. */
static char *
show_hidden(const char *text)
{
	StringInfoData out;
	const char *p;

	initStringInfo(&out);
	for (p = text; *p != '\0' && out.len <= MAX_TEXT; p++)
	{
		if (strncmp(p, HIDDEN_VALUE_TEXT, strlen(HIDDEN_VALUE_TEXT)) == 0)
		{
			appendStringInfoChar(&out, '?');
			p += strlen(HIDDEN_VALUE_TEXT) - 1;
		}
		else if (strncmp(p, HIDDEN_QUERY_TEXT, strlen(HIDDEN_QUERY_TEXT)) == 0)
		{
			appendStringInfoString(&out, "(SELECT ...)");
			p += strlen(HIDDEN_QUERY_TEXT) - 1;
		}
		else
			appendStringInfoChar(&out, *p);
	}
	if (*p != '\0')
	{
		out.len = pg_mbcliplen(out.data, out.len, MAX_TEXT);
		out.data[out.len] = '\0';
		appendStringInfoString(&out, "...");
	}
	return out.data;
}

char *
adv_lint_text(const AdvLint *lint, const Node *expr, bool prefix, bool casts)
{
	HideContext context = {lint};
	Node	   *copy = hide_mutator(unconstify(Node *, expr), &context);

	return show_hidden(deparse_expression(copy, naming_context(context.rtable),
										  prefix, casts));
}

/* ---------------------------------------------------------------------
 * What is in an expression
 * ---------------------------------------------------------------------
 */

Node *
adv_lint_strip(const Node *expr)
{
	while (expr != NULL && IsA(expr, RelabelType))
		expr = (const Node *) ((const RelabelType *) expr)->arg;
	return unconstify(Node *, expr);
}

Bitmapset *
adv_lint_attributes(const Node *expr, Index rti)
{
	Bitmapset  *attributes = NULL;

	pull_varattnos(unconstify(Node *, expr), rti, &attributes);
	return attributes;
}

static bool
relations_walker(Node *node, void *relations)
{
	Bitmapset **set = (Bitmapset **) relations;

	if (node == NULL)
		return false;
	if (IsA(node, Var))
	{
		*set = bms_add_member(*set, ((Var *) node)->varno);
		return false;
	}
	return expression_tree_walker(node, relations_walker, relations);
}

Bitmapset *
adv_lint_relations(const Node *expr)
{
	Bitmapset  *relations = NULL;

	(void) relations_walker(unconstify(Node *, expr), &relations);
	return relations;
}

bool
adv_lint_is_value(const Node *expr)
{
	return IsA(expr, Const) ||
		(IsA(expr, Param) && ((const Param *) expr)->paramkind == PARAM_EXTERN);
}

bool
adv_lint_is_searchable(Oid opno)
{
	CatCList   *list = SearchSysCacheList1(AMOPOPID, ObjectIdGetDatum(opno));
	bool		found = list->n_members > 0;

	ReleaseSysCacheList(list);
	return found;
}

/* ---------------------------------------------------------------------
 * Indexes and statistics
 * ---------------------------------------------------------------------
 */

/* The expressions in a column of a catalog. */
static List *
catalog_expressions(int cache, HeapTuple tuple, AttrNumber column)
{
	bool		isnull;
	Datum		trees = SysCacheGetAttr(cache, tuple, column, &isnull);

	if (isnull)
		return NIL;

	/* in the form that expressions of plans have */
	return (List *) eval_const_expressions(NULL,
										   (Node *) stringToNode(TextDatumGetCString(trees)));
}

static Oid
access_method(Oid indexid)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(indexid));
	Oid			am = InvalidOid;

	if (HeapTupleIsValid(tuple))
	{
		am = ((Form_pg_class) GETSTRUCT(tuple))->relam;
		ReleaseSysCache(tuple);
	}
	return am;
}

/* First element of a column of pg_index that is an oidvector. */
static Oid
first_oid(HeapTuple tuple, AttrNumber column)
{
	bool		isnull;
	Datum		vector = SysCacheGetAttr(INDEXRELID, tuple, column, &isnull);

	return isnull ? InvalidOid : ((oidvector *) DatumGetPointer(vector))->values[0];
}

/* Read an index; NULL if it is gone, or not valid. */
static AdvIndex *
read_index(Oid indexid)
{
	HeapTuple	tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(indexid));
	Form_pg_index form;
	AdvIndex   *index = NULL;

	if (!HeapTupleIsValid(tuple))
		return NULL;
	form = (Form_pg_index) GETSTRUCT(tuple);
	if (form->indisvalid)
	{
		index = (AdvIndex *) palloc0(sizeof(AdvIndex));
		index->indexid = indexid;
		index->am = access_method(indexid);
		index->partial = !heap_attisnull(tuple, Anum_pg_index_indpred, NULL);
		index->attnum = form->indkey.values[0];
		index->opclass = first_oid(tuple, Anum_pg_index_indclass);
		index->collation = first_oid(tuple, Anum_pg_index_indcollation);
		index->expressions = catalog_expressions(INDEXRELID, tuple,
												 Anum_pg_index_indexprs);
	}
	ReleaseSysCache(tuple);
	return index;
}

List *
adv_lint_indexes(Oid relid)
{
	Relation	rel = try_relation_open(relid, NoLock);
	List	   *oids;
	List	   *indexes = NIL;
	ListCell   *lc;

	if (rel == NULL)
		return NIL;
	oids = RelationGetIndexList(rel);
	relation_close(rel, NoLock);

	foreach(lc, oids)
	{
		AdvIndex   *index = read_index(lfirst_oid(lc));

		if (index != NULL)
			indexes = lappend(indexes, index);
	}
	return indexes;
}

Oid
adv_lint_index_on(const List *indexes, AttrNumber attnum)
{
	const AdvIndex *best = NULL;
	int			best_score = -1;
	ListCell   *lc;

	foreach(lc, indexes)
	{
		const AdvIndex *index = (const AdvIndex *) lfirst(lc);
		int			score = (index->partial ? 0 : 2) + (index->am == BTREE_AM_OID);

		if (index->attnum == attnum && score > best_score)
		{
			best = index;
			best_score = score;
		}
	}
	return best == NULL ? InvalidOid : best->indexid;
}

Oid
adv_lint_index_parent(Oid indexid)
{
	while (OidIsValid(indexid) && get_rel_relispartition(indexid))
		indexid = get_partition_parent(indexid, true);
	return indexid;
}

/* An expression as it would be in a catalog: on relation 1. */
static Node *
catalog_form(const Node *expr, Index rti)
{
	Node	   *copy = (Node *) copyObject(adv_lint_strip(expr));

	if (rti != 1)
		ChangeVarNodes(copy, rti, 1, 0);
	return copy;
}

static bool
has_expression(const List *expressions, const Node *expr)
{
	ListCell   *lc;

	foreach(lc, expressions)
	{
		if (equal(adv_lint_strip((const Node *) lfirst(lc)), expr))
			return true;
	}
	return false;
}

bool
adv_lint_has_expression(const List *indexes, const Node *expr, Index rti)
{
	Node	   *wanted = NULL;
	ListCell   *lc;

	foreach(lc, indexes)
	{
		const AdvIndex *index = (const AdvIndex *) lfirst(lc);

		if (index->expressions == NIL)
			continue;
		if (wanted == NULL)
			wanted = catalog_form(expr, rti);
		if (has_expression(index->expressions, wanted))
			return true;
	}
	return false;
}

/* Is the expression in one of the table's CREATE STATISTICS? */
static bool
has_extended_statistics(Oid relid, const Node *wanted)
{
	Relation	rel = try_relation_open(relid, NoLock);
	List	   *oids;
	ListCell   *lc;
	bool		found = false;

	if (rel == NULL)
		return false;
	oids = RelationGetStatExtList(rel);
	relation_close(rel, NoLock);

	foreach(lc, oids)
	{
		HeapTuple	tuple = SearchSysCache1(STATEXTOID, ObjectIdGetDatum(lfirst_oid(lc)));

		if (!HeapTupleIsValid(tuple))
			continue;
		if (has_expression(catalog_expressions(STATEXTOID, tuple,
											   Anum_pg_statistic_ext_stxexprs),
						   wanted))
			found = true;
		ReleaseSysCache(tuple);
	}
	return found;
}

bool
adv_lint_has_statistics(Oid relid, const Node *expr, Index rti)
{
	Node	   *wanted = catalog_form(expr, rti);
	List	   *indexes = adv_lint_indexes(relid);

	return adv_lint_has_expression(indexes, wanted, 1) ||
		has_extended_statistics(relid, wanted);
}
