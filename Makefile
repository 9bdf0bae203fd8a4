# kaimen: every command a developer needs; `make help` lists them.

MODE ?= release
B := build/$(MODE)
CC := mpicc

PACKAGES := hdf5-serial fftw3 libxc spglib sqlite3 yaml-0.1 jansson nlopt openblas
CFLAGS_release := -O3 -march=native -fno-math-errno -fno-trapping-math -DNDEBUG
CFLAGS_debug := -O0 -g3
CFLAGS_sanitize := -O1 -g -fsanitize=address,undefined -fno-omit-frame-pointer
WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wvla \
	-Wmissing-prototypes -Werror=unused-result
CFLAGS := -std=c11 -D_GNU_SOURCE $(WARNINGS) $(CFLAGS_$(MODE)) -Iinclude -Isrc \
	$(shell pkg-config --cflags $(PACKAGES))
LDLIBS := $(shell pkg-config --libs $(PACKAGES)) -lm -lpthread

SOURCES := $(filter-out src/cli/%, $(wildcard src/*/*.c))
CLI := $(wildcard src/cli/*.c)
OBJECTS := $(SOURCES:%.c=$(B)/%.o)
CLI_OBJECTS := $(CLI:%.c=$(B)/%.o)
only ?= *
TESTS := $(patsubst %.c,$(B)/%,$(wildcard tests/$(only)/test_*.c))

all: $(B)/libkaimen.a $(if $(CLI),$(B)/kaimen)

$(B)/libkaimen.a: $(OBJECTS)
	rm -f $@ && ar rcs $@ $^

$(B)/kaimen: $(CLI_OBJECTS) $(B)/libkaimen.a
	$(CC) $(CFLAGS) -o $@ $^ $(LDLIBS)

# The commit is compiled into one file, built anew when it changes.
COMMIT := $(shell git describe --always --dirty=+ --exclude '*' 2>/dev/null || echo unknown)
$(shell mkdir -p $(B) && echo '$(COMMIT)' | cmp -s - $(B)/commit || echo '$(COMMIT)' > $(B)/commit)
$(B)/src/base/version.o: CFLAGS += -DKM_COMMIT='"$(COMMIT)"' -DKM_MODE='"$(MODE)"'
$(B)/src/base/version.o: $(B)/commit

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -MMD -MP -c -o $@ $<

$(B)/tests/%: tests/%.c tests/support.h $(B)/libkaimen.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -Itests -MMD -MP -o $@ $< $(B)/libkaimen.a $(LDLIBS) -lcmocka

test: $(TESTS) $(if $(CLI),$(B)/kaimen)
	tests/run.sh $(TESTS)

clean:
	rm -rf build

-include $(OBJECTS:.o=.d) $(CLI_OBJECTS:.o=.d)
.PHONY: all test clean
