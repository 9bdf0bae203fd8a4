#include "kaimen/campaign/progress.h"

#include "kaimen/base/log.h"
#include "kaimen/base/memory.h"
#include "kaimen/campaign/stop.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define REFRESH_INTERVAL_S 1.0

struct km_progress {
    const km_schedule *schedule; /* borrowed */
    int instance;
    int n_team;
    bool is_line;
    int n_ended; /* in this job */
    double since_s;
    double refreshed_s;
    FILE *events; /* NULL where it could not be opened */
};

km_status km_progress_create(const char *ledger_path, int instance, const km_schedule *schedule,
                             int n_team, bool is_line, km_progress **progress)
{
    char path[KM_REASON_SIZE * 4];

    KM_TRY(KM_ALLOC(*progress, 1));
    **progress = (km_progress){.schedule = schedule,
                               .instance = instance,
                               .n_team = n_team,
                               .is_line = is_line,
                               .since_s = km_stop_clock_s()};
    snprintf(path, sizeof path, "%s.events.jsonl", ledger_path);
    (*progress)->events = fopen(path, "ae");
    if (!(*progress)->events)
        km_log(KM_LOG_WARN, "%s: no event log: %s", path, strerror(errno));
    return KM_OK;
}

void km_progress_destroy(km_progress **progress)
{
    if (!*progress) return;
    if ((*progress)->is_line) km_log_clear_line();
    if ((*progress)->events) fclose((*progress)->events);
    KM_FREE(*progress);
}

/* Write one line and let go of the object. The log is a convenience: a full disk is the ledger's to report. */
static void write_event(km_progress *progress, json_t *event)
{
    if (event && progress->events) {
        json_dumpf(event, progress->events, JSON_COMPACT);
        fputc('\n', progress->events);
        fflush(progress->events);
    }
    json_decref(event);
}

static json_t *make_event(const km_progress *progress, const char *name)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return json_pack("{s:f, s:i, s:s}", "time_s",
                     (double)now.tv_sec + 1e-9 * (double)now.tv_nsec, "instance",
                     progress->instance, "event", name);
}

void km_progress_note(km_progress *progress, const char *event, const char *detail)
{
    json_t *made = make_event(progress, event);

    json_object_set_new(made, "detail", json_string(detail));
    write_event(progress, made);
}

void km_progress_start(km_progress *progress, const km_task *task, int i_team)
{
    json_t *event;

    if (!progress->events) return;
    event = make_event(progress, "started");
    json_object_set_new(event, "id", json_string(task->id));
    json_object_set_new(event, "label", json_string(task->label));
    json_object_set_new(event, "team", json_integer(i_team));
    write_event(progress, event);
}

static void set_number(json_t *event, const char *name, double value)
{
    json_object_set_new(event, name, isfinite(value) ? json_real(value) : json_null());
}

static void log_event(km_progress *progress, const km_task *task, const km_result *result)
{
    json_t *event;

    if (!progress->events) return;
    event = make_event(progress, "ended");
    json_object_set_new(event, "id", json_string(task->id));
    json_object_set_new(event, "label", json_string(task->label));
    json_object_set_new(event, "state", json_string(km_task_state_name(result->state)));
    json_object_set_new(event, "outcome", json_string(result->outcome));
    json_object_set_new(event, "reason", json_string(result->reason));
    set_number(event, "energy_ha", result->energy_ha);
    set_number(event, "gamma_j_m2", result->surface.gamma_j_m2);
    set_number(event, "ip_ev", result->surface.ip_ev);
    set_number(event, "ea_ev", result->surface.ea_ev);
    set_number(event, "gap_ev", result->gap_ev);
    set_number(event, "task_time_s", result->time_s);
    write_event(progress, event);
}

static int add_number(char *text, int n, int n_text, const char *format, double value)
{
    if (!isfinite(value) || n >= n_text) return n;
    return n + snprintf(text + n, (size_t)(n_text - n), format, value);
}

/* Of a surface the bulk's gap, IP - EA, as in the ranked table. */
static double gap_of(const km_task *task, const km_result *result)
{
    return task->kind == KM_TASK_SURFACE ? result->surface.gap_ev : result->gap_ev;
}

static void describe(const km_task *task, const km_result *result, char text[KM_REASON_SIZE])
{
    const int n_text = KM_REASON_SIZE;
    int n = 0;

    text[0] = '\0';
    if (result->state != KM_TASK_DONE) {
        snprintf(text, KM_REASON_SIZE, "%s: %.150s", km_task_state_name(result->state),
                 result->reason);
        return;
    }
    if (task->kind == KM_TASK_GRAIN_BOUNDARY || task->kind == KM_TASK_WINNER)
        n = add_number(text, n, n_text, "gamma %.4f J/m2", result->surface.gamma_j_m2);
    else if (task->kind == KM_TASK_SURFACE)
        n = add_number(text, n, n_text, "gamma %.3f J/m2", result->surface.gamma_j_m2);
    else
        n = add_number(text, n, n_text, "%.6f Ha", result->energy_ha);
    n = add_number(text, n, n_text, "  IP %.2f eV", result->surface.ip_ev);
    n = add_number(text, n, n_text, "  EA %.2f eV", result->surface.ea_ev);
    n = add_number(text, n, n_text, "  gap %.2f eV", gap_of(task, result));
    add_number(text, n, n_text, "  %.1f s", result->time_s);
}

void km_progress_end(km_progress *progress, const km_task *task, const km_result *result)
{
    char text[KM_REASON_SIZE];
    const km_schedule *s = progress->schedule;
    int n_ended = km_schedule_count(s, KM_TASK_DONE) + km_schedule_count(s, KM_TASK_FAILED) +
                  km_schedule_count(s, KM_TASK_PRUNED);
    int n_task =
        n_ended + km_schedule_count(s, KM_TASK_QUEUED) + km_schedule_count(s, KM_TASK_RUNNING);

    progress->n_ended += result->state != KM_TASK_QUEUED;
    log_event(progress, task, result);
    if (progress->is_line) return;
    describe(task, result, text);
    km_log(KM_LOG_INFO, "%4d/%d  %-28s  %s", n_ended, n_task, task->label, text);
}

static void describe_time(double time_s, char text[32])
{
    if (time_s >= 3600)
        snprintf(text, 32, "%d h %02d min", (int)(time_s / 3600), (int)(time_s / 60) % 60);
    else if (time_s >= 60)
        snprintf(text, 32, "%d min %02d s", (int)(time_s / 60), (int)time_s % 60);
    else
        snprintf(text, 32, "%.0f s", time_s);
}

void km_progress_refresh(km_progress *progress)
{
    const km_schedule *s = progress->schedule;
    double now_s = km_stop_clock_s(), left_s;
    char left[32];

    if (!progress->is_line || now_s < progress->refreshed_s + REFRESH_INTERVAL_S) return;
    progress->refreshed_s = now_s;
    left_s = km_schedule_left_s(s) / progress->n_team;
    describe_time(left_s, left);
    km_log_line("%d done, %d failed, %d running, %d waiting, %d pruned; %.1f per minute; %s%s",
                km_schedule_count(s, KM_TASK_DONE), km_schedule_count(s, KM_TASK_FAILED),
                km_schedule_count(s, KM_TASK_RUNNING), km_schedule_count(s, KM_TASK_QUEUED),
                km_schedule_count(s, KM_TASK_PRUNED),
                60 * progress->n_ended / fmax(now_s - progress->since_s, 1e-3),
                left_s > 0 ? "left: about " : "last ones", left_s > 0 ? left : "");
}
