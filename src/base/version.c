#include "kaimen/base/version.h"

#define VERSION "0.1.0"

/* The makefile knows the commit and the mode; other ways to build need not. */
#ifndef KM_COMMIT
#define KM_COMMIT "unknown"
#endif
#ifndef KM_MODE
#define KM_MODE "custom"
#endif

#ifdef __clang__
#define COMPILER "clang " __clang_version__
#else
#define COMPILER "gcc " __VERSION__
#endif

const char *km_version(void)
{
    return VERSION;
}

const char *km_version_commit(void)
{
    return KM_COMMIT;
}

const char *km_version_build(void)
{
    return COMPILER ", " KM_MODE;
}
