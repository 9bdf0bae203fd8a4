#include "kaimen/base/log.h"

#include <stdarg.h>
#include <stdio.h>

static int own_rank;
static km_log_level most_talkative = KM_LOG_INFO;
static int line_shown;

void km_log_configure(int rank, km_log_level level)
{
    own_rank = rank;
    most_talkative = level;
}

int km_log_rank(void)
{
    return own_rank;
}

void km_log(km_log_level level, const char *format, ...)
{
    static const char *const prefix[] = {"kaimen: error: ", "kaimen: warning: ", "", "debug: "};
    char text[2048];
    va_list arguments;

    if (level > most_talkative || (level == KM_LOG_INFO && own_rank != 0)) return;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    km_log_clear_line();
    /* One call, so that lines of several ranks do not mix. */
    if (level == KM_LOG_DEBUG)
        fprintf(stderr, "[%d] %s%s\n", own_rank, prefix[level], text);
    else
        fprintf(stderr, "%s%s\n", prefix[level], text);
}

void km_log_line(const char *format, ...)
{
    char text[256];
    va_list arguments;

    if (own_rank != 0) return;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    fprintf(stderr, "\r\033[K%s", text);
    fflush(stderr);
    line_shown = 1;
}

void km_log_clear_line(void)
{
    if (!line_shown) return;
    fprintf(stderr, "\r\033[K");
    line_shown = 0;
}
