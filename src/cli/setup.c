#include "cli/setup.h"

#include "kaimen/crystal/cif.h"
#include "kaimen/crystal/structure_file.h"

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
