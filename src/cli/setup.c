#include "cli/setup.h"
#include "cli/input_dft.h"

#include "kaimen/base/comm.h"
#include "kaimen/base/file.h"
#include "kaimen/base/memory.h"
#include "kaimen/crystal/cif.h"
#include "kaimen/crystal/structure_file.h"
#include "kaimen/potential/classical_calculator.h"

#include <stdio.h>
#include <unistd.h>

km_status km_setup_read_crystal(const km_config *config, const char *key, const char *path,
                                const char *block, km_crystal **crystal)
{
    const char *name = km_config_name(config);
    int line = km_config_line(config, key);

    *crystal = NULL;
    if (access(path, R_OK) != 0)
        return KM_RAISE(KM_E_INPUT, "%s:%d: %s = %s cannot be read; wanted a crystal file",
                        name, line, key, path);
    return block[0] ? km_cif_read(path, block, crystal, NULL) : km_crystal_read(path, crystal);
}

km_status km_setup_load_pseudo(const km_config *config, km_dft *dft, const km_crystal *crystal)
{
    if (km_dft_load_elements(dft, crystal) == KM_OK) return KM_OK;
    return KM_RAISE(KM_E_INPUT, "%s:%d: dft.pseudo: %s", km_config_name(config),
                    km_config_line(config, "dft.pseudo"), km_status_message());
}

km_status km_setup_check_size(const km_config *config, const km_dft_options *dft,
                              const km_calculation *size)
{
    int line = km_config_line(config, "dft.ecut");

    if (size->n_band == 0 || size->n_plane_wave >= size->n_band) return KM_OK;
    return KM_RAISE(KM_E_INPUT,
                    "%s:%d: dft.ecut = %g Ha gives %ld plane waves; wanted at least %d, the "
                    "number of bands",
                    km_config_name(config), line, dft->ecut_ha, size->n_plane_wave,
                    size->n_band);
}

/* Nothing without spin. */
static km_status append_spin(const km_dft_options *dft, km_text *text)
{
    if (dft->spin == KM_SPIN_NONE) return KM_OK;
    KM_TRY(km_text_append(text, "spin %s\n", km_input_spins[dft->spin]));
    if (km_dft_options_has_fixed_moment(dft))
        KM_TRY(km_text_append(text, "total_moment %.12g\n", dft->total_moment_mub));
    for (int i = 0; i < dft->n_moment; ++i)
        KM_TRY(km_text_append(text, "moment %s %.12g\n", dft->moment[i].symbol,
                              dft->moment[i].moment_mub));
    return KM_OK;
}

km_status km_setup_write_physics(const km_dft_options *dft, km_text *text)
{
    KM_TRY(km_text_append(text, "functional %s\necut_ha %.12g\n",
                          km_functional_name(dft->functional), dft->ecut_ha));
    KM_TRY(km_text_append(text, "grid %d %d %d\ngrid_factor %.12g\n", dft->grid[0],
                          dft->grid[1], dft->grid[2], dft->grid_factor));
    KM_TRY(km_text_append(text, "k_mesh %d %d %d\nk_shift %d %d %d\nk_spacing_bohr %.12g\n",
                          dft->k_mesh[0], dft->k_mesh[1], dft->k_mesh[2], dft->k_shift[0],
                          dft->k_shift[1], dft->k_shift[2], dft->k_spacing_bohr));
    KM_TRY(km_text_append(text, "bands %d\nsmearing %s\nsmearing_ha %.12g\n", dft->n_band,
                          km_input_smearings[dft->smearing], dft->smearing_width_ha));
    KM_TRY(append_spin(dft, text));
    return km_text_append(text, "scf_ha %.12g\nscf_iterations %d\n",
                          dft->scf.energy_tolerance_ha, dft->scf.max_iteration);
}

km_status km_setup_write_pseudos(const km_dft *dft, const km_crystal *crystal, km_text *text)
{
    for (int is = 0; is < km_crystal_n_species(crystal); ++is) {
        const km_pseudo_info *info =
            km_pseudo_describe(km_dft_pseudo(dft, km_crystal_species_z(crystal)[is]));

        KM_TRY(
            km_text_append(text, "pseudo %s %s %s\n", info->symbol, info->label, info->sha256));
    }
    return KM_OK;
}

km_status km_setup_make_classical(int n_file, const km_input_potential *files, MPI_Comm comm,
                                  km_calculator **calculator)
{
    char *texts[KM_INPUT_MAX_POTENTIAL] = {NULL};
    const char *names[KM_INPUT_MAX_POTENTIAL];
    km_status status = KM_OK;
    int rank;

    *calculator = NULL;
    MPI_Comm_rank(comm, &rank);
    for (int i = 0; i < n_file; ++i) {
        names[i] = files[i].file;
        if (rank == 0) status = km_file_read_text(files[i].file, &texts[i]);
        KM_TRY_TO(end, km_agree(status, comm));
        KM_TRY_TO(end, km_comm_broadcast_text(0, comm, &texts[i]));
    }
    status = km_agree(
        km_classical_calculator_read(n_file, names, (const char *const *)texts, calculator),
        comm);
end:
    for (int i = 0; i < n_file; ++i) KM_FREE(texts[i]);
    return status;
}
