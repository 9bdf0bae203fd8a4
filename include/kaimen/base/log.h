#pragma once
/**
 * @file
 * @brief Leveled log on standard error.
 *
 * error: never in a clean run. warn: rare. info: rank 0 only, a few lines per candidate.
 * debug: any rank, off by default.
 */

typedef enum { KM_LOG_ERROR, KM_LOG_WARN, KM_LOG_INFO, KM_LOG_DEBUG } km_log_level;

/** @brief Set the rank that messages name and the most talkative level shown. Local. */
void km_log_configure(int rank, km_log_level level);

/** @brief The rank given to km_log_configure (0 before). Local. */
int km_log_rank(void);

/** @brief Write one line; info is dropped on ranks other than 0. Local. */
__attribute__((format(printf, 2, 3))) void km_log(km_log_level level, const char *format, ...);

/** @brief Show a line that the next message or the next such line replaces; for terminals, rank 0 only. Local. */
__attribute__((format(printf, 1, 2))) void km_log_line(const char *format, ...);

/** @brief Take that line away, if there is one. Local. */
void km_log_clear_line(void);
