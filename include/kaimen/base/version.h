#pragma once
/**
 * @file
 * @brief What this build is: stored with every result. All functions are local.
 */
#define KM_VERSION "0.1.0"

/** @brief Commit of the source, with "-dirty" where files were changed; "unknown" outside git. */
const char *km_version_commit(void);

/** @brief First line of the compiler's own description. */
const char *km_version_compiler(void);

/** @brief Optimisation flags of the build mode. */
const char *km_version_flags(void);
