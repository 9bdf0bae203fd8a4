#pragma once
/* Plots of one grain boundary as SVG, appended to a page. Local. */
#include "kaimen/base/text.h"
#include "kaimen/campaign/boundary_trace.h"

/* Lowest energy against trial, and random drawing. */
KM_STATUS km_boundary_plot_trace(const km_boundary_traces *all, int i, km_text *page);

/* The rigid map in its cell, with the shifts that were tried; nothing where there is none. */
KM_STATUS km_boundary_plot_map(const km_boundary_traces *all, int i, km_text *page);

/* Prediction, with its deviation, against the relaxed energy; nothing where nothing was predicted. */
KM_STATUS km_boundary_plot_predictions(const km_boundary_traces *all, int i, km_text *page);
