#pragma once
/**
 * @file
 * @brief Which kaimen this is: goes into every result. All functions are local.
 */

/** @brief Version such as "0.1.0". */
const char *km_version(void);

/** @brief Commit that was built, with "-dirty" when files were changed; "unknown" outside git. */
const char *km_version_commit(void);

/** @brief Compiler with its version, and the build mode: "gcc 12.2.0, release". */
const char *km_version_build(void);
