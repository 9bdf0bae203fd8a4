#include "kaimen/base/version.h"

/* Written by the Makefile. */
#include "build.h"

const char *km_version_commit(void)
{
    return KM_COMMIT;
}

const char *km_version_compiler(void)
{
    return KM_COMPILER;
}

const char *km_version_flags(void)
{
    return KM_FLAGS;
}
