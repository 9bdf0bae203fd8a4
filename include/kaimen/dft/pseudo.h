#pragma once
/**
 * @file
 * @brief The norm-conserving pseudopotential of one element: a local potential and separable projectors.
 *
 *     V = V_loc(r) + sum_l sum_m sum_ij |p_i^l Y_lm> h_ij^l <p_j^l Y_lm|
 *
 * Everything the rest of the program knows of it are radial functions, in real and in reciprocal space. With Y_lm the
 * real harmonics of math/special.h and q = k + G, the plane-wave matrix elements of an atom at tau are
 *
 *     <q|V_loc|q'>  = 1/Omega V_loc(|q - q'|) exp(-i (q - q') tau)
 *     <q|p_i^l Y_lm> = 4 pi / sqrt(Omega) (-i)^l Y_lm(q) p_i^l(|q|) exp(-i q tau)
 *     p_i^l(q) = integral of r^2 j_l(qr) p_i^l(r) dr
 *
 * V_loc(q) holds the Coulomb tail -4 pi Z/q^2; what is left of it at q = 0 is alpha.
 *
 * A nonlinear core correction adds a density of the core to that of the valence electrons in exchange and correlation.
 *
 * Files: GTH/HGH entries in CP2K's format (GTH_POTENTIALS, POTENTIAL_UZH, NLCC_POTENTIALS); UPF files of
 * version 2 and ABINIT's psp8 files, norm-conserving and scalar-relativistic, such as those of PseudoDojo.
 * Source: Hartwigsen, Goedecker, Hutter, Phys. Rev. B 58, 3641 (1998), eqs. 1 to 13;
 * Krack, Theor. Chem. Acc. 114, 145 (2005); Willand et al., J. Chem. Phys. 138, 104109 (2013) (GTH with a core);
 * Louie, Froyen, Cohen, Phys. Rev. B 26, 1738 (1982) (core correction);
 * Hamann, Phys. Rev. B 88, 085117 (2013); van Setten et al., Comput. Phys. Commun. 226, 39 (2018) (PseudoDojo).
 */
#include "kaimen/base/status.h"
#include "kaimen/dft/options.h"

#include <stdbool.h>
#include <stddef.h>

#define KM_L_MAX 3         /* s, p, d, f */
#define KM_PROJECTOR_MAX 4 /* of one l */
#define KM_LABEL_SIZE 48
#define KM_FUNCTIONAL_SIZE 32

typedef struct km_pseudo km_pseudo;

/** What an entry says of itself. */
typedef struct {
    char symbol[4];
    int z;
    double z_valence;
    int n_electron[KM_L_MAX +
                   1]; /* valence electrons of each l in the reference configuration */
    char label
        [KM_LABEL_SIZE]; /* first name of a GTH entry, such as GTH-PBE-q6; else the file's name */
    char functional
        [KM_FUNCTIONAL_SIZE]; /* as the file says: PBE, PADE, ...; "" if it does not */
    char path[KM_PATH_SIZE];
    int line;        /* of the entry in the file, from 1 */
    char sha256[65]; /* of the whole file, lower-case hex */
} km_pseudo_info;

/** The projectors of one angular momentum. */
typedef struct {
    int l;
    int n_projector;
    double coupling_ha[KM_PROJECTOR_MAX][KM_PROJECTOR_MAX]; /* h_ij, symmetric */
} km_pseudo_channel;

/**
 * @brief Find a pseudopotential file. Local.
 *
 * Looks for the file as given (a relative one in `folder`), then for its name in $KAIMEN_PSEUDO_DIR, then in
 * /usr/share/cp2k, where Debian's package cp2k-data puts GTH_POTENTIALS, POTENTIAL_UZH and NLCC_POTENTIALS.
 *
 * @param[in]  file    path or bare name
 * @param[in]  folder  folder of the input file that names it; NULL or "" for the working directory
 * @param[in]  n_path  size of path
 * @param[out] path    where it is
 * @return KM_E_INPUT naming every place that was tried
 */
KM_STATUS km_pseudo_find_file(const char *file, const char *folder, size_t n_path, char *path);

/**
 * @brief Find the folder that a family of UPF or psp8 files is. Local.
 *
 * @param[in]  family  path or name, looked for as it is (a relative one in `folder`), then in $KAIMEN_PSEUDO_DIR
 * @param[in]  folder  as of km_pseudo_find_file()
 * @param[in]  n_path  size of path
 * @param[out] path    where it is
 * @return whether it names a folder; a GTH family does not
 */
bool km_pseudo_find_folder(const char *family, const char *folder, size_t n_path, char *path);

/**
 * @brief Find the file of one element in a folder: Mg.upf, Mg_ONCV_PBE-1.2.upf, mg.psp8, ... Local.
 *
 * The name starts with the symbol, then comes no letter; it ends with .upf or .psp8. Case does not matter.
 *
 * @return KM_E_INPUT when there is no such file or more than one, naming them
 */
KM_STATUS km_pseudo_find_element(const char *folder, const char *symbol, size_t n_path,
                                 char *path);

/**
 * @brief Read the pseudopotential of one element. Local.
 *
 * A file whose first character is '<' or whose name ends with .upf is UPF, .psp8 is psp8, all others are GTH.
 *
 * @param[in]  path    file, as from km_pseudo_find_file()
 * @param[in]  symbol  element, such as "Mg"
 * @param[in]  entry   any name or alias of the entry, such as "GTH-PBE-q2", of a GTH file only; NULL or "": the entry that carries
 *                     the family itself as an alias, else the element's first entry named FAMILY-q*
 * @param[in]  family  such as "GTH-PBE"; used only where entry is empty
 * @param[out] pseudo  ended with km_pseudo_destroy(); NULL on failure
 * @return KM_E_INPUT for a file that cannot be read, no such entry or a broken one (FILE:LINE: message)
 */
KM_STATUS km_pseudo_read(const char *path, const char *symbol, const char *entry,
                         const char *family, km_pseudo **pseudo);

/** @brief Free a pseudopotential and set the pointer to NULL; accepts NULL. Local. */
void km_pseudo_destroy(km_pseudo **pseudo);

/** @brief Facts about the entry; borrowed from the pseudopotential. Local. */
const km_pseudo_info *km_pseudo_describe(const km_pseudo *pseudo);

/** @brief Whether the file was made for a functional; true where it does not say for which. Local. */
bool km_pseudo_fits(const km_pseudo *pseudo, km_functional functional);

/**
 * @brief V_loc(q), Ha bohr^3, at n points q >= 0, 1/bohr. Local.
 *
 * For q > 0 it includes -4 pi Z/q^2; at q = 0 it is alpha, the finite part.
 */
void km_pseudo_compute_local(const km_pseudo *pseudo, int n, const double *q_bohr,
                             double *v_ha_bohr3);

/** @brief dV_loc/dq, Ha bohr^4, at n points; 0 at q = 0. Local. */
void km_pseudo_compute_local_slope(const km_pseudo *pseudo, int n, const double *q_bohr,
                                   double *slope_ha_bohr4);

/** @brief alpha = limit of V_loc(q) + 4 pi Z/q^2 for q -> 0, Ha bohr^3. Local. */
double km_pseudo_alpha_ha_bohr3(const km_pseudo *pseudo);

/** @brief V_loc(r), Ha, at n points r >= 0, bohr. Local. */
void km_pseudo_compute_local_real(const km_pseudo *pseudo, int n, const double *r_bohr,
                                  double *v_ha);

/** @brief Number of angular momenta that have projectors. Local. */
int km_pseudo_n_channel(const km_pseudo *pseudo);

/** @brief Channel ic < n_channel, l ascending; borrowed from the pseudopotential. Local. */
const km_pseudo_channel *km_pseudo_channel_at(const km_pseudo *pseudo, int ic);

/** @brief p_i^l(q), bohr^(3/2), of projector ip of channel ic at n points q >= 0, 1/bohr. Local. */
void km_pseudo_compute_projector(const km_pseudo *pseudo, int ic, int ip, int n,
                                 const double *q_bohr, double *p_bohr32);

/** @brief dp_i^l/dq, bohr^(5/2); arguments as of km_pseudo_compute_projector(). Local. */
void km_pseudo_compute_projector_slope(const km_pseudo *pseudo, int ic, int ip, int n,
                                       const double *q_bohr, double *slope_bohr52);

/** @brief p_i^l(r), bohr^(-3/2), at n points r >= 0, bohr; the integral of r^2 p^2 is 1. Local. */
void km_pseudo_compute_projector_real(const km_pseudo *pseudo, int ic, int ip, int n,
                                      const double *r_bohr, double *p_bohr);

/** @brief Whether there is a nonlinear core correction; all functions below are 0 without. Local. */
bool km_pseudo_has_core(const km_pseudo *pseudo);

/** @brief Core density, 4 pi integral of r^2 rho_c(r) j_0(qr) dr, at n points q >= 0, 1/bohr. Local. */
void km_pseudo_compute_core(const km_pseudo *pseudo, int n, const double *q_bohr,
                            double *density);

/** @brief Its derivative by q, bohr. Local. */
void km_pseudo_compute_core_slope(const km_pseudo *pseudo, int n, const double *q_bohr,
                                  double *slope_bohr);

/** @brief rho_c(r), 1/bohr^3, and its derivative, 1/bohr^4, at n points r >= 0, bohr. Local. */
void km_pseudo_compute_core_real(const km_pseudo *pseudo, int n, const double *r_bohr,
                                 double *density_bohr3, double *slope_bohr4);
