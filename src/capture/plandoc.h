/*-------------------------------------------------------------------------
 *
 * plandoc.h
 *		The document of a plan: how it is explained, and what is known of it.
 *
 * Made when a plan has been executed for the first time, from the executor's
 * state, so it is exactly what EXPLAIN would have shown.  Compressed, it is
 * kept as a document of the store.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_CAPTURE_PLANDOC_H
#define ADV_CAPTURE_PLANDOC_H

#include "capture/plannodes.h"
#include "executor/execdesc.h"
#include "lib/stringinfo.h"

/* Longest text of a plan that is kept, and longest JSON, in bytes. */
#define ADV_PLAN_TEXT_MAX	(64 * 1024)
#define ADV_PLAN_JSON_MAX	(512 * 1024)

/* Of the attributes of a node no more than this are kept. */
#define ADV_NODE_ATTNOS 16

/* What is known of a node without its having run. */
typedef struct AdvNode
{
	int32		parent;			/* number of the node above it, -1 at the root */
	int32		plan_width;		/* bytes */
	Oid			relid;			/* 0 if it reads or changes none */
	Oid			indexid;
	int16		nattnos;
	int16		attnos[ADV_NODE_ATTNOS];	/* of relid: what its conditions read */
	int16		nchanged;
	int16		changed[ADV_NODE_ATTNOS];	/* of relid: what an UPDATE sets */
	int16		workers;		/* planned, if it is a Gather */
	int16		operation;		/* a CmdType, if it changes a relation */
	double		startup_cost;
	double		total_cost;
	double		plan_rows;		/* per loop */
} AdvNode;

/* A plan's document, uncompressed; the parts follow in this order. */
typedef struct AdvPlanDoc
{
	int32		nnodes;			/* AdvNodes that follow */
	int32		total_nodes;	/* nodes of the plan */
	int32		text_len;		/* bytes of EXPLAIN's text that follow, */
	int32		json_len;		/* of its JSON, 0 if that was too long, */
	int32		facts_len;		/* and of facts (lint.h) */
	int32		encoding;		/* of all these */
	bool		truncated;		/* the text, or the list of nodes, was too long */
	bool		generic;		/* planned without knowing its parameters */
} AdvPlanDoc;

static inline const AdvNode *
adv_plandoc_nodes(const AdvPlanDoc *doc)
{
	return (const AdvNode *) ((const char *) doc + MAXALIGN(sizeof(AdvPlanDoc)));
}

static inline const char *
adv_plandoc_text(const AdvPlanDoc *doc)
{
	return (const char *) (adv_plandoc_nodes(doc) + doc->nnodes);
}

/*
 * Make the document of a plan that is being executed, compressed, in the
 * current memory context.  May raise errors.  Looks things up in catalogs, and
 * takes no locks but those that EXPLAIN would.
 */
extern char *adv_plandoc_make(QueryDesc *queryDesc, const AdvNodeList *list, int *len);

/* The document as it was before it was compressed, in the current context. */
extern AdvPlanDoc *adv_plandoc_read(const char *data, int len);

/*
 * As far as its first nodes, at most max of them; the texts behind must not be
 * looked at.  That is the small part of it.
 */
extern AdvPlanDoc *adv_plandoc_read_nodes(const char *data, int len, int max);

#endif							/* ADV_CAPTURE_PLANDOC_H */
