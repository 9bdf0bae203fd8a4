#include "report/boundary_plot.h"

#include "kaimen/base/memory.h"
#include "kaimen/base/units.h"

#include <math.h>

/* Pixels. */
#define WIDTH 430.0
#define HEIGHT 320.0
#define LEFT 62.0
#define RIGHT 412.0
#define TOP 36.0
#define BOTTOM 272.0

/* Energies of a map above the lowest by more than this have one colour, J/m2. */
static const double MAP_RANGE_J_M2 = 3;
#define N_COLOUR 64

typedef struct {
    double x_low, x_high, y_low, y_high;
    km_text *page;
} axes;

static double px(const axes *a, double x)
{
    return LEFT + (x - a->x_low) / (a->x_high - a->x_low) * (RIGHT - LEFT);
}

static double py(const axes *a, double y)
{
    return BOTTOM - (y - a->y_low) / (a->y_high - a->y_low) * (BOTTOM - TOP);
}

/* 1, 2 or 5 times a power of ten: about five steps over a range. */
static double tick_step(double range)
{
    const double step = pow(10, floor(log10(range / 5))), n = range / 5 / step;

    return step * (n < 1.5 ? 1 : n < 3.5 ? 2 : n < 7.5 ? 5 : 10);
}

static km_status begin(const char *title, km_text *page)
{
    return km_text_append(
        page,
        "<svg width=\"%g\" height=\"%g\" viewBox=\"0 0 %g %g\">\n<text class=\"title\" "
        "x=\"%g\" y=\"20\">%s</text>\n",
        WIDTH, HEIGHT, WIDTH, HEIGHT, LEFT, title);
}

static km_status end(km_text *page)
{
    return km_text_append(page, "</svg>\n");
}

static km_status draw_ticks(const axes *a, bool is_x)
{
    const double low = is_x ? a->x_low : a->y_low, high = is_x ? a->x_high : a->y_high;
    const double step = is_x ? fmax(1e-9, tick_step(high - low)) : tick_step(high - low);

    for (double v = step * ceil(low / step - 1e-9); v <= high + 1e-9 * step; v += step) {
        const double shown = fabs(v) < 1e-9 * step ? 0 : v;

        if (is_x)
            KM_TRY(km_text_append(
                a->page,
                "<line class=\"grid\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%g\" y2=\"%g\"/>"
                "<text class=\"tick\" x=\"%.1f\" y=\"%g\" text-anchor=\"middle\">%g</text>\n",
                px(a, v), px(a, v), TOP, BOTTOM, px(a, v), BOTTOM + 17, shown));
        else
            KM_TRY(km_text_append(
                a->page,
                "<line class=\"grid\" x1=\"%g\" x2=\"%g\" y1=\"%.1f\" y2=\"%.1f\"/>"
                "<text class=\"tick\" x=\"%g\" y=\"%.1f\" text-anchor=\"end\">%g</text>\n",
                LEFT, RIGHT, py(a, v), py(a, v), LEFT - 6, py(a, v) + 4, shown));
    }
    return KM_OK;
}

static km_status draw_axes(const axes *a, const char *x_name, const char *y_name)
{
    KM_TRY(draw_ticks(a, true));
    KM_TRY(draw_ticks(a, false));
    return km_text_append(
        a->page,
        "<rect class=\"frame\" x=\"%g\" y=\"%g\" width=\"%g\" height=\"%g\"/>\n"
        "<text x=\"%g\" y=\"%g\" text-anchor=\"middle\">%s</text>\n"
        "<text transform=\"translate(16 %g) rotate(-90)\" text-anchor=\"middle\">%s</text>\n",
        LEFT, TOP, RIGHT - LEFT, BOTTOM - TOP, (LEFT + RIGHT) / 2, BOTTOM + 38, x_name,
        (TOP + BOTTOM) / 2, y_name);
}

static km_status draw_line(const axes *a, const char *class, int n, const double *y)
{
    bool is_open = false;

    for (int k = 0; k < n; ++k) {
        if (!isfinite(y[k])) continue;
        if (!is_open) KM_TRY(km_text_append(a->page, "<path class=\"%s\" d=\"M", class));
        KM_TRY(km_text_append(a->page, "%s%.1f,%.1f", is_open ? " L" : "", px(a, k + 1),
                              fmin(BOTTOM, fmax(TOP, py(a, y[k])))));
        is_open = true;
    }
    return is_open ? km_text_append(a->page, "\"/>\n") : KM_OK;
}

/* Lowest energy after each trial, [n_trial]. */
static void find_best_so_far(const km_boundary_traces *all, const km_boundary_trace *t,
                             double *best)
{
    double lowest = INFINITY;

    for (int k = 0; k < t->n_trial; ++k) {
        const double energy = all->results[t->trial[k]].surface.gamma_j_m2;

        if (isfinite(energy)) lowest = fmin(lowest, energy);
        best[k] = isfinite(lowest) ? lowest : NAN;
    }
}

static km_status draw_trials(const axes *a, const km_boundary_traces *all,
                             const km_boundary_trace *t)
{
    for (int k = 0; k < t->n_trial; ++k) {
        const double energy = all->results[t->trial[k]].surface.gamma_j_m2;

        if (!isfinite(energy) || energy > a->y_high) continue;
        KM_TRY(km_text_append(a->page,
                              "<circle class=\"trial\" cx=\"%.1f\" cy=\"%.1f\" r=\"2.6\"/>\n",
                              px(a, k + 1), py(a, energy)));
    }
    return KM_OK;
}

km_status km_boundary_plot_trace(const km_boundary_traces *all, int i, km_text *page)
{
    const km_boundary_trace *t = all->trace + i;
    axes a = {.x_low = 0.5, .x_high = t->n_trial + 0.5, .page = page};
    double *best = NULL, *drawn = NULL;
    km_status status = KM_OK;

    if (t->best < 0) return KM_OK;
    KM_TRY_TO(end, KM_ALLOC(best, t->n_trial));
    KM_TRY_TO(end, KM_ALLOC(drawn, t->n_trial));
    find_best_so_far(all, t, best);
    KM_TRY_TO(end, km_boundary_trace_random(all, i, t->n_trial, drawn));
    a.y_low = best[t->n_trial - 1];
    a.y_high = fmax(best[0], isfinite(drawn[0]) ? drawn[0] : 0);
    if (!isfinite(a.y_high)) a.y_high = a.y_low + 0.1;
    a.y_high += 0.08 * (a.y_high - a.y_low) + 0.005;
    a.y_low -= 0.06 * (a.y_high - a.y_low);
    KM_TRY_TO(end, begin("Lowest energy", page));
    KM_TRY_TO(end, draw_axes(&a, "trial", "J/m\xc2\xb2"));
    KM_TRY_TO(end, draw_line(&a, "random", t->n_trial, drawn));
    KM_TRY_TO(end, draw_trials(&a, all, t));
    KM_TRY_TO(end, draw_line(&a, "best", t->n_trial, best));
    KM_TRY_TO(end,
              km_text_append(page,
                             "<path class=\"best\" d=\"M%g,50 h22\"/><text class=\"tick\" "
                             "x=\"%g\" y=\"54\">this search</text>"
                             "<path class=\"random\" d=\"M%g,66 h22\"/><text class=\"tick\" "
                             "x=\"%g\" y=\"70\">at random, expected</text>\n",
                             RIGHT - 160, RIGHT - 132, RIGHT - 160, RIGHT - 132));
    status = end(page);
end:
    KM_FREE(best);
    KM_FREE(drawn);
    return status;
}

/* From dark blue (low) over green to pale yellow (high), as a perceptual map goes. */
static void colour(double fraction, int rgb[3])
{
    static const double stops[5][3] = {
        {68, 1, 84}, {59, 82, 139}, {33, 145, 140}, {94, 201, 98}, {253, 231, 37}};
    const double at = 4 * fmin(1, fmax(0, fraction));
    const int k = at < 3 ? (int)at : 3;

    for (int c = 0; c < 3; ++c)
        rgb[c] = (int)lround(stops[k][c] + (at - k) * (stops[k + 1][c] - stops[k][c]));
}

/* The cell as large as fits, its origin at the lower left; returns pixels per bohr. */
static double place_cell(const double *lattice, double origin[2])
{
    const double *a = lattice, *b = lattice + 2;
    const double low_x = fmin(0, fmin(a[0], fmin(b[0], a[0] + b[0])));
    const double high_x = fmax(0, fmax(a[0], fmax(b[0], a[0] + b[0])));
    const double low_y = fmin(0, fmin(a[1], fmin(b[1], a[1] + b[1])));
    const double high_y = fmax(0, fmax(a[1], fmax(b[1], a[1] + b[1])));
    const double scale =
        fmin((RIGHT - LEFT - 60) / (high_x - low_x), (BOTTOM - TOP) / (high_y - low_y));

    origin[0] = LEFT - low_x * scale;
    origin[1] = BOTTOM + low_y * scale;
    return scale;
}

/* Equal colours that follow each other along the first vector are one parallelogram. */
static km_status draw_map_row(const km_boundary_map *map, int j, double lowest, double range,
                              const double origin[2], double scale, km_text *page)
{
    const double *l = map->lattice_bohr;
    int first = 0, last_colour = -1;

    for (int i = 0; i <= map->grid[0]; ++i) {
        const double e = i < map->grid[0] ? map->energy_j_m2[j * map->grid[0] + i] : NAN;
        const int level = i == map->grid[0] ? -1
                          : isfinite(e)
                              ? (int)fmin(N_COLOUR - 1, (e - lowest) / range * N_COLOUR)
                              : N_COLOUR - 1;
        int rgb[3];

        if (level == last_colour) continue;
        if (i > 0) {
            double corner[4][2];

            for (int k = 0; k < 4; ++k) {
                const double s = (k == 1 || k == 2 ? i : first) - 0.5;
                const double t = (k >= 2 ? j + 1 : j) - 0.5;
                const double u = s / map->grid[0], v = t / map->grid[1];

                corner[k][0] = origin[0] + scale * (u * l[0] + v * l[2]);
                corner[k][1] = origin[1] - scale * (u * l[1] + v * l[3]);
            }
            colour((last_colour + 0.5) / N_COLOUR, rgb);
            KM_TRY(km_text_append(page,
                                  "<path shape-rendering=\"crispEdges\" fill=\"#%02x%02x%02x\" "
                                  "d=\"M%.1f,%.1f L%.1f,%.1f L%.1f,%.1f "
                                  "L%.1f,%.1fz\"/>\n",
                                  rgb[0], rgb[1], rgb[2], corner[0][0], corner[0][1],
                                  corner[1][0], corner[1][1], corner[2][0], corner[2][1],
                                  corner[3][0], corner[3][1]));
        }
        first = i;
        last_colour = level;
    }
    return KM_OK;
}

/* Of candidates that were relaxed; the lowest is ringed. */
static km_status draw_shifts(const km_boundary_traces *all, const km_boundary_trace *t,
                             const double origin[2], double scale, km_text *page)
{
    const double *l = t->map.lattice_bohr;

    for (int k = 0; k < t->n_trial; ++k) {
        const double *s = all->tasks[t->trial[k]].interface.shift;
        const bool is_best = t->trial[k] == t->best;

        KM_TRY(km_text_append(
            page, "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"%g\"/>\n",
            is_best ? "lowest" : "tried", origin[0] + scale * (s[0] * l[0] + s[1] * l[2]),
            origin[1] - scale * (s[0] * l[1] + s[1] * l[3]), is_best ? 6.0 : 2.8));
    }
    return KM_OK;
}

static km_status draw_colours(double lowest, double range, km_text *page)
{
    for (int k = 0; k < N_COLOUR; ++k) {
        const double step = (BOTTOM - TOP) / N_COLOUR;
        int rgb[3];

        colour((k + 0.5) / N_COLOUR, rgb);
        KM_TRY(km_text_append(
            page,
            "<rect x=\"%g\" y=\"%.1f\" width=\"12\" height=\"%.1f\" fill=\"#%02x%02x%02x\"/>\n",
            RIGHT - 44, BOTTOM - (k + 1) * step, step + 0.5, rgb[0], rgb[1], rgb[2]));
    }
    return km_text_append(
        page,
        "<text class=\"tick\" x=\"%g\" y=\"%g\">%.2f</text><text class=\"tick\" x=\"%g\" "
        "y=\"%g\">%.2f+</text>\n",
        RIGHT - 28, BOTTOM, lowest, RIGHT - 28, TOP + 10, lowest + range);
}

km_status km_boundary_plot_map(const km_boundary_traces *all, int i, km_text *page)
{
    const km_boundary_trace *t = all->trace + i;
    double lowest = INFINITY, highest = -INFINITY, origin[2], scale, range;

    if (!t->map.energy_j_m2) return KM_OK;
    for (int p = 0; p < t->map.grid[0] * t->map.grid[1]; ++p) {
        lowest = fmin(lowest, t->map.energy_j_m2[p]);
        if (isfinite(t->map.energy_j_m2[p])) highest = fmax(highest, t->map.energy_j_m2[p]);
    }
    range = fmax(1e-6, fmin(MAP_RANGE_J_M2, highest - lowest));
    scale = place_cell(t->map.lattice_bohr, origin);
    KM_TRY(begin("Rigid energy of every shift, J/m\xc2\xb2", page));
    for (int j = 0; j < t->map.grid[1]; ++j)
        KM_TRY(draw_map_row(&t->map, j, lowest, range, origin, scale, page));
    KM_TRY(draw_colours(lowest, range, page));
    KM_TRY(draw_shifts(all, t, origin, scale, page));
    KM_TRY(
        km_text_append(page,
                       "<text class=\"tick\" x=\"%g\" y=\"%g\">cell %.2f \xc3\x97 %.2f "
                       "\xc3\x85, gap %.2f \xc3\x85</text>\n",
                       LEFT, BOTTOM + 38,
                       hypot(t->map.lattice_bohr[0], t->map.lattice_bohr[1]) * KM_ANG_PER_BOHR,
                       hypot(t->map.lattice_bohr[2], t->map.lattice_bohr[3]) * KM_ANG_PER_BOHR,
                       t->map.gap_bohr * KM_ANG_PER_BOHR));
    return end(page);
}

/* The square that holds predictions and energies, clipped where overlapping atoms would stretch it. */
static bool find_square(const km_boundary_traces *all, const km_boundary_trace *t, axes *a)
{
    int n = 0;

    a->y_low = INFINITY;
    a->y_high = -INFINITY;
    for (int k = 0; k < t->n_trial; ++k) {
        const double p = all->tasks[t->trial[k]].prediction_j_m2;
        const double e = all->results[t->trial[k]].surface.gamma_j_m2;

        if (!isfinite(p) || !isfinite(e)) continue;
        a->y_low = fmin(a->y_low, fmin(p, e));
        a->y_high = fmax(a->y_high, fmax(p, e));
        ++n;
    }
    if (n == 0) return false;
    a->y_high = fmin(a->y_high, a->y_low + MAP_RANGE_J_M2);
    a->y_high += 0.05 * (a->y_high - a->y_low) + 0.01;
    a->y_low -= 0.05 * (a->y_high - a->y_low) + 0.01;
    a->x_low = a->y_low;
    a->x_high = a->y_high;
    return true;
}

km_status km_boundary_plot_predictions(const km_boundary_traces *all, int i, km_text *page)
{
    const km_boundary_trace *t = all->trace + i;
    axes a = {.page = page};
    double sum2 = 0;
    int n = 0;

    if (!find_square(all, t, &a)) return KM_OK;
    KM_TRY(begin("Predicted before, relaxed after, J/m\xc2\xb2", page));
    KM_TRY(draw_axes(&a, "relaxed", "predicted"));
    KM_TRY(km_text_append(page, "<path class=\"random\" d=\"M%g,%g L%g,%g\"/>\n", LEFT, BOTTOM,
                          RIGHT, TOP));
    for (int k = 0; k < t->n_trial; ++k) {
        const km_task *task = all->tasks + t->trial[k];
        const double e = all->results[t->trial[k]].surface.gamma_j_m2;
        const double p = task->prediction_j_m2, d = task->uncertainty_j_m2;

        if (!isfinite(p) || !isfinite(e)) continue;
        sum2 += (p - e) * (p - e);
        ++n;
        if (e > a.x_high || p > a.y_high) continue;
        KM_TRY(km_text_append(
            page,
            "<line class=\"bar\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/><circle "
            "class=\"trial\" cx=\"%.1f\" cy=\"%.1f\" r=\"2.6\"/>\n",
            px(&a, e), px(&a, e), fmax(TOP, py(&a, p + d)), fmin(BOTTOM, py(&a, p - d)),
            px(&a, e), py(&a, p)));
    }
    KM_TRY(km_text_append(
        page,
        "<text class=\"tick\" x=\"%g\" y=\"%g\">root mean square error %.3f of %d</text>\n",
        LEFT + 8, TOP + 16, sqrt(sum2 / n), n));
    return end(page);
}
