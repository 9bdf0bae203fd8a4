#pragma once
/**
 * @file
 * @brief What a campaign evaluates: one task per crystal, and the numbers that come out. Plain values only.
 *
 * A surface waits for two references: the bulk (band edges relative to the mean potential) and the oriented bulk (energy
 * with the slab's own settings). A volume is one point of a crystal's equation of state and waits for nothing. A grain boundary is one candidate
 * for the structure of one; it waits for the energy of the bulk, and is started when the search asks for it. A winner is the structure that the search
 * ended with, computed by DFT. Numbers that do not exist are NaN.
 */
#include "kaimen/potential/calculator.h"

#include <stdbool.h>

#define KM_ID_SIZE 17 /* 16 hex digits of a SHA-256 */
#define KM_TASK_LABEL_SIZE 128
#define KM_TASK_TEXT_SIZE 32
#define KM_INTERFACE_N_DESCRIPTOR 6
#define KM_SLAB_NORMAL_AXIS 2 /* c of a slab is its normal, see builder/slab.h */

typedef enum {
    KM_TASK_BULK,
    KM_TASK_ORIENTED_BULK,
    KM_TASK_SURFACE,
    KM_TASK_VOLUME,
    KM_TASK_GRAIN_BOUNDARY,
    KM_TASK_WINNER
} km_task_kind;
#define KM_N_TASK_KIND 6

typedef enum {
    KM_TASK_QUEUED,
    KM_TASK_RUNNING,
    KM_TASK_DONE,   /* evaluated: there is a result */
    KM_TASK_FAILED, /* ended without one: the reason says why */
    KM_TASK_PRUNED  /* not evaluated, by its prediction */
} km_task_state;
#define KM_N_TASK_STATE 5

/** Facts of a slab that its crystal does not show. */
typedef struct {
    int miller[3];
    int termination;
    char type[4];                 /* "A", "B" */
    char name[KM_TASK_TEXT_SIZE]; /* such as "(110)a" */
    bool has_inversion;
    double area_bohr2;  /* of one face */
    double repeat_bohr; /* of the bulk along the normal */
    double n_bulk;      /* oriented bulk cells in the slab */
} km_surface;

/** Facts of a campaign of grain boundaries that a crystal does not show. */
typedef struct {
    char name[KM_TASK_TEXT_SIZE * 3]; /* of the boundary, such as "MgO S5(310)[001]" */
    int pair;                         /* of terminations */
    double shift[2];                  /* in the basis of the CNID cell */
    double gap_bohr;
    int n_removed;     /* atoms that were merged into others, at each boundary */
    int n_boundary;    /* in the cell */
    double area_bohr2; /* of one */
    bool by_dft;       /* of bulk crystals too: computed by DFT, and not with the potential */
    double
        surfaces_ha; /* excess energy of the two free surfaces beside one boundary and vacuum; 0: two boundaries */
    double rigid_j_m2; /* energy before relaxation, shells on their cores */
    double descriptor[KM_INTERFACE_N_DESCRIPTOR]; /* see campaign/boundary.h */
} km_interface;

typedef struct {
    char id[KM_ID_SIZE]; /* hash of the physical content */
    km_task_kind kind;
    km_task_state state;
    char label[KM_TASK_LABEL_SIZE];   /* such as "MgO (110)a" */
    char bulk[KM_TASK_TEXT_SIZE * 2]; /* name of the crystal it was made from */
    char bulk_id[KM_ID_SIZE];         /* references that must be done first; "" for none */
    char oriented_id[KM_ID_SIZE];
    km_surface surface;     /* zero for other kinds */
    km_interface interface; /* likewise */
    double
        volume_ratio; /* of a volume, to that of the crystal as it was given; 0 for other kinds */
    double volume_bohr3; /* of the cell */
    int n_atom;
    double priority;   /* larger ones first */
    double cost;       /* plane waves x bands x k-points, see cost.h */
    double estimate_s; /* the calculator's guess of its time */
    int n_attempt;     /* times it was started, interrupted ones too */
    int instance;      /* job that started it last, counted from 1; 0: none */
    int team;
    double started_s, ended_s;       /* seconds since 1970; 0: never */
    char outcome[KM_TASK_TEXT_SIZE]; /* km_outcome_name, "no vacuum plateau", "crashed", ... */
    char reason[KM_REASON_SIZE];
    bool is_planned;        /* the last job's input asks for it */
    double prediction_j_m2; /* of the policy before the calculation; NaN: none */
    double uncertainty_j_m2;
} km_task;

/** Surface quantities; see dft/edges.h. */
typedef struct {
    double gamma_j_m2;           /* of a surface or of a grain boundary */
    double gamma_unrelaxed_j_m2; /* with the atoms where they were cut; NaN: not relaxed */
    double ip_ev;                /* through the bulk */
    double ea_ev;
    double gap_ev;
    double ip_direct_ev; /* from the slab's own levels */
    double ea_direct_ev;
    double gap_direct_ev;
    double vacuum_lower_ha;
    double vacuum_upper_ha;
    double flatness_ha;
    double field_ev_ang;
} km_surface_result;

typedef struct {
    km_calculation calculation;
    double energy_ha; /* NaN where it did not converge */
    double gap_ev;    /* of the calculated cell; NaN without bands */
    km_surface_result surface;
    char outcome[KM_TASK_TEXT_SIZE];
    char reason[KM_REASON_SIZE];
    km_task_state
        state;        /* how the task ends: done, failed, or queued again when it was stopped */
    int n_relax_step; /* moves that were tried; 0: not relaxed */
    double max_force_ha_bohr; /* at the end of a relaxation; NaN: not relaxed */
    double
        max_stress_ha_bohr3; /* likewise, beyond the pressure; NaN: the cell was not relaxed */
    double volume_change; /* relaxed over first volume, less 1; NaN: the cell was not relaxed */
    double basis_error_ha; /* of a relaxed cell, see potential/relax.h; NaN: none */
    int n_rank;
    double time_s;
} km_result;

/** @brief "bulk", "oriented_bulk", "surface", "volume", "grain_boundary", "winner": also the groups of the database. Local. */
const char *km_task_kind_name(km_task_kind kind);

/** @brief "queued", "running", "done", "failed", "pruned". Local. */
const char *km_task_state_name(km_task_state state);

/** @brief Index of a name, -1 if unknown. Local. */
int km_task_kind_find(const char *name);
int km_task_state_find(const char *name);

/** @brief Whether a task is the volume of its crystal as it was given, the middle one of an equation of state. Local. */
bool km_task_is_central(const km_task *task);

/** @brief A result in which every number is NaN or 0. Local. */
km_result km_result_empty(void);

/** @brief Add a remark to a result's reason, behind those that are there; cut off where it is full. Local. */
void km_result_add_reason(km_result *result, const char *remark);

/**
 * @brief Identity of a task: 16 hex digits of the SHA-256 of its physical content. Local.
 *
 * The content is the kind, the cell rounded to 1e-4 bohr, the atoms wrapped into the cell, rounded to 1e-5 of it and sorted,
 * and the text (options that change the result, identities of references). It does not depend on the order of atoms.
 */
KM_STATUS km_task_identify(km_task_kind kind, const km_crystal *crystal, const char *text,
                           char id[KM_ID_SIZE]);
