#pragma once
/**
 * @file
 * @brief What a campaign found, as tables made from its ledger. All functions are local.
 *
 * Surfaces are sorted by crystal, then by surface energy; those without one come last.
 */
#include "kaimen/campaign/ledger.h"
#include "kaimen/report/table.h"

/** @brief For people: surface, termination, atoms, gamma, IP, EA, gap, seconds, outcome; one row per surface. */
KM_STATUS km_report_ranking(km_ledger *ledger, km_table **table);

/** @brief For programs: every number of every surface; the columns' names end in their units. */
KM_STATUS km_report_surfaces(km_ledger *ledger, km_table **table);

/** @brief For programs: every number of every candidate of a grain boundary, relaxed or not, likewise. */
KM_STATUS km_report_candidates(km_ledger *ledger, km_table **table);

/** @brief Tasks that failed or did not converge, each with its reason. */
KM_STATUS km_report_failures(km_ledger *ledger, km_table **table);

/** @brief Tasks that are running now, with team and seconds since their start. */
KM_STATUS km_report_running(km_ledger *ledger, double now_s, km_table **table);

/**
 * @brief Every computed structure of the ledger as one extended XYZ file: Ang, eV, eV/Ang, as ASE reads them.
 * @return KM_E_IO naming the file
 */
KM_STATUS km_report_write_extxyz(km_ledger *ledger, const char *path, int *n_frame);

/** @brief Every step of every relaxation, likewise; `step` counts those of one id from 0. */
KM_STATUS km_report_write_trajectories(km_ledger *ledger, const char *path, int *n_frame);
