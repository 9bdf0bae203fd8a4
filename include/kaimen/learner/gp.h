#pragma once
/**
 * @file
 * @brief Exact Gaussian process (kriging): a trend and what correlates with distance. All functions but km_gp_fit are local.
 *
 * y(x) = sum_j c_j t_j(x) + z(x) + noise. The trends t_j are functions that the caller gives values of at each point: usually the
 * constant 1, and predictions from elsewhere (a rigid map, a model of another boundary). Their coefficients have normal priors, so that
 * a prediction is trusted as far as the data bear it out. z has the Matern kernel of order 5/2
 *
 *     k(d) = s^2 (1 + sqrt5 d + 5/3 d^2) exp(-sqrt5 d),  d^2 = sum_i (d_i / l_i)^2
 *
 * with a length l_i for each direction of the space. The logarithms of s, of the noise and of the lengths have normal priors and are found by
 * their largest posterior density (marginal likelihood times priors).
 *
 * Source: C. E. Rasmussen, C. K. I. Williams, Gaussian Processes for Machine Learning (2006), equations 2.25, 2.26, 2.41, 4.17,
 * 5.8, 5.9.
 */
#include "kaimen/learner/space.h"

#include <mpi.h>
#include <stdbool.h>

#define KM_GP_MAX_TREND 4

/** A normal distribution of a logarithm. */
typedef struct {
    double mean, deviation;
} km_gp_prior;

/** What is found by fitting: logarithms of the deviation of z, of that of the noise, and of the lengths. */
typedef struct {
    double log_amplitude, log_noise, log_length[KM_SPACE_MAX];
} km_gp_parameters;

typedef struct {
    km_gp_prior amplitude, noise, length[KM_SPACE_MAX];
    int n_trend;
    struct {
        double mean, deviation; /* of the coefficient */
    } trend[KM_GP_MAX_TREND];
} km_gp_priors;

/** Ranks of one kind that fit the same process to the same points: above so many, they factorise its covariance together. */
typedef struct {
    MPI_Comm
        comm; /* MPI_COMM_NULL: each rank by itself; else borrowed, for as long as the process lives */
    int scalapack_above;
} km_gp_team;

/** Where two ranks that share a factor come near what each of them takes alone, see docs/performance.md. */
#define KM_GP_SCALAPACK_ABOVE 2400

typedef struct km_gp km_gp;

/** @brief A process without points, of this rank or of a team. Local. @return KM_E_ARGUMENT for a space or number of trends that is none */
KM_STATUS km_gp_create(const km_space *space, const km_gp_priors *priors,
                       const km_gp_team *team, km_gp **gp);

/** @brief Free and set to NULL; accepts NULL. */
void km_gp_destroy(km_gp **gp);

/**
 * @brief Take n points and find the parameters, starting from parameters. Collective on the team, of which all ranks give the same.
 *
 * @param[in]     x           [n][n_x]
 * @param[in]     trend       [n][n_trend]
 * @param[in]     y           [n]
 * @param[in]     is_free     find the parameters; else keep those given
 * @param[in,out] parameters  where to start; what was found
 * @return KM_E_NUMERIC if the covariance is singular, on every rank of the team
 */
KM_STATUS km_gp_fit(km_gp *gp, int n, const double *x, const double *trend, const double *y,
                    bool is_free, km_gp_parameters *parameters);

/** @brief Logarithm of the marginal likelihood of the points, without the priors. */
double km_gp_log_likelihood(const km_gp *gp);

/** @brief Mean and standard deviation of y without noise, [n] each, at n points; deviation may be NULL. */
KM_STATUS km_gp_predict(const km_gp *gp, int n, const double *x, const double *trend,
                        double *mean, double *deviation);

/** @brief Joint covariance of y without noise, [n][n], and mean, [n], at n points. */
KM_STATUS km_gp_predict_jointly(const km_gp *gp, int n, const double *x, const double *trend,
                                double *mean, double *covariance);
