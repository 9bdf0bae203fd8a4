#pragma once
/**
 * @file
 * @brief What a user may set of a DFT calculation: plain values.
 */
#include <stdbool.h>

#define KM_MAX_PSEUDO 32
#define KM_PATH_SIZE 512

typedef enum { KM_QUALITY_LITE, KM_QUALITY_STANDARD, KM_QUALITY_ACCURATE } km_quality;
typedef enum { KM_FUNCTIONAL_LDA, KM_FUNCTIONAL_PBE, KM_FUNCTIONAL_PBESOL } km_functional;
typedef enum { KM_SMEARING_NONE, KM_SMEARING_GAUSSIAN, KM_SMEARING_FERMI_DIRAC } km_smearing;
typedef enum { KM_SPIN_NONE, KM_SPIN_COLLINEAR } km_spin;
typedef enum {
    KM_ARITHMETIC_AUTO,
    KM_ARITHMETIC_INVERSION,
    KM_ARITHMETIC_COMPLEX
} km_arithmetic;
typedef enum { KM_PRECISION_MIXED, KM_PRECISION_DOUBLE } km_precision;

/** Where the pseudopotential of one element comes from. */
typedef struct {
    char symbol[4];
    char file
        [KM_PATH_SIZE]; /* a path, or GTH_POTENTIALS / POTENTIAL_UZH as found by km_pseudo_find_file */
    char entry
        [48]; /* of a GTH file, such as GTH-PBE-q6; "": the element's first of the family */
} km_pseudo_choice;

typedef struct {
    char family
        [KM_PATH_SIZE]; /* of each element not listed below: a folder of UPF or psp8 files, else
                           a name such as GTH-PBE: default entries of GTH_POTENTIALS */
    int n_choice;
    km_pseudo_choice choice[KM_MAX_PSEUDO];
} km_pseudo_options;

/** Where the moments of one element start. */
typedef struct {
    char symbol[4];
    double moment_mub; /* Bohr magnetons per atom, > 0: up */
} km_moment_choice;

typedef struct {
    double energy_tolerance_ha; /* per cell: estimated error of the total energy */
    int max_iteration;          /* of each rung of the retry ladder */
    double mixing;              /* fraction of the new density, (0, 1] */
    int mixing_history;         /* densities kept by Pulay mixing */
    bool
        warm_start; /* begin with the bands and density of the calculation before, where the crystal is nearly the same */
} km_scf_options;

typedef struct {
    km_quality quality;
    km_functional functional;
    km_pseudo_options pseudo;
    double ecut_ha;
    int grid[3];           /* FFT points; all 0: the smallest fitting grid times grid_factor */
    double grid_factor;    /* 1: holds every G of the density (2 G_max); 0.75: reduced */
    int k_mesh[3];         /* all 0: from k_spacing */
    int k_shift[3];        /* 0 or 1: half a step */
    double k_spacing_bohr; /* largest distance of mesh points, 1/bohr, 2 pi included */
    int n_band;            /* 0: occupied bands and some empty ones */
    km_smearing smearing;
    double smearing_width_ha;
    km_spin spin;
    double total_moment_mub; /* of the cell, electrons up less electrons down; NaN: free */
    int n_moment;            /* of crystals whose atoms bring no moments of their own */
    km_moment_choice moment[KM_MAX_PSEUDO];
    km_scf_options scf;
    km_arithmetic arithmetic;
    km_precision precision;
    bool use_symmetry;   /* reduce the k-points and symmetrise density and forces */
    int scalapack_above; /* largest order of a subspace problem that each rank solves by itself */
} km_dft_options;

/** @brief Every value that a quality level sets. Local. */
km_dft_options km_dft_options_default(km_quality quality);

/** @brief 1, or 2 with collinear spin. Local. */
int km_dft_options_n_spin(const km_dft_options *options);

/** @brief Whether there is spin and the moment of the cell is fixed. Local. */
bool km_dft_options_has_fixed_moment(const km_dft_options *options);

const char *km_functional_name(km_functional functional);
