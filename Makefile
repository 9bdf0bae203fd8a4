# kaimen: every command a developer needs; `make help` lists them.

MODE ?= release
ARCH ?= native
PREFIX ?= /usr/local
only ?= *
B := build/$(MODE)
CC := mpicc
CORES := $(shell nproc)

# Debian packages: to build, to test, to check the text. Nothing else is needed.
APT_BUILD := build-essential pkg-config libopenmpi-dev openmpi-bin libopenblas-dev \
	libscalapack-openmpi-dev libfftw3-dev libhdf5-dev libxc-dev libsymspg-dev libsqlite3-dev \
	libyaml-dev libjansson-dev libnlopt-dev cp2k-data
APT_TEST := libcmocka-dev libavogadro-data python3-h5py
APT_STYLE := clang-format-14 clang-tidy-14

# The same libraries for pkg-config. OpenBLAS is named: a plain libblas may be the slow reference one.
LIBRARIES := openblas scalapack-openmpi hdf5-serial fftw3 libxc spglib sqlite3 yaml-0.1 jansson nlopt

CFLAGS_release := -O3 $(if $(ARCH),-march=$(ARCH)) -fno-math-errno -fno-trapping-math -DNDEBUG
CFLAGS_debug := -O0 -g3
CFLAGS_sanitize := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer
WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wvla \
	-Wmissing-prototypes -Werror=unused-result
LANGUAGE := -std=c11 -D_GNU_SOURCE -Iinclude -Isrc \
	$(shell pkg-config --cflags $(LIBRARIES) 2>/dev/null)
CFLAGS := $(LANGUAGE) $(WARNINGS) $(CFLAGS_$(MODE))
LDLIBS := -Wl,--as-needed $(shell pkg-config --libs $(LIBRARIES) 2>/dev/null) -lpthread -lm
ifeq ($(CFLAGS_$(MODE)),)
$(error MODE=$(MODE) is not known; wanted release, debug or sanitize)
endif

SOURCES := $(filter-out src/cli/%,$(wildcard src/*/*.c))
CLI := $(wildcard src/cli/*.c)
HEADERS := $(wildcard include/kaimen/*/*.h)
C_FILES := $(SOURCES) $(CLI) $(HEADERS) $(wildcard src/*/*.h tests/*.h tests/*/*.[ch] benchmarks/*.[ch])
OBJECTS := $(SOURCES:%.c=$(B)/%.o)
CLI_OBJECTS := $(CLI:%.c=$(B)/%.o)
PROGRAM := $(if $(CLI),$(B)/kaimen)
TEST_C := $(wildcard tests/$(only)/test_*.c)
TESTS := $(TEST_C:%.c=$(B)/%) $(wildcard tests/$(only)/test_*.sh tests/$(only)/test_*.py)
BENCHMARKS := $(patsubst %.c,$(B)/%,$(wildcard benchmarks/*.c))
DRIVERS := $(patsubst %.c,$(B)/%,$(wildcard tests/$(only)/*_driver.c))
SLOW_C := $(wildcard tests/$(only)/slow_*.c)
SLOW := $(SLOW_C:%.c=$(B)/%) $(wildcard tests/$(only)/slow_*.sh tests/$(only)/slow_*.py)

all: $(B)/libkaimen.a $(PROGRAM) ## library and program (the default); MODE=release|debug|sanitize

# V=1 shows the commands in full.
Q := $(if $(V),,@)

$(B)/libkaimen.a: $(OBJECTS)
	@echo "  ar    $@"
	$(Q)rm -f $@ && ar rcs $@ $^

$(B)/kaimen: $(CLI_OBJECTS) $(B)/libkaimen.a
	@echo "  link  $@"
	$(Q)$(CC) $(CFLAGS) -o $@ $^ $(LDLIBS)

$(B)/%.o: %.c
	@mkdir -p $(@D)
	@echo "  cc    $<"
	$(Q)$(CC) $(CFLAGS) -MMD -MP -c -o $@ $<

$(B)/tests/%: tests/%.c $(B)/libkaimen.a
	@mkdir -p $(@D)
	@echo "  cc    $<"
	$(Q)$(CC) $(CFLAGS) -Itests -MMD -MP -o $@ $< $(B)/libkaimen.a $(LDLIBS) -lcmocka

$(B)/benchmarks/%: benchmarks/%.c $(B)/libkaimen.a
	@mkdir -p $(@D)
	@echo "  cc    $<"
	$(Q)$(CC) $(CFLAGS) -MMD -MP -o $@ $< $(B)/libkaimen.a $(LDLIBS)

# The commit is compiled into one file, built anew when it changes.
COMMIT := $(shell git describe --always --dirty --abbrev=12 --exclude '*' 2>/dev/null || echo unknown)
$(B)/commit: FORCE
	@mkdir -p $(@D)
	@echo '$(COMMIT)' | cmp -s - $@ || echo '$(COMMIT)' >$@
$(B)/src/base/version.o: CFLAGS += -DKM_COMMIT='"$(COMMIT)"' -DKM_MODE='"$(MODE)"'
$(B)/src/base/version.o: $(B)/commit

quickstart: deps ## install what is missing, build, run inputs/quickstart.yaml on all cores
	$(MAKE) -j$(CORES) all
	@# Rank 0 hands out work and sleeps: one rank more than there are cores.
	. tests/mpi.sh && mpirun --oversubscribe -n $$(($$(physical_cores) + 1)) \
		$(B)/kaimen run inputs/quickstart.yaml

check: deps deps-test ## install what is missing, build, benchmarks too, run all tests
	$(MAKE) -j$(CORES) all $(BENCHMARKS)
	$(MAKE) -j$(CORES) test

test: $(TESTS) $(DRIVERS) $(PROGRAM) ## all tests, or those of one layer: only=dft
	@MODE=$(MODE) tests/run.sh $(TESTS)

check-slow: deps deps-test ## install what is missing, build, the long comparisons: an hour
	$(MAKE) -j$(CORES) all $(SLOW)
	@MODE=$(MODE) TEST_TIMEOUT_S=86400 tests/run.sh $(SLOW)

style: deps-style ## format, layers, banned words
	@clang-format-14 --dry-run --Werror $(C_FILES)
	@tests/style/layers.sh
	@tests/style/banned.sh

format: deps-style ## put every C file into the one format
	@clang-format-14 -i $(C_FILES)

lint: deps-style ## clang-tidy; a warning is an error
	@printf '%s\n' $(SOURCES) $(CLI) | xargs -P $(CORES) -I{} clang-tidy-14 --quiet {} -- \
		$(LANGUAGE) $(shell $(CC) --showme:compile 2>/dev/null)

bench: $(PROGRAM) $(BENCHMARKS) ## the tables of docs/theory.md, measured again: an hour; see benchmarks/README.md
	set -e; for script in benchmarks/*.py; do $$script; done

bench-peers: $(PROGRAM) ## install pw.x and abinit, and time them and kaimen on oxide slabs: hours
	benchmarks/vs_peers.sh

info: ## compilers, flags, libraries
	@$(CC) --version | head -1
	@mpirun --version | head -1
	@make --version | head -1
	@echo "mode      $(MODE)"
	@echo "flags     $(CFLAGS)"
	@for name in $(LIBRARIES); do printf '%-17s %s\n' $$name "$$(pkg-config --modversion $$name)"; done
	@echo "link      $(LDLIBS)"

install: all ## program, library, headers, manual; PREFIX and DESTDIR as usual
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib
	install $(PROGRAM) $(DESTDIR)$(PREFIX)/bin
	install -m 644 $(B)/libkaimen.a $(DESTDIR)$(PREFIX)/lib
	for header in $(HEADERS); do install -D -m 644 $$header $(DESTDIR)$(PREFIX)/$$header; done
	for page in $(wildcard docs/*.1); do \
		install -D -m 644 $$page $(DESTDIR)$(PREFIX)/share/man/man1/$${page##*/}; done

deps: ## install the Debian packages that the build needs
	@tests/install.sh $(APT_BUILD)
deps-test:
	@tests/install.sh $(APT_TEST)
deps-style:
	@tests/install.sh $(APT_STYLE)

clean: ## remove everything that was built
	rm -rf build

help: ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1\t/p' Makefile | expand -t 14

FORCE:
-include $(OBJECTS:.o=.d) $(CLI_OBJECTS:.o=.d) $(patsubst %.c,$(B)/%.d,$(TEST_C) $(SLOW_C))
.PHONY: FORCE all quickstart check test check-slow style format lint bench bench-peers info install deps \
	deps-test deps-style clean help
