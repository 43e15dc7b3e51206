/*-------------------------------------------------------------------------
 *
 * confine.c
 *		No utility statements for the time being, nor functions that do more
 *		than compute.
 *
 * A rolled back subtransaction undoes most of what a function can do, but not
 * all: advisory locks of the session stay, backends are ended, files written.
 * All such functions of the server and of extensions are volatile, and none
 * that is volatile is run by planning, unless by a function that should be, too.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/objectaccess.h"
#include "catalog/pg_language.h"
#include "catalog/pg_proc.h"
#include "common/confine.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/syscache.h"

AdvConfinement adv_confined = ADV_CONFINED_NOT;

/*
 * The hook is in place only meanwhile: calls of functions are on the way of every
 * statement.  A library that was loaded meanwhile may have put its own before it;
 * then it stays, and does nothing.
 */
static object_access_hook_type prev_object_access = NULL;
static bool in_place = false;
static bool stays = false;

void
adv_refuse_confined(void)
{
	if (adv_confined != ADV_CONFINED_NOT)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("utility statements are not allowed while advisor plans a statement")));
}

/*
 * Whoever owns a function can change it after it has been called once, and
 * could so act as the role whose statement is planned.  He may if he has that
 * role's rights anyway; and where it is no superuser's there is little that he
 * can do in a trial, while many applications call functions of other roles.
 */
static bool
is_trusted(Oid owner)
{
	return superuser_arg(owner) || !superuser() ||
		has_privs_of_role(owner, GetUserId());
}

static void
check_function(Oid function)
{
	HeapTuple	tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
	Form_pg_proc form;
	bool		acts;
	bool		trusted;

	if (!HeapTupleIsValid(tuple))
		return;
	form = (Form_pg_proc) GETSTRUCT(tuple);
	acts = form->provolatile == PROVOLATILE_VOLATILE &&
		(form->prolang == INTERNALlanguageId || form->prolang == ClanguageId);
	trusted = adv_confined != ADV_CONFINED_STRANGE || is_trusted(form->proowner);
	if (acts || !trusted)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 acts ?
				 errmsg("volatile function %s is not run while advisor plans a statement",
						NameStr(form->proname)) :
				 errmsg("function %s of another role is not run while advisor plans a statement",
						NameStr(form->proname))));
	ReleaseSysCache(tuple);
}

static void
adv_object_access(ObjectAccessType access, Oid classid, Oid objectid, int subid, void *arg)
{
	if (prev_object_access)
		prev_object_access(access, classid, objectid, subid, arg);
	if (adv_confined != ADV_CONFINED_NOT && access == OAT_FUNCTION_EXECUTE)
		check_function(objectid);
}

void
adv_confine_begin(AdvConfinement confinement)
{
	adv_confined = confinement;
	if (!in_place && !stays)
	{
		in_place = true;
		prev_object_access = object_access_hook;
		object_access_hook = adv_object_access;
	}
}

void
adv_confine_end(void)
{
	adv_confined = ADV_CONFINED_NOT;
	if (!in_place)
		return;
	in_place = false;
	if (object_access_hook == adv_object_access)
		object_access_hook = prev_object_access;
	else
		stays = true;
}
