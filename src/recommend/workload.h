/*-------------------------------------------------------------------------
 *
 * workload.h
 *		The statements that advice is for, and how much they weigh.
 *
 * Either what was captured in the current database, or texts that somebody
 * gives.  Nothing is analysed or planned here.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_RECOMMEND_WORKLOAD_H
#define ADV_RECOMMEND_WORKLOAD_H

#include "nodes/pg_list.h"
#include "utils/array.h"

/* Different texts of a statement that are worth planning. */
#define ADV_WORK_TEXTS 5

typedef struct AdvWorkItem
{
	int			number;			/* from 1; of texts, their place in the array */
	uint64		queryid;		/* 0 for a text */
	Oid			userid;			/* as whom to plan it */
	bool		toplevel;
	double		calls_per_day;	/* 1 for a text */
	double		ms_per_day;		/* time; -1 for a text */
	double		mean_ms;		/* of an execution; -1 for a text */
	List	   *texts;			/* of char *, different ones, slowest first */
	bool		is_template;	/* texts have $n: to be planned without values */
	const char *unusable;		/* a reason in words if there is no text */
} AdvWorkItem;

typedef struct AdvWorkload
{
	List	   *items;			/* of AdvWorkItem; captured ones by time, most first,
								 * texts in their order */
	bool		captured;
	double		days;			/* in which it was captured; 1 for texts */
	double		ms_per_day;		/* of all that was captured and has plans, */
	double		left_out_ms;	/* and of what is too little to look at: per day */
	int			left_out;		/* how many these are */
	List	   *statements;		/* of AdvCapturedStatement, all: see captured.h */
} AdvWorkload;

/*
 * What was captured in the current database, of which the current role may see:
 * statements in the order of their time, all or until they make up nearly all of it.
 */
extern AdvWorkload *adv_workload_captured(bool all);

/*
 * Texts, an array of text, each weighing the same, to be planned as the current
 * role.  Raises errors with hints unless each is one statement that has a plan.
 */
extern AdvWorkload *adv_workload_of_texts(ArrayType *texts);

/*
 * Bytes in a budget: a size as pg_size_bytes() takes it, or a percentage of the
 * current size of the database.  Raises errors with hints for what is not a
 * positive amount.
 */
extern double adv_parse_budget(const char *text);

#endif							/* ADV_RECOMMEND_WORKLOAD_H */
