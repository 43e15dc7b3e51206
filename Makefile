# advisor: built with PGXS.  `sh test/run` builds, installs and tests;
# by hand: make && make install   (PG_CONFIG=/path/to/pg_config chooses a server)

EXTENSION = advisor
# The control file is the single source of truth for the version.
EXTVERSION := $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" $(EXTENSION).control)

MODULE_big = advisor
OBJS = $(patsubst %.c,%.o,$(sort $(wildcard src/*.c src/*/*.c)))
PG_CPPFLAGS = -I$(srcdir)/src -DADVISOR_VERSION=\"$(EXTVERSION)\"
# As PostgreSQL 16 and later do by themselves: nothing of ours collides with
# another library's, and calls between our files need no table.
PG_CFLAGS = -fvisibility=hidden
# What CI compiles with.  PostgreSQL's own headers do not survive all of
# -Wextra, hence the exceptions.
WARNINGS = -Wall -Wextra -Werror -Wno-unused-parameter -Wno-sign-compare \
	-Wno-missing-field-initializers -Wno-cast-function-type

DATA = $(wildcard sql/$(EXTENSION)--*--*.sql)
DATA_built = sql/$(EXTENSION)--$(EXTVERSION).sql
EXTRA_CLEAN = sql/$(EXTENSION)--$(EXTVERSION).sql

# test/run starts the cluster that these need; see test/README.md.
REGRESS = $(sort $(patsubst test/sql/%.sql,%,$(wildcard test/sql/*.sql)))
REGRESS_OPTS = --inputdir=test
ISOLATION = $(sort $(patsubst test/specs/%.spec,%,$(wildcard test/specs/*.spec)))
ISOLATION_OPTS = --inputdir=test --outputdir=.
TAP_TESTS = 1
PROVE_TESTS = $(sort $(wildcard test/t/*.pl))
# A server without our library preloaded would only fail: test/run is the way.
NO_INSTALLCHECK = 1

PG_CONFIG ?= pg_config
PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

# Adding up counters is loops over arrays, on the path of every statement.
src/capture/counters.o src/capture/hooks.o src/capture/slab.o: \
	CFLAGS += $(CFLAGS_VECTORIZE) $(CFLAGS_UNROLL_LOOPS)

# PGXS does not track headers, and the version comes from the control file.
$(OBJS) $(OBJS:.o=.bc): $(wildcard src/*/*.h) $(EXTENSION).control

sql/$(EXTENSION)--$(EXTVERSION).sql: $(sort $(wildcard sql/[0-9][0-9]_*.sql)) $(EXTENSION).control
	cat $(filter %.sql,$^) > $@.tmp && mv $@.tmp $@

TEMP_INSTANCE = --temp-instance=./tmp_check --temp-config=test/$(EXTENSION).conf \
	--bindir='$(bindir)' --load-extension=pg_stat_statements --load-extension=$(EXTENSION)

.PHONY: check-regress check-isolation check-tap
check-regress:
	$(top_builddir)/src/test/regress/pg_regress $(TEMP_INSTANCE) $(REGRESS_OPTS) $(REGRESS)
check-isolation:
	$(top_builddir)/src/test/isolation/pg_isolation_regress $(TEMP_INSTANCE) $(ISOLATION_OPTS) $(ISOLATION)
check-tap:
	$(prove_installcheck)
