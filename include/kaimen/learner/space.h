#pragma once
/**
 * @file
 * @brief Coordinates of candidates, and how far two of them are from each other.
 *
 * A candidate is n_x numbers. The first n_shift are a rigid shift of one grain along the boundary, in a plane (2) or along a
 * line (1): the energy repeats with a lattice, so that a shift lives on a torus. The others, such as a gap, are plain numbers.
 * Each reciprocal vector b of the lattice winds the shift r once around a circle of radius 1/|b|; a point is embedded by its
 * place (cos b.r, sin b.r)/|b| on circles of the three shortest vectors (of one in a line), and by its plain numbers. Small shifts are then as far
 * from each other as they are, equal ones are one point, and a kernel of the distance is positive definite. Every circle and
 * every plain number is a direction with a length of its own.
 *
 * Source of the circle: D. J. C. MacKay, Introduction to Gaussian processes, NATO ASI Series F 168, 133 (1998), section 5.2.
 */
#include "kaimen/base/status.h"

/** Most directions of a space. */
#define KM_SPACE_MAX 16

typedef struct {
    int n_x;
    int n_shift;       /* 0, 1 or 2; they stand first */
    double lattice[4]; /* vectors as rows, [n_shift][n_shift] */
} km_space;

/** @brief Whether the lattice is one and the numbers fit. Local. @return KM_E_ARGUMENT with what is wrong */
KM_STATUS km_space_check(const km_space *space);

/** @brief Directions: circles, then plain numbers. Local. */
int km_space_n_direction(const km_space *space);

/** @brief Numbers of an embedded point: two for a circle, one for a plain number. Local. */
int km_space_n_feature(const km_space *space);

/** @brief Embed n points: x [n][n_x] to feature [n][n_feature]. Local. */
void km_space_embed(const km_space *space, int n, const double *x, double *feature);

/** @brief Squared distance of two embedded points along each direction, [n_direction]. Local. */
void km_space_distance2(const km_space *space, const double *a, const double *b,
                        double *distance2);

/** @brief Largest extent of embedded points along each direction: of a circle its diameter. Local. */
void km_space_extent(const km_space *space, int n, const double *feature, double *extent);
