#include "dft/dft_record.h"

#include "kaimen/base/memory.h"
#include "kaimen/crystal/element.h"

static km_status write_history(const km_ground_state *state, km_h5 *group)
{
    km_status status = KM_OK;
    double *table = NULL;
    int n, shape[2];
    const km_scf_step *step = km_ground_state_history(state, &n);

    KM_TRY(KM_ALLOC(table, 3 * n));
    for (int i = 0; i < n; ++i) {
        table[i] = step[i].energy_ha;
        table[n + i] = step[i].error_ha;
        table[2 * n + i] = (double)step[i].n_h_apply;
    }
    shape[0] = n;
    KM_TRY_TO(end, km_h5_write_doubles(group, "scf_energy", "Ha", 1, shape, table));
    KM_TRY_TO(end, km_h5_write_doubles(group, "scf_error", "Ha", 1, shape, table + n));
    KM_TRY_TO(end, km_h5_write_doubles(group, "scf_h_apply", "", 1, shape, table + 2 * n));
end:
    KM_FREE(table);
    return status;
}

static km_status write_kpoints(const km_ground_state *state, km_h5 *group)
{
    const km_kpoints *kpoints = km_ground_state_kpoints(state);
    const int n_k = km_kpoints_n(kpoints), n_band = km_ground_state_n_band(state);
    const int n_spin = km_ground_state_n_spin(state);
    const int levels[2] = {n_k, n_band}, spin_levels[3] = {n_k, n_spin, n_band};
    int shape[2] = {n_k, 3};
    double *table = NULL;
    km_status status = KM_OK;

    KM_TRY(KM_ALLOC(table, 3 * n_k));
    for (int ik = 0; ik < n_k; ++ik)
        for (int x = 0; x < 3; ++x) table[3 * ik + x] = km_kpoints_frac(kpoints, ik)[x];
    KM_TRY_TO(end, km_h5_write_doubles(group, "k_frac", "", 2, shape, table));
    KM_TRY_TO(end,
              km_h5_write_doubles(group, "k_weight", "", 1, shape, km_kpoints_weight(kpoints)));
    KM_TRY_TO(end, km_h5_write_doubles(group, "eigenvalues", "Ha", n_spin == 2 ? 3 : 2,
                                       n_spin == 2 ? spin_levels : levels,
                                       km_ground_state_eigenvalues(state)));
    shape[0] = 3;
    KM_TRY_TO(end, km_h5_write_ints(group, "k_mesh", 1, shape, km_ground_state_k_mesh(state)));
    KM_TRY_TO(end, km_h5_write_ints(group, "fft_grid", 1, shape,
                                    km_grid_n(km_ground_state_grid(state))));
end:
    KM_FREE(table);
    return status;
}

static km_status write_terms(const km_scf_result *scf, km_h5 *group)
{
    KM_TRY(km_h5_write_double(group, "energy_local", "Ha", scf->term_ha[KM_TERM_LOCAL]));
    KM_TRY(km_h5_write_double(group, "energy_hartree", "Ha", scf->term_ha[KM_TERM_HARTREE]));
    KM_TRY(km_h5_write_double(group, "energy_xc", "Ha", scf->term_ha[KM_TERM_XC]));
    KM_TRY(km_h5_write_double(group, "energy_ion", "Ha", scf->term_ha[KM_TERM_ION]));
    KM_TRY(km_h5_write_double(group, "energy_free", "Ha", scf->free_energy_ha));
    KM_TRY(km_h5_write_double(group, "entropy", "Ha", scf->occupation.entropy_ha));
    KM_TRY(km_h5_write_double(group, "energy_error", "Ha", scf->error_ha));
    KM_TRY(km_h5_write_int(group, "n_h_apply", scf->n_h_apply));
    return km_h5_write_int(group, "n_fft", scf->n_fft);
}

/* Per SCF iteration, of the busiest rank and of all. */
static km_status write_traffic(const km_scf_result *scf, km_h5 *group)
{
    const double n = scf->n_iteration > 0 ? scf->n_iteration : 1;

    KM_TRY(km_h5_write_double(group, "sent_calls", "",
                              (double)km_traffic_n_call(&scf->traffic) / n));
    KM_TRY(km_h5_write_double(group, "sent", "byte",
                              (double)km_traffic_n_byte(&scf->traffic) / n));
    return km_h5_write_double(group, "sent_all", "byte",
                              (double)km_traffic_n_byte(&scf->traffic_all) / n);
}

static km_status write_magnetisation(const km_dft *dft, km_h5 *group)
{
    const km_scf_result *scf = km_dft_scf_result(dft);
    const km_crystal *crystal = km_dft_crystal(dft);
    const int n_atom = km_crystal_n_atom(crystal);

    if (km_ground_state_n_spin(km_dft_ground_state(dft)) == 1) return KM_OK;
    KM_TRY(km_h5_write_doubles(group, "starting_moments", "mu_B", 1, &n_atom,
                               km_crystal_moments_mub(crystal)));
    KM_TRY(km_h5_write_double(group, "total_moment", "mu_B", scf->moment_mub));
    return km_h5_write_double(group, "absolute_moment", "mu_B", scf->absolute_moment_mub);
}

static km_status write_pseudos(const km_dft *dft, km_h5 *group)
{
    for (int z = 1; z <= KM_Z_MAX; ++z) {
        const km_pseudo *pseudo = km_dft_pseudo(dft, z);
        const km_pseudo_info *info;
        km_h5 *entry = NULL;
        km_status status = KM_OK;

        if (!pseudo) continue;
        info = km_pseudo_describe(pseudo);
        KM_TRY(km_h5_create_group(group, info->symbol, &entry));
        KM_TRY_TO(end, km_h5_write_text(entry, "label", info->label));
        KM_TRY_TO(end, km_h5_write_text(entry, "path", info->path));
        KM_TRY_TO(end, km_h5_write_text(entry, "sha256", info->sha256));
        status = km_h5_write_double(entry, "z_valence", "", info->z_valence);
    end:
        km_h5_close(&entry);
        KM_TRY(status);
    }
    return KM_OK;
}

km_status km_dft_write(void *self, km_h5 *group)
{
    const km_dft *dft = self;
    const km_ground_state *state = km_dft_ground_state(dft);
    km_h5 *pseudos = NULL;
    km_status status;

    KM_TRY(KM_CHECK(state, KM_E_ARGUMENT, "nothing was computed yet"));
    KM_TRY(write_history(state, group));
    KM_TRY(write_kpoints(state, group));
    KM_TRY(write_terms(km_dft_scf_result(dft), group));
    KM_TRY(write_traffic(km_dft_scf_result(dft), group));
    KM_TRY(write_magnetisation(dft, group));
    KM_TRY(km_h5_create_group(group, "pseudopotential", &pseudos));
    status = write_pseudos(dft, pseudos);
    km_h5_close(&pseudos);
    return status;
}
