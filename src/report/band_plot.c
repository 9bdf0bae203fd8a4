#include "kaimen/report/band_plot.h"

#include "kaimen/base/file.h"
#include "kaimen/base/memory.h"
#include "kaimen/base/text.h"

#include <math.h>
#include <string.h>

/* Pixels: two panels beside each other. */
#define WIDTH 860.0
#define HEIGHT 560.0
#define TOP 56.0
#define BOTTOM 506.0
#define LEFT 76.0
#define RIGHT 616.0
#define DOS_LEFT 640.0
#define DOS_RIGHT 836.0
#define LETTER 9.0 /* width of one */

/* Shown at most, below the VBM and above the CBM. */
static const double DEEPEST_EV = 20, HIGHEST_EV = 8;
/* Levels this close to an edge are that edge. */
static const double SAME_EV = 1e-3;

static const char style[] =
    "<style>text{font-family:Helvetica,Arial,sans-serif;font-size:14px;fill:#222}"
    ".title{font-size:16px;font-weight:bold}.tick{font-size:13px}"
    ".frame{fill:none;stroke:#222;stroke-width:1.2}.grid{stroke:#bbb;stroke-width:0.8}"
    ".zero{stroke:#888;stroke-width:1;stroke-dasharray:5 4}"
    ".band{fill:none;stroke-width:1.6;stroke-linejoin:round}"
    ".full{stroke:#1f4e9c}.empty{stroke:#c0561a}"
    ".down{stroke-dasharray:6 3}.dos.down{fill:none}"
    ".gap{fill:#f3ecd2}.dos{fill:#cfd8e8;stroke:#1f4e9c;stroke-width:1.2}"
    ".edge{fill:#fff;stroke:#222;stroke-width:1.4}</style>\n";

/* The window of energies and the largest values of both axes across. */
typedef struct {
    const km_band_plot *plot;
    int n_k;
    const double *place;
    double low_ev, high_ev, longest_bohr, dos_max;
    km_text text;
} canvas;

static double y_of(const canvas *c, double energy_ev)
{
    return BOTTOM - (energy_ev - c->low_ev) / (c->high_ev - c->low_ev) * (BOTTOM - TOP);
}

static double x_of(const canvas *c, double place_bohr)
{
    return LEFT + place_bohr / c->longest_bohr * (RIGHT - LEFT);
}

/* 1, 2 or 5 times a power of ten: about six steps over a range. */
static double tick_step(double range)
{
    const double step = pow(10, floor(log10(range / 6)));
    const double n = range / 6 / step;

    return step * (n < 1.5 ? 1 : n < 3.5 ? 2 : n < 7.5 ? 5 : 10);
}

/* Up to where every point of the path has all its bands, if that is not too high. */
static void find_window(canvas *c)
{
    const km_band_plot *p = c->plot;
    double lowest = 0, complete = INFINITY, gap = p->has_gap ? p->gap_ev : 0;

    for (int i = 0; i < c->n_k * p->n_spin; ++i) {
        lowest = fmin(lowest, p->band_ev[i * p->n_band]);
        complete = fmin(complete, p->band_ev[(i + 1) * p->n_band - 1]);
    }
    c->low_ev = floor(fmax(lowest - 0.5, -DEEPEST_EV));
    c->high_ev = ceil(fmin(fmax(complete, gap + 2), gap + HIGHEST_EV));
    c->longest_bohr = c->place[c->n_k - 1];
    for (int i = 0; i < p->n_energy; ++i)
        for (int s = 0; s < p->n_spin; ++s)
            if (p->energy_ev[i] >= c->low_ev && p->energy_ev[i] <= c->high_ev)
                c->dos_max = fmax(c->dos_max, 1.08 * p->dos_per_ev[s * p->n_energy + i]);
    if (c->dos_max <= 0) c->dos_max = 1;
}

static km_status draw_energy_axis(canvas *c)
{
    const double step = tick_step(c->high_ev - c->low_ev);
    const int last = (int)floor(c->high_ev / step + 1e-9);

    for (int i = (int)ceil(c->low_ev / step); i <= last; ++i) {
        const double e = i * step, y = y_of(c, e);

        KM_TRY(km_text_append(&c->text,
                              "<line class=\"frame\" x1=\"%.1f\" y1=\"%.2f\" x2=\"%.1f\" "
                              "y2=\"%.2f\"/>\n<text class=\"tick\" x=\"%.1f\" y=\"%.2f\" "
                              "text-anchor=\"end\">%s%g</text>\n",
                              LEFT - 6, y, LEFT, y, LEFT - 10, y + 4.5,
                              e < -step / 2 ? "\xe2\x88\x92" : "",
                              fabs(e) < step / 2 ? 0 : fabs(e)));
    }
    return km_text_append(
        &c->text,
        "<text transform=\"translate(24 %.1f) rotate(-90)\" "
        "text-anchor=\"middle\">E \xe2\x88\x92 E<tspan dy=\"4\" "
        "font-size=\"10\">%s</tspan><tspan dx=\"5\" dy=\"-4\">(eV)</tspan></text>\n",
        (TOP + BOTTOM) / 2, c->plot->has_gap ? "VBM" : "F");
}

static const char *display_name(const char *name)
{
    return strcmp(name, "G") == 0 ? "\xce\x93" : name;
}

/* A line and a name at each point; at a break of the path both names. */
static km_status draw_marks(canvas *c)
{
    int n_mark;
    const km_path_mark *mark = km_path_marks(c->plot->path, &n_mark);
    double end = -INFINITY;
    int row = 0;

    for (int i = 0; i < n_mark; ++i) {
        const km_path_mark *first = &mark[i], *second = NULL;
        const double place = c->place[first->ik], x = x_of(c, place);
        size_t n_letter = strlen(first->name);

        if (i + 1 < n_mark && c->place[mark[i + 1].ik] == place) {
            second = &mark[++i];
            n_letter += 1 + strlen(second->name);
        }
        /* Names that would touch stand on two lines. */
        row = x - LETTER / 2 * (double)n_letter < end ? 1 - row : 0;
        end = x + LETTER / 2 * (double)n_letter;
        KM_TRY(km_text_append(&c->text,
                              "<line class=\"grid\" x1=\"%.2f\" y1=\"%.1f\" x2=\"%.2f\" "
                              "y2=\"%.1f\"/>\n<text x=\"%.2f\" y=\"%.1f\" "
                              "text-anchor=\"middle\">%s%s%s</text>\n",
                              x, TOP, x, BOTTOM, x, BOTTOM + 20 + 16 * row,
                              display_name(first->name), second ? "|" : "",
                              second ? display_name(second->name) : ""));
    }
    return KM_OK;
}

/* One band, those that are down after those that are up; the line starts anew after a break. */
static km_status draw_band(canvas *c, int band)
{
    const km_band_plot *p = c->plot;
    const int n_level = p->n_spin * p->n_band;
    double top = -INFINITY;

    for (int ik = 0; ik < c->n_k; ++ik) top = fmax(top, p->band_ev[ik * n_level + band]);
    KM_TRY(km_text_append(&c->text, "<path class=\"band %s%s\" d=\"",
                          top < SAME_EV || !p->has_gap ? "full" : "empty",
                          band < p->n_band ? "" : " down"));
    for (int ik = 0; ik < c->n_k; ++ik) {
        const bool is_start = ik == 0 || c->place[ik] == c->place[ik - 1];

        KM_TRY(km_text_append(&c->text, "%s%.2f %.2f", is_start ? "M" : "L",
                              x_of(c, c->place[ik]), y_of(c, p->band_ev[ik * n_level + band])));
    }
    return km_text_append(&c->text, "\"/>\n");
}

/* Circles where the path touches the VBM and the CBM. */
static km_status draw_edges(canvas *c)
{
    const km_band_plot *p = c->plot;

    const int n_level = p->n_spin * p->n_band;

    for (int i = 0; p->has_gap && i < c->n_k * n_level; ++i) {
        const double e = p->band_ev[i];

        if (fabs(e) > SAME_EV && fabs(e - p->gap_ev) > SAME_EV) continue;
        KM_TRY(km_text_append(&c->text,
                              "<circle class=\"edge\" cx=\"%.2f\" cy=\"%.2f\" r=\"3.5\"/>\n",
                              x_of(c, c->place[i / n_level]), y_of(c, e)));
    }
    return KM_OK;
}

static km_status draw_bands(canvas *c)
{
    KM_TRY(km_text_append(&c->text, "<g clip-path=\"url(#bands)\">\n"));
    for (int j = 0; j < c->plot->n_spin * c->plot->n_band; ++j) KM_TRY(draw_band(c, j));
    KM_TRY(draw_edges(c));
    return km_text_append(&c->text, "</g>\n");
}

static km_status draw_dos_axis(canvas *c)
{
    const double step = 2 * tick_step(c->dos_max);
    const int n_tick = (int)ceil(c->dos_max / step);

    for (int i = 0; i < n_tick; ++i) {
        const double g = i * step;

        KM_TRY(km_text_append(&c->text,
                              "<text class=\"tick\" x=\"%.2f\" y=\"%.1f\" "
                              "text-anchor=\"middle\">%g</text>\n",
                              DOS_LEFT + g / c->dos_max * (DOS_RIGHT - DOS_LEFT), BOTTOM + 20,
                              g));
    }
    return km_text_append(&c->text,
                          "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">states / eV / "
                          "cell</text>\n",
                          (DOS_LEFT + DOS_RIGHT) / 2, BOTTOM + 42);
}

static km_status draw_dos(canvas *c, int spin)
{
    const km_band_plot *p = c->plot;
    const double *dos = p->dos_per_ev + (long)spin * p->n_energy;

    KM_TRY(km_text_append(&c->text,
                          "<path clip-path=\"url(#dos)\" class=\"dos%s\" d=\"M%.1f %.2f",
                          spin == 0 ? "" : " down", DOS_LEFT, y_of(c, p->energy_ev[0])));
    for (int i = 0; i < p->n_energy; ++i)
        KM_TRY(km_text_append(&c->text, "L%.2f %.2f",
                              DOS_LEFT + dos[i] / c->dos_max * (DOS_RIGHT - DOS_LEFT),
                              y_of(c, p->energy_ev[i])));
    return km_text_append(&c->text, "L%.1f %.2fZ\"/>\n", DOS_LEFT,
                          y_of(c, p->energy_ev[p->n_energy - 1]));
}

/* The band of forbidden energies, zero and frame of one panel. */
static km_status draw_panel(canvas *c, double left, double right)
{
    const double gap = c->plot->has_gap ? c->plot->gap_ev : 0;

    if (gap > 0)
        KM_TRY(km_text_append(
            &c->text,
            "<rect class=\"gap\" x=\"%.1f\" y=\"%.2f\" width=\"%.1f\" height=\"%.2f\"/>\n",
            left, y_of(c, gap), right - left, y_of(c, 0) - y_of(c, gap)));
    return km_text_append(
        &c->text, "<line class=\"zero\" x1=\"%.1f\" y1=\"%.2f\" x2=\"%.1f\" y2=\"%.2f\"/>\n",
        left, y_of(c, 0), right, y_of(c, 0));
}

static km_status draw_frame(canvas *c, double left, double right)
{
    return km_text_append(
        &c->text,
        "<rect class=\"frame\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>\n", left,
        TOP, right - left, BOTTOM - TOP);
}

static km_status draw_title(canvas *c)
{
    const km_band_plot *p = c->plot;

    KM_TRY(km_text_append(&c->text, "<text class=\"title\" x=\"%.1f\" y=\"34\">%s</text>\n",
                          LEFT, p->title));
    if (!p->has_gap)
        return km_text_append(
            &c->text, "<text x=\"%.1f\" y=\"34\" text-anchor=\"end\">no gap</text>\n", RIGHT);
    return km_text_append(&c->text,
                          "<text x=\"%.1f\" y=\"34\" text-anchor=\"end\">gap %.2f eV%s%.2f "
                          "eV</text>\n",
                          RIGHT, p->gap_ev,
                          p->gap_direct_ev - p->gap_ev > SAME_EV ? ", smallest direct gap "
                                                                 : ", direct: ",
                          p->gap_direct_ev);
}

static km_status open_svg(canvas *c)
{
    return km_text_append(
        &c->text,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%g\" height=\"%g\" "
        "viewBox=\"0 0 %g %g\">\n%s"
        "<clipPath id=\"bands\"><rect x=\"%g\" y=\"%g\" width=\"%g\" height=\"%g\"/>"
        "</clipPath>\n<clipPath id=\"dos\"><rect x=\"%g\" y=\"%g\" width=\"%g\" "
        "height=\"%g\"/></clipPath>\n<rect width=\"%g\" height=\"%g\" fill=\"#fff\"/>\n",
        WIDTH, HEIGHT, WIDTH, HEIGHT, style, LEFT, TOP, RIGHT - LEFT, BOTTOM - TOP, DOS_LEFT,
        TOP, DOS_RIGHT - DOS_LEFT, BOTTOM - TOP, WIDTH, HEIGHT);
}

static km_status draw(canvas *c)
{
    KM_TRY(open_svg(c));
    KM_TRY(draw_title(c));
    KM_TRY(draw_panel(c, LEFT, RIGHT));
    KM_TRY(draw_panel(c, DOS_LEFT, DOS_RIGHT));
    KM_TRY(draw_energy_axis(c));
    KM_TRY(draw_marks(c));
    KM_TRY(draw_bands(c));
    for (int s = 0; s < c->plot->n_spin; ++s) KM_TRY(draw_dos(c, s));
    KM_TRY(draw_dos_axis(c));
    KM_TRY(draw_frame(c, LEFT, RIGHT));
    KM_TRY(draw_frame(c, DOS_LEFT, DOS_RIGHT));
    return km_text_append(&c->text, "</svg>\n");
}

km_status km_band_plot_write_svg(const km_band_plot *plot, const char *path)
{
    canvas c = {.plot = plot};
    km_status status;

    km_path_k_frac(plot->path, &c.n_k);
    c.place = km_path_place_bohr(plot->path);
    find_window(&c);
    status = draw(&c);
    if (status == KM_OK) status = km_file_write_text(path, c.text.bytes);
    KM_FREE(c.text.bytes);
    return status;
}
